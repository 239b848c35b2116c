import { studentTCdf } from '../../../src/stats/student-t.ts';
import { mean, standardDeviation } from '../../../src/stats/summary.ts';
import type { RivalWord } from './rule.ts';
import { wordBySign } from './rule.ts';

const ALPHA = 0.05;

/**
 * Welch's t-test on the logarithms of the runs, two-sided, alpha 0.05: "five runs each and a t-test". Welch, "The
 * Generalization of 'Student's' Problem when Several Different Population Variances are Involved",
 * doi:10.1093/biomet/34.1-2.28.
 */
export function welch(base: readonly number[], head: readonly number[]): RivalWord {
  const p = welchPValue(base.map(Math.log), head.map(Math.log));
  if (p === undefined || p > ALPHA) return 'unchanged';
  return wordBySign((mean(head.map(Math.log)) as number) - (mean(base.map(Math.log)) as number));
}

/** Two-sided p-value; undefined with fewer than two values a side or without any spread. */
export function welchPValue(first: readonly number[], second: readonly number[]): number | undefined {
  const spreads = [first, second].map((values) => (standardDeviation(values) ?? NaN) ** 2 / values.length);
  const [a, b] = spreads as [number, number];
  if (!(a + b > 0)) return undefined;
  const t = ((mean(second) as number) - (mean(first) as number)) / Math.sqrt(a + b);
  const df = (a + b) ** 2 / (a ** 2 / (first.length - 1) + b ** 2 / (second.length - 1));
  return 2 * studentTCdf(-Math.abs(t), df);
}
