import type { ShareBlock } from '../stats/shares.ts';
import { sharesPValue } from '../stats/shares.ts';
import { signedRankCritical } from '../stats/signed-rank.ts';
import { studentTQuantile } from '../stats/student-t.ts';
import { mean } from '../stats/summary.ts';
import { centreOf, walshAverages } from '../stats/walsh.ts';
import { intervalAtLevel, SIGNED_RANK_FROM } from './interval.ts';
import type { LogInterval } from './interval.ts';
import { LOG_RATIOS } from './rule.ts';
import type { Limits } from './rule.ts';
import type { Yardstick } from './yardstick.ts';

/** With fewer fresh pairs nothing is said of an alarm. */
export const MIN_CONFIRM_PAIRS = 4;

/** Numbers of fresh pairs at which an alarm may be confirmed. */
const CONFIRM_LOOKS: readonly number[] = [MIN_CONFIRM_PAIRS, 6, 8, 10, 12, 15, 20, 25, 30];

/** So many fresh pairs an alarm gets at least before it is given up; more when more were explored. */
export const CONFIRM_AT_LEAST = 15;

/** One-sided error of all confirming looks together, spent in proportion to the fresh pairs seen. */
export const CONFIRM_ALPHA = 0.05;

/** One-sided error of the bound by which a hopeless confirmation is given up early; costs power, never a false alarm. */
const GIVE_UP_ALPHA = 0.02;

/** Two-sided error of the fixed-size interval over explore and confirm pairs together; see {@link confirmAlarm}. */
export const POOLED_ALPHA = 0.01;

export type Direction = 'regressed' | 'improved';

/** Changes in working units, positive is worse, and what is behind them when they are differences of shares. */
export interface Changes {
  changes: readonly number[];
  blocks: readonly ShareBlock[];
}

export interface Confirmation {
  /** `open`: more fresh pairs may still repeat it. */
  state: 'held' | 'denied' | 'open';
  /** Mean of the fresh pairs, a real change. */
  effect: number;
  /** Over all pairs of both stages, working units; undefined while they are too few for its level. */
  pooled: LogInterval | undefined;
}

/** The numbers of fresh pairs at which an alarm raised after `explored` pairs is looked at, ascending. */
export function confirmLooks(explored: number): readonly number[] {
  return CONFIRM_LOOKS.filter((pairs) => pairs <= Math.max(CONFIRM_AT_LEAST, explored));
}

/**
 * Whether fresh pairs repeat an alarm, at one look of {@link confirmLooks}. They do when
 *
 * - they alone exclude 0 on the alarm's side, at this look's part of {@link CONFIRM_ALPHA} (Lan & DeMets, "Discrete
 *   Sequential Boundaries for Clinical Trials", doi:10.1093/biomet/70.3.659, the union bound over looks): by t with the
 *   spread of both stages around their own centres below eight pairs, by the signed-rank bound of the fresh ones from
 *   there on;
 * - their centre is beyond the smallest effect worth a word; and
 * - the whole pooled interval lies beyond both that effect and the margin: what is called is then larger than what is
 *   nobody's problem, and a verdict never stands beside an interval that denies it.
 *
 * They deny it when they rule out even the smallest effect, or the last look has passed. On a quiet host four pairs are
 * enough, on a noisy one it takes about as many as were explored.
 *
 * The pooled interval is what gets reported. Stopping at an alarm favours large values, which the fresh pairs dilute but
 * do not undo; a nominal 99 % interval (error {@link POOLED_ALPHA}) covers the truth in at least 95 % of confirmed increases
 * of 2 % and more, by simulation in all six noises tried (docs/statistics.md, test/analyse/simulated-rule.test.ts).
 *
 * @param explored those at the look that raised the alarm
 * @param fresh as many as a look of {@link confirmLooks}, measured after it
 */
export function confirmAlarm(
  explored: Changes,
  fresh: Changes,
  alarm: { direction: Direction; limits: Limits; family: number; yardstick?: Yardstick },
): Confirmation {
  const { direction, limits, yardstick = LOG_RATIOS } = alarm;
  const sign = direction === 'regressed' ? 1 : -1;
  const looks = confirmLooks(explored.changes.length);
  const count = fresh.changes.length;
  if (!looks.includes(count)) {
    throw new RangeError(`expected ${looks.join(', ')} confirming pairs, found ${count}`);
  }
  const pooled = intervalAtLevel([...explored.changes, ...fresh.changes], POOLED_ALPHA / alarm.family, [
    ...explored.blocks,
    ...fresh.blocks,
  ]);
  const alpha = errorOfLook(count, looks);
  const towards = (changes: readonly number[]) => changes.map((change) => sign * change);
  const bounds = boundsOf(towards(explored.changes), towards(fresh.changes), alpha);
  const minEffect = yardstick.worsening(limits.minEffect);
  const beyond = Math.max(minEffect, yardstick.worsening(limits.margin));
  const isPooledBeyond =
    pooled !== undefined && (direction === 'regressed' ? pooled.lo > beyond : pooled.hi < -beyond);
  const isShareShown = fresh.blocks.length === 0 || sharesPValue(fresh.blocks) <= 2 * alpha;
  const held = bounds.lo > 0 && bounds.centre > minEffect && isPooledBeyond && isShareShown;
  const denied = !held && (bounds.hi < minEffect || count === looks.at(-1));
  return {
    state: held ? 'held' : denied ? 'denied' : 'open',
    effect: yardstick.change(mean(fresh.changes) as number),
    pooled,
  };
}

/** What this look may spend: its share of the line less that of the look before. */
function errorOfLook(count: number, looks: readonly number[]): number {
  const before = looks[looks.indexOf(count) - 1] ?? 0;
  return (CONFIRM_ALPHA * (count - before)) / (looks.at(-1) as number);
}

/** Centre of the fresh changes with a lower bound of error `alpha` and an upper one of {@link GIVE_UP_ALPHA}. */
function boundsOf(
  explored: readonly number[],
  fresh: readonly number[],
  alpha: number,
): { centre: number; lo: number; hi: number } {
  if (fresh.length >= SIGNED_RANK_FROM) {
    const walsh = walshAverages(fresh);
    const bound = (error: number) => signedRankCritical(fresh.length, 2 * error);
    const [low, high] = [bound(alpha), bound(GIVE_UP_ALPHA)];
    return {
      centre: centreOf(walsh) as number,
      lo: low === undefined ? -Infinity : (walsh[low] as number),
      hi: high === undefined ? Infinity : (walsh[walsh.length - 1 - high] as number),
    };
  }
  const centre = mean(fresh) as number;
  // A few values say little of their spread; those of the exploring stage around their own centre say more.
  const df = explored.length + fresh.length - 2;
  const spread = Math.sqrt((squaresAround(explored) + squaresAround(fresh)) / df / fresh.length);
  return {
    centre,
    lo: centre - studentTQuantile(1 - alpha, df) * spread,
    hi: centre + studentTQuantile(1 - GIVE_UP_ALPHA, df) * spread,
  };
}

function squaresAround(values: readonly number[]): number {
  const centre = mean(values) ?? 0;
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}
