import { normalQuantile } from '../stats/student-t.ts';
import type { LogInterval } from './interval.ts';
import { LOG_RATIOS } from './rule.ts';
import type { Yardstick } from './yardstick.ts';

/** How often a change of the size named is found. */
const POWER = 0.8;

/**
 * The smallest true change that a run with this spread and this many pairs finds in 80 of 100 cases, as limits are stated. A
 * change is called when estimate - reach > margin; the estimate varies by its standard error, so that 80 % of runs
 * get there from margin + reach + 0.84 standard errors on (70 % at five or six pairs, whose spread is poorly known). Cohen, "Statistical Power Analysis for the Behavioral
 * Sciences" (2nd ed.), doi:10.4324/9780203771587.
 *
 * @param called margin beyond which the interval must lie, and the smallest estimate that is called
 */
export function smallestVisible(
  interval: LogInterval,
  called: { margin: number; minEffect: number },
  yardstick: Yardstick = LOG_RATIOS,
): number {
  const reach = (interval.hi - interval.lo) / 2;
  const standardError = reach / interval.standardErrors;
  const visible = yardstick.worsening(called.margin) + reach + normalQuantile(POWER) * standardError;
  return Math.max(called.minEffect, Math.abs(yardstick.change(visible)));
}
