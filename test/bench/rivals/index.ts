import { bencher } from './bencher.ts';
import { benchstat } from './benchstat.ts';
import { autocannonTenPercent, githubActionBenchmark } from './ratio.ts';
import type { RivalRule } from './rule.ts';
import { welch } from './welch.ts';

export type { RivalRule, RivalWord } from './rule.ts';
export { autocannonTenPercent, bencher, benchstat, githubActionBenchmark, welch };

/** The rules that are compared with ours, by the name that tables show. */
export const RIVALS: Readonly<Record<string, RivalRule>> = {
  'benchstat (Mann-Whitney .05)': benchstat,
  'Welch .05 on logs': welch,
  'Bencher (t .99, one new run)': bencher,
  'github-action-benchmark 200 %': githubActionBenchmark(2),
  'github-action-benchmark 110 %': githubActionBenchmark(1.1),
  'base then head, 10 %': autocannonTenPercent,
};
