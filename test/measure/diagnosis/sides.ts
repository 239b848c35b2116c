import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ProjectConfig, Scenario } from '../../../src/domain/benchmark.ts';
import type { Verdict } from '../../../src/domain/verdict.ts';

const SLOW_FUNCTION = fileURLToPath(new URL('../../fixtures/services/slow-function', import.meta.url));

/** Slots with the service of one planted slow function: the head's `rank` does `times` the work of the base's. */
export async function slowFunctionSlots(times: number): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-diagnosis-'));
  for (const [slot, factor] of [
    ['s0', 1],
    ['s1', times],
  ] as const) {
    await cp(SLOW_FUNCTION, join(folder, slot, 'app'), { recursive: true });
    const path = join(folder, slot, 'app', 'rank.mjs');
    const text = await readFile(path, 'utf8');
    // A comment too, so that lines shift as they do in any change.
    await writeFile(path, `// changed\n${text.replace('20000', String(20_000 * factor))}`);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export function slowFunctionScenario(changes: Partial<Scenario> = {}): Scenario {
  return {
    name: 'rank',
    requests: ['/a', '/bb', '/ccc'].map((path) => ({ method: 'GET', path, headers: {} })),
    load: { warmUpMs: 300, warmUpRequests: 200, connections: 2, measuredMs: 500, requestTimeoutMs: 2000 },
    gates: [{ metric: 'cpu_per_request', threshold: 0.03 }],
    budgetMs: 30_000,
    ...changes,
  };
}

export function slowFunctionConfig(changes: Partial<ProjectConfig> = {}): ProjectConfig {
  return {
    version: 1,
    service: {
      directory: 'app',
      build: [],
      buildTimeoutMs: 1000,
      start: ['node', 'server.mjs'],
      port: 'auto',
      readyPath: '/healthz',
      readyTimeoutMs: 10_000,
      env: {},
      hugePages: true,
    },
    scenarios: [slowFunctionScenario()],
    paths: { include: ['**'], ignore: [] },
    answers: { ignoreKeys: [], sample: 2 },
    pool: 'default',
    ...changes,
  };
}

/** A gating verdict on CPU per request. */
export function cpuVerdict(changes: Partial<Verdict> = {}): Verdict {
  return {
    scenario: 'rank',
    metric: 'cpu_per_request',
    verdict: 'regressed',
    effect: 0.4,
    margin: 0.01,
    threshold: 0.03,
    baseValue: 100,
    headValue: 140,
    pairsUsed: 11,
    pairsDropped: 0,
    pairsWorse: 11,
    analysisVersion: 2,
    ...changes,
  };
}
