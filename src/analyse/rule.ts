import { hodgesLehmann } from '../stats/walsh.ts';
import { looksFor, TOTAL_ALPHA } from './boundaries.ts';
import { intervalAtLook } from './interval.ts';
import type { LogInterval } from './interval.ts';

/**
 * What counts as a change. All relative: 0.03 is 3 %.
 *
 * ```
 *        improved            unchanged                regressed
 *   ...[=======]..|....0....[====]..|.............|..[======]...
 *              -margin           tolerance      margin
 * ```
 */
export interface Limits {
  /** A change is called only when the whole interval lies beyond this, not merely beyond 0: a rig's own bias is not a change. */
  margin: number;
  /** Nor when its estimate is smaller than this: true, perhaps, but nobody's problem. */
  minEffect: number;
  /** Largest increase that still passes; `unchanged` means that the whole interval lies below it. */
  tolerance: number;
}

/** Superiority margin and smallest effect worth a word; the tolerance comes from a gate's threshold. */
export const DEFAULT_LIMITS: Readonly<Limits> = { margin: 0.005, minEffect: 0.01, tolerance: 0.03 };

export interface DecideOptions extends Limits {
  /** How many gating metrics one answer is made of; the error rates hold for all of them together. Default 1. */
  family?: number;
}

export type CalledWord = 'regressed' | 'improved' | 'unchanged';

/** What the pairs so far say. Estimate and bounds are relative changes of head over base. */
export interface Decision {
  decision: CalledWord | 'continue';
  /** Pairs behind the figures: those up to the last look, or all of them before the first. */
  pairs: number;
  /** Undefined without any pair. */
  estimate: number | undefined;
  /** Undefined before the first look. */
  lo: number | undefined;
  hi: number | undefined;
  method: string;
  /** Coverage that holds over all looks and all gating metrics together. */
  level: number;
  /** The same in log units. */
  interval: LogInterval | undefined;
}

/**
 * The decision rule: look at 5, 6, 8, 10, 12, 15, 20, 25 and 30 pairs, at no other number, and stop at the first
 * look that decides. The intervals hold at all looks at once, so looking again costs no error: Jennison &
 * Turnbull, "Repeated Confidence Intervals for Group Sequential Clinical Trials", doi:10.1016/0197-2456(84)90148-X.
 * `unchanged` is a claim of its own, not the absence of one: Blackwelder, "'Proving the Null Hypothesis' in
 * Clinical Trials", doi:10.1016/0197-2456(82)90024-1.
 *
 * @param logRatios ln(head / base) of every usable pair, in the order measured; positive is worse
 * @returns `continue` when their number is not a look or the look does not decide, with the last look's interval
 */
export function decide(logRatios: readonly number[], options: DecideOptions): Decision {
  const family = options.family ?? 1;
  const level = 1 - TOTAL_ALPHA / family;
  const look = looksFor(family).findLast(({ pairs }) => pairs <= logRatios.length);
  if (look === undefined) {
    const centre = hodgesLehmann(logRatios);
    const estimate = centre === undefined ? undefined : toRelative(centre);
    const none = { lo: undefined, hi: undefined, interval: undefined };
    return { decision: 'continue', pairs: logRatios.length, estimate, method: 'none', level, ...none };
  }
  const interval = intervalAtLook(logRatios.slice(0, look.pairs), look);
  const isLook = look.pairs === logRatios.length;
  return {
    decision: (isLook ? callChange(interval, options) : undefined) ?? 'continue',
    pairs: look.pairs,
    estimate: toRelative(interval.estimate),
    lo: toRelative(interval.lo),
    hi: toRelative(interval.hi),
    method: `${METHODS[interval.by]}, group-sequential`,
    level,
    interval,
  };
}

/** How intervals are named in results. */
export const METHODS = { t: 'paired t', 'signed-rank': 'Hodges-Lehmann, signed-rank' } as const;

/** What an interval in log units shows under `limits`; undefined when it shows none of the three. */
export function callChange(
  interval: { estimate: number; lo: number; hi: number },
  limits: Limits,
): CalledWord | undefined {
  const margin = Math.log1p(limits.margin);
  const minEffect = Math.log1p(limits.minEffect);
  if (interval.lo > margin && interval.estimate >= minEffect) return 'regressed';
  if (interval.hi < -margin && interval.estimate <= -minEffect) return 'improved';
  if (interval.hi < Math.log1p(limits.tolerance)) return 'unchanged';
  return undefined;
}

/** Log-ratio to relative change: ln(1.03) to 0.03. */
export function toRelative(logRatio: number): number {
  return Math.expm1(logRatio);
}
