import { mean } from '../../../src/stats/summary.ts';
import type { RivalRule, RivalWord } from './rule.ts';

/**
 * github-action-benchmark's rule: alert when the new value is more than `threshold` times the one of the commit before.
 * One run each; the last of the base and the first of the head. It never says "improved". Source:
 * github.com/benchmark-action/github-action-benchmark, `alert-threshold` (default 200 %) and `findAlerts`.
 */
export function githubActionBenchmark(threshold: number): RivalRule {
  return (base, head) => {
    const before = base.at(-1);
    const [now] = head;
    return before !== undefined && now !== undefined && now / before > threshold ? 'regressed' : 'unchanged';
  };
}

/**
 * What people do by hand: autocannon on the base, then on the head, and worry from 10 % on. Means where there is more than
 * one run.
 */
export function autocannonTenPercent(base: readonly number[], head: readonly number[]): RivalWord {
  const before = mean(base);
  const now = mean(head);
  if (before === undefined || now === undefined) return 'unchanged';
  if (now >= before * 1.1) return 'regressed';
  return now <= before * 0.9 ? 'improved' : 'unchanged';
}
