import { fileURLToPath } from 'node:url';

import { configOfDisk } from '../../../src/cli/disk-config.ts';
import type { ProjectConfig } from '../../../src/domain/benchmark.ts';
import { formatProblems } from '../../../src/project-config/problem.ts';
import { CAREFUL_GATES, type ConfigName, SLOW_LIMIT_MS } from './strata.ts';

const CONFIG = fileURLToPath(new URL('../../../perf-ci.yml', import.meta.url));
const SCENARIO = 'rank-everyday';
const BUDGET_MS = 120_000;

/** The configurations of the jobs, both made from this repository's own perf-ci.yml. */
export async function readConfigs(): Promise<Record<ConfigName, ProjectConfig>> {
  const parsed = await configOfDisk(CONFIG);
  if (parsed.ok === 'absent') throw new Error(`no file ${CONFIG}`);
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems));
  const scenario = parsed.config.scenarios.find(({ name }) => name === SCENARIO);
  if (scenario === undefined) throw new Error(`no scenario ${SCENARIO} in ${CONFIG}`);
  const own = { ...scenario, budgetMs: BUDGET_MS };
  const slowLimitsMs = [...new Set([...(own.load.slowLimitsMs ?? []), SLOW_LIMIT_MS])];
  const careful = { ...own, gates: [...CAREFUL_GATES], load: { ...own.load, slowLimitsMs } };
  return {
    default: { ...parsed.config, scenarios: [own] },
    careful: { ...parsed.config, scenarios: [careful] },
  };
}

/** What a configuration gates on, for people. */
export function gatesWords(config: ProjectConfig): string {
  return config.scenarios
    .flatMap(({ gates }) => gates)
    .map(({ metric, threshold }) => `${metric} ${Number((threshold * 100).toFixed(3))} %`)
    .join(', ');
}
