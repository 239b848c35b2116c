import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect, constants } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { Plant } from '../../../src/domain/control.ts';
import type { Side } from '../../../src/domain/trial.ts';
import { applyPlant, plantedStart } from '../../../src/measure/plant/plant.ts';

/** What the preload says of itself, and when the server came to listen. */
interface Answer {
  requests: number;
  delayed: number;
  keptBytes: number;
  burntMs: number;
  heapBytes: number;
  plant: string;
}

const SERVER = `
import http from 'node:http';
import http2 from 'node:http2';
import { writeSync } from 'node:fs';
function answer(url) {
  if (url === '/after-gc') globalThis.gc();
  const heapBytes = process.memoryUsage().heapUsed;
  return JSON.stringify({ ...globalThis[Symbol.for('perf-ci.plant')], heapBytes, plant: process.env.PERF_CI_PLANT });
}
const servers = {
  http1: () => http.createServer((request, response) => response.end(answer(request.url))),
  http2: () => http2.createServer((request, response) => response.end(answer())),
  streams: () => http2.createServer().on('stream', (stream) => { stream.respond(); stream.end(answer()); }),
};
const server = servers[process.argv[2]]();
server.listen(0, '127.0.0.1', () => writeSync(1, server.address().port + '\\n'));
`;

/** Not Node: what stands behind the proxy. */
const PYTHON = `
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *args): pass
    def do_POST(self):
        body = self.rfile.read(int(self.headers['content-length']))
        text = (self.path + ' ' + body.decode() + ' ' + os.environ['PORT'] + ' ' + sys.argv[1]).encode()
        self.send_response(int(self.headers['x-status']))
        self.send_header('content-length', str(len(text)))
        self.send_header('x-own', 'yes')
        self.end_headers()
        self.wfile.write(text)
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
`;

let folder: string;
const children: ChildProcess[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perf-ci-plant-'));
  await writeFile(join(folder, 'server.mjs'), SERVER);
  await writeFile(join(folder, 'server.py'), PYTHON);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  agent.destroy();
  await rm(folder, { recursive: true, force: true });
});

async function startNode(plant: Plant, side: Side, kind = 'http1'): Promise<number> {
  const own = {
    start: ['node', join(folder, 'server.mjs'), kind],
    env: { PATH: process.env['PATH'] ?? '', NODE_OPTIONS: '--expose-gc' },
  };
  const { start, env } = plantedStart(own, applyPlant(plant, 42, 1000), side);
  const child = spawn(process.execPath, start.slice(1), { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return Number(port.toString());
}

function get(port: number, path = '/'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve(JSON.parse(text) as Answer));
    });
    sent.on('error', reject).end();
  });
}

async function ask(port: number, times: number): Promise<Answer> {
  let last: Answer | undefined;
  for (let i = 0; i < times; i += 1) last = await get(port);
  return last as Answer;
}

describe('a planted Node service', () => {
  it('burns the CPU time that its requests should cost more, no less and little more', async () => {
    const answer = await ask(await startNode({ kind: 'cpu', share: 0.2 }, 'head'), 100);

    // 100 times 200 us; what one spin was too long the next is shorter, so that only the last one's excess is left.
    expect(answer).toMatchObject({ requests: 100, delayed: 0, keptBytes: 0 });
    expect(answer.burntMs).toBeGreaterThanOrEqual(20);
  });

  it('answers the same seeded share of requests later', async () => {
    const plant: Plant = { kind: 'stall', share: 0.1, delayMs: 1 };
    const first = await ask(await startNode(plant, 'head'), 200);
    const again = await ask(await startNode(plant, 'head'), 200);

    expect(first).toMatchObject({ requests: 200, burntMs: 0, keptBytes: 0 });
    expect(first.delayed).toBe(again.delayed);
    // Between the 0.01 % points of Binomial(200, 0.1).
    expect(first.delayed).toBeGreaterThan(5);
    expect(first.delayed).toBeLessThan(38);
  });

  it('keeps bytes on the heap for every request', async () => {
    const port = await startNode({ kind: 'leak', bytesPerRequest: 10_000 }, 'head');
    await ask(port, 19);
    const before = await get(port, '/after-gc');
    await ask(port, 99);
    const after = await get(port, '/after-gc');

    expect(after.keptBytes).toBe(1_200_000);
    const grown = (after.heapBytes - before.heapBytes) / 100;
    expect(grown).toBeGreaterThan(9000);
    expect(grown).toBeLessThan(12_000);
  });

  it('starts later once: what it starts itself inherits a plant without the wait', async () => {
    const startedMs = performance.now();
    const port = await startNode({ kind: 'slow-start', delayMs: 300 }, 'head');

    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(300);
    const { plant } = await get(port);
    expect(plant).toContain(' start=000000.0 ');
    expect(plant).toContain(' seed=0000000042');
  });

  it('does nothing in the base but the same steps by zero', async () => {
    const answer = await ask(await startNode({ kind: 'leak', bytesPerRequest: 10_000 }, 'base'), 20);

    expect(answer).toMatchObject({ requests: 20, delayed: 0, keptBytes: 0, burntMs: 0 });
  });

  it.each(['http2', 'streams'])('counts each request once behind HTTP/2 (%s)', async (kind) => {
    const port = await startNode({ kind: 'leak', bytesPerRequest: 100 }, 'head', kind);
    const session = connect(`http://127.0.0.1:${port}`);
    let text = '';
    for (let i = 0; i < 5; i += 1) {
      text = '';
      const stream = session.request({ [constants.HTTP2_HEADER_PATH]: '/' });
      stream.setEncoding('utf8').on('data', (part: string) => (text += part));
      await once(stream, 'end');
    }
    session.close();

    expect(JSON.parse(text)).toMatchObject({ requests: 5, keptBytes: 500 });
  });
});

describe('a service that is not Node', () => {
  it('answers through the proxy as it would alone, on a port of its own, and ends with it', async () => {
    const port = 20_000 + (process.pid % 20_000);
    const own = {
      start: ['python3', join(folder, 'server.py'), 'port {port}'],
      env: { PATH: process.env['PATH'] ?? '', PORT: String(port) },
    };
    const { start, env } = plantedStart(own, applyPlant({ kind: 'stall', share: 1, delayMs: 1 }, 1), 'head');
    const child = spawn(start[0]!, start.slice(1), { env, stdio: ['ignore', 'inherit', 'inherit'] });
    children.push(child);
    let answer: Response | undefined;
    while (answer === undefined) {
      const headers = { 'x-status': '418' };
      answer = await fetch(`http://127.0.0.1:${port}/a?b=%20`, {
        method: 'POST',
        body: 'text',
        headers,
      }).catch(() => undefined);
      if (child.exitCode !== null) throw new Error('the proxy ended');
    }

    expect(answer.status).toBe(418);
    expect(answer.headers.get('x-own')).toBe('yes');
    const [path, body, inner, ...argument] = (await answer.text()).split(' ');
    expect([path, body]).toEqual(['/a?b=%20', 'text']);
    expect(Number(inner)).not.toBe(port);
    expect(argument.join(' ')).toBe(`port ${inner}`);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    await expect(fetch(`http://127.0.0.1:${inner}/`)).rejects.toThrow('fetch failed');
  });
});
