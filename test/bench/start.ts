/** From `perf-ci up` to listening: first start (makes the database) and later ones. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startGitHubDouble } from '../../src/github-double/start.ts';
import { spread, untilOk } from './figures.ts';

const BIN = fileURLToPath(new URL('../../bin/perf-ci.js', import.meta.url));
const LATER_STARTS = 5;

async function startOnce(env: Record<string, string | undefined>, port: number): Promise<number> {
  const startedMs = performance.now();
  const up = spawn(process.execPath, [BIN, 'up'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  await untilOk(`http://127.0.0.1:${port}/healthz`, 10);
  const tookMs = performance.now() - startedMs;
  up.kill('SIGTERM');
  await once(up, 'exit');
  return tookMs;
}

export async function benchStart(say: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-bench-start-'));
  const github = await startGitHubDouble({ folder: join(folder, 'github'), seed: 1 });
  const keyFile = join(folder, 'app.pem');
  await writeFile(keyFile, github.app.privateKeyPem, { mode: 0o600 });
  const port = 20_000 + ((process.pid + 7) % 20_000);
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    PORT: String(port),
    GITHUB_API_URL: github.url,
    GITHUB_APP_ID: String(github.app.id),
    GITHUB_PRIVATE_KEY_FILE: keyFile,
    GITHUB_WEBHOOK_SECRET: 'the-secret-of-the-benchmark',
    PERF_CI_DATA_DIR: join(folder, 'data'),
    LOG_LEVEL: 'error',
  };
  const firstMs = await startOnce(env, port);
  const laterMs: number[] = [];
  for (let index = 0; index < LATER_STARTS; index += 1) laterMs.push(await startOnce(env, port));
  say(`perf-ci up to listening: first start ${firstMs.toFixed(0)} ms`);
  say(`  later starts: ${spread(laterMs, 'ms', 0)}; goal: under 3000 ms`);
  await github.stop();
  await rm(folder, { recursive: true, force: true });
}
