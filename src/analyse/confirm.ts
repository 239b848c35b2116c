import { meanInterval } from '../stats/student-t.ts';
import { intervalAtLevel } from './interval.ts';
import type { LogInterval } from './interval.ts';
import { callChange, toRelative } from './rule.ts';
import type { Limits } from './rule.ts';

/** Fresh pairs that must repeat an alarm. */
export const CONFIRM_PAIRS = 6;

/** Confirming pairs that are started at most, so that a quarter of them may be dropped. */
export const MAX_CONFIRM_PAIRS = 8;

/** Two-sided error of the fixed-size interval over explore and confirm pairs together; see {@link confirmAlarm}. */
export const POOLED_ALPHA = 0.01;

export type Direction = 'regressed' | 'improved';

export interface Confirmation {
  held: boolean;
  /** Mean of the confirming pairs, relative. */
  effect: number;
  /** Hodges-Lehmann and signed-rank over all pairs of both stages, log units. */
  pooled: LogInterval;
}

/**
 * Whether fresh pairs repeat an alarm. They do when their mean is beyond the smallest effect worth a word, their
 * one-sided 95 % bound (t) is beyond 0 on the same side, and the pooled interval still calls the change, so that a
 * verdict never stands beside an interval that denies it.
 *
 * The pooled interval is what gets reported. Stopping at an alarm favours large values, which the fresh pairs dilute but
 * do not undo; a nominal 99 % interval (t error {@link POOLED_ALPHA}) covers the truth in at least 95 % of confirmed
 * changes of 2 % and more, by simulation in all six noises tried (docs/statistics.md, test/analyse/simulated-rule.test.ts).
 *
 * @param exploreLogRatios those at the look that raised the alarm
 * @param confirmLogRatios {@link CONFIRM_PAIRS} of them, measured after it
 */
export function confirmAlarm(
  exploreLogRatios: readonly number[],
  confirmLogRatios: readonly number[],
  alarm: { direction: Direction; limits: Limits; family: number },
): Confirmation {
  const fresh = meanInterval(confirmLogRatios, 0.1);
  const pooled = intervalAtLevel([...exploreLogRatios, ...confirmLogRatios], POOLED_ALPHA / alarm.family);
  if (fresh === undefined || pooled === undefined) {
    throw new RangeError(`expected ${CONFIRM_PAIRS} confirming pairs, found ${confirmLogRatios.length}`);
  }
  const minEffect = Math.log1p(alarm.limits.minEffect);
  const repeated =
    alarm.direction === 'regressed'
      ? fresh.estimate > minEffect && fresh.lo > 0
      : fresh.estimate < -minEffect && fresh.hi < 0;
  const held = repeated && callChange(pooled, alarm.limits) === alarm.direction;
  return { held, effect: toRelative(fresh.estimate), pooled };
}
