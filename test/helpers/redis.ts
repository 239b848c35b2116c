import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A private Redis on 127.0.0.1 that can be taken away and given back on the same port. */
export interface TestRedis {
  url: string;
  /** Ends the server with SIGKILL; what it held is gone. */
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

const DOUBLE = fileURLToPath(new URL('../../node_modules/js-redis-server/dist/cli.js', import.meta.url));

/** The real server when it is on PATH, else one written in JavaScript. */
export async function startRedis(): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'perf-ci-redis-'));
  const port = await freePort();
  const isReal = spawnSync('redis-server', ['--version']).status === 0;
  const command = isReal
    ? ['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
    : [process.execPath, DOUBLE, '--port', String(port)];
  let child: ChildProcess | undefined;

  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    start: async () => {
      const [file = '', ...args] = command;
      child = spawn(file, args, { stdio: 'ignore', cwd: folder });
      while (!(await answers(port))) await sleep(25);
    },
    kill: async () => {
      if (child === undefined || child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      child = undefined;
    },
    remove: async () => {
      await redis.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
