/**
 * 10,000 signed deliveries at 500 a second, 5 % of them sent twice, shuffled, 1 % with a bad signature, to one web
 * process on one CPU, with their generator on another. Open loop: a late answer does not slow the next request, and
 * latency counts from the intended time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';
import { choosePinning } from '../../src/measure/host/pinning.ts';
import { wrapCommand } from '../../src/processes/wrap-command.ts';
import { createRandom } from '../../src/stats/random.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openPool } from '../../src/store/pool.ts';
import { percentile, spread, untilOk } from './figures.ts';

const COUNT = 10_000;
const PER_SECOND = 500;
const SECRET = 'the-secret-of-the-benchmark';
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const PAYLOAD = JSON.stringify(
  JSON.parse(readFileSync(new URL('../fixtures/payloads/pull-request-opened.json', import.meta.url), 'utf8')),
);

interface Delivery {
  id: string;
  body: Buffer;
  signature: string;
  isGood: boolean;
}

function makeDeliveries(seed: number): Delivery[] {
  const random = createRandom(seed);
  const originals = Array.from({ length: Math.round(COUNT / 1.05) }, (_, index): Delivery => {
    // A number of its own in each body: equal bodies would be one delivery twice.
    const body = Buffer.from(PAYLOAD.replace('{', `{"bench_no": ${index},`));
    const isGood = random.next() >= 0.01;
    const digest = createHmac('sha256', isGood ? SECRET : 'another secret')
      .update(body)
      .digest('hex');
    return { id: randomUUID(), body, signature: `sha256=${digest}`, isGood };
  });
  const repeated = random.shuffle(originals).slice(0, COUNT - originals.length);
  return random.shuffle([...originals, ...repeated]);
}

function send(delivery: Delivery, port: number, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path: '/webhooks/github',
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': delivery.body.length,
          'x-github-event': 'pull_request',
          'x-github-delivery': delivery.id,
          'x-hub-signature-256': delivery.signature,
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.on('error', () => resolve(0));
    sent.end(delivery.body);
  });
}

function peakMemoryMib(pid: number): number {
  const line = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(line?.[1] ?? NaN) / 1024;
}

async function startWeb(connectionString: string, port: number): Promise<ChildProcess> {
  const cpus = choosePinning()?.services.split(',')[0];
  const web = spawn(
    'env',
    ['--', ...wrapCommand([process.execPath, MAIN, 'web'], { cpus, whenParentDies: 'KILL' })],
    {
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: connectionString,
        GITHUB_WEBHOOK_SECRET: SECRET,
        PORT: String(port),
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  await untilOk(`http://127.0.0.1:${port}/readyz`, 50);
  return web;
}

export async function benchWebhook(seed: number, say: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-bench-webhook-'));
  const server = await startEmbeddedPostgres({ folder: join(folder, 'postgres') });
  const pool = openPool({ connectionString: server.connectionString });
  await migrate(pool);
  const port = 20_000 + (process.pid % 20_000);
  const web = await startWeb(server.connectionString, port);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const deliveries = makeDeliveries(seed);
  const latenciesMs: number[] = [];
  const latenessMs: number[] = [];
  const statuses = new Map<number, number>();

  async function sendAndNote(delivery: Delivery, dueMs: number): Promise<void> {
    const status = await send(delivery, port, agent);
    latenciesMs.push(performance.now() - dueMs);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }

  const startedMs = performance.now();
  const pending: Promise<void>[] = [];
  for (const [index, delivery] of deliveries.entries()) {
    const dueMs = startedMs + (index * 1000) / PER_SECOND;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await sleep(waitMs);
    latenessMs.push(Math.max(0, performance.now() - dueMs));
    pending.push(sendAndNote(delivery, dueMs));
  }
  await Promise.all(pending);
  const elapsedS = (performance.now() - startedMs) / 1000;

  const good = new Set(deliveries.filter(({ isGood }) => isGood).map(({ id }) => id));
  const { rows } = await pool.query<{ id: string }>('select delivery_id as id from deliveries');
  const stored = rows.map(({ id }) => id);
  const lost = [...good].filter((id) => !stored.includes(id)).length;
  const strangers = stored.filter((id) => !good.has(id)).length;
  say(`webhook: ${COUNT} deliveries in ${elapsedS.toFixed(1)} s (${PER_SECOND}/s asked), seed ${seed}`);
  say(`  answers: ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')}`);
  say(
    `  lost ${lost} · doubled ${stored.length - new Set(stored).size} · stored without a valid signature ${strangers}`,
  );
  say(`  answer time from the intended moment: ${spread(latenciesMs, 'ms')}`);
  say(`  generator late by: ${spread(latenessMs, 'ms')}`);
  say(`  peak memory of the web process: ${peakMemoryMib(web.pid as number).toFixed(0)} MiB`);
  say(
    `  goals: 0 lost, 0 doubled, p99 < 100 ms (${percentile(latenciesMs, 0.99).toFixed(1)}), memory < 512 MiB`,
  );

  agent.destroy();
  web.kill('SIGTERM');
  await pool.end();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
