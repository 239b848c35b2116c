import { studentTQuantile } from '../../../src/stats/student-t.ts';
import { mean, standardDeviation } from '../../../src/stats/summary.ts';
import type { RivalWord } from './rule.ts';

const BOUNDARY = 0.99;
const MAX_SAMPLE = 64;

/**
 * Bencher's default-style rule: the runs of the base are the history, the first run of the head is the new value, and an
 * alert is raised when it lies above mean + t(.99, n - 1) sd sqrt(1 + 1/n) of at most the last 64. It has one side,
 * so that it never says "improved". Source: bencher.dev, "Thresholds & Alerts" (t-test, upper boundary 0.99, max
 * sample size 64); the limit is that of a prediction interval: Geisser, "Predictive Inference", doi:10.1201/9780203742310.
 */
export function bencher(base: readonly number[], head: readonly number[]): RivalWord {
  const history = base.slice(-MAX_SAMPLE);
  const spread = standardDeviation(history);
  const [next] = head;
  if (spread === undefined || next === undefined) return 'unchanged';
  const reach = studentTQuantile(BOUNDARY, history.length - 1) * spread * Math.sqrt(1 + 1 / history.length);
  return next > (mean(history) as number) + reach ? 'regressed' : 'unchanged';
}
