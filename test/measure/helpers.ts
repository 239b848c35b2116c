import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ProjectConfig, Scenario } from '../../src/domain/benchmark.ts';

const TINY = fileURLToPath(new URL('../fixtures/services/tiny.mjs', import.meta.url));

/** A scenario so short that a pair takes a fraction of a second. */
export function tinyScenario(changes: Partial<Scenario> = {}): Scenario {
  return {
    name: 'tiny',
    requests: ['/a', '/b', '/c', '/d'].map((path) => ({ method: 'GET', path, headers: {} })),
    load: { warmUpMs: 50, warmUpRequests: 20, connections: 2, measuredMs: 100, requestTimeoutMs: 1000 },
    gates: [{ metric: 'cpu_per_request', threshold: 0.03 }],
    budgetMs: 30_000,
    ...changes,
  };
}

export function tinyConfig(env: Record<string, string> = {}): Pick<ProjectConfig, 'service' | 'answers'> {
  return {
    service: {
      directory: '',
      build: [],
      buildTimeoutMs: 1000,
      start: ['node', 'start.mjs'],
      port: 'auto',
      readyPath: '/healthz',
      readyTimeoutMs: 1500,
      env,
      hugePages: true,
    },
    answers: { ignoreKeys: ['at'], sample: 4 },
  };
}

/** Two slots with the tiny service, each side with a behaviour of its own. */
export async function tinySlots(behaviour: { base?: string; head?: string } = {}): Promise<{
  folder: string;
  remove: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-slots-'));
  for (const [slot, name] of [
    ['s0', behaviour.base],
    ['s1', behaviour.head],
  ] as const) {
    await mkdir(join(folder, slot));
    await cp(TINY, join(folder, slot, 'tiny.mjs'));
    await writeFile(
      join(folder, slot, 'start.mjs'),
      `process.env.BEHAVIOUR = ${JSON.stringify(name ?? 'ok')};\nawait import('./tiny.mjs');\n`,
    );
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
