import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { GrpcSpec } from '../../../src/domain/benchmark.ts';
import { choosePorts } from '../../../src/measure/slots.ts';

const SERVICES = new URL('../../fixtures/services/', import.meta.url);

export const RANKER_PROTO = readFileSync(new URL('ranker.proto', SERVICES), 'utf8');

export function rankCalls(messages: GrpcSpec['messages']): GrpcSpec {
  return { proto: RANKER_PROTO, service: 'ranking.v1.Ranker', method: 'Rank', messages };
}

/** Absolute path of a service of the fixtures. */
export function servicePath(name: string): string {
  return fileURLToPath(new URL(name, SERVICES));
}

/** A service of the fixtures in a process of its own, listening. */
export async function startService(
  name: string,
  env: Record<string, string> = {},
): Promise<{ port: number; stop(): Promise<void> }> {
  const { base: port } = await choosePorts('auto', 'base');
  const child: ChildProcess = spawn(process.execPath, [servicePath(name)], {
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!(await accepts(port))) await new Promise((resolve) => setTimeout(resolve, 10));
  return {
    port,
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Two slots that start a service of the fixtures, each side with an environment of its own. */
export async function fixtureSlots(
  name: string,
  env: { base?: Record<string, string>; head?: Record<string, string> } = {},
): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-slots-'));
  for (const [slot, own] of [
    ['s0', env.base],
    ['s1', env.head],
  ] as const) {
    await mkdir(join(folder, slot));
    await writeFile(
      join(folder, slot, 'start.mjs'),
      `Object.assign(process.env, ${JSON.stringify(own ?? {})});\nawait import(${JSON.stringify(servicePath(name))});\n`,
    );
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
