import type { ShareBlock } from '../stats/shares.ts';
import { hodgesLehmann } from '../stats/walsh.ts';
import { looksFor, TOTAL_ALPHA } from './boundaries.ts';
import { intervalAtLook } from './interval.ts';
import type { LogInterval } from './interval.ts';
import { realRange, yardstickOf } from './yardstick.ts';
import type { Yardstick } from './yardstick.ts';

/** Log-ratios of figures of which less is better: what most metrics are. */
export const LOG_RATIOS = yardstickOf({ scale: 'ratio', better: 'lower' });

/**
 * What counts as a change: relative (0.03 is 3 %), or in the metric's own unit where its scale is no ratio.
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
  /** Largest worsening that still passes; `unchanged` means that the whole interval lies below it. */
  tolerance: number;
}

/** Of CPU time per request; the tolerance comes from a gate's threshold. Those of other metrics: metric-limits.ts. */
export const DEFAULT_LIMITS: Readonly<Limits> = { margin: 0.005, minEffect: 0.01, tolerance: 0.03 };

export interface DecideOptions extends Limits {
  /** How many gating metrics one answer is made of; the error rates hold for all of them together. Default 1. */
  family?: number;
  /** What the changes are; default {@link LOG_RATIOS}. */
  yardstick?: Yardstick;
  /** What is behind changes that are differences of shares, one a pair. */
  blocks?: readonly ShareBlock[];
}

export type CalledWord = 'regressed' | 'improved' | 'unchanged';

/** What the pairs so far say. Estimate and bounds are real changes of head over base. */
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
  /** The same in working units, positive is worse. */
  interval: LogInterval | undefined;
}

/**
 * The decision rule: look at 5, 6, 8, 10, 12, 15, 20, 25 and 30 pairs, at no other number, and stop at the first
 * look that decides. The intervals hold at all looks at once, so looking again costs no error: Jennison &
 * Turnbull, "Repeated Confidence Intervals for Group Sequential Clinical Trials", doi:10.1016/0197-2456(84)90148-X.
 * `unchanged` is a claim of its own, not the absence of one: Blackwelder, "'Proving the Null Hypothesis' in
 * Clinical Trials", doi:10.1016/0197-2456(82)90024-1.
 *
 * @param changes of every usable pair, in the order measured; positive is worse
 * @returns `continue` when their number is not a look or the look does not decide, with the last look's interval
 */
export function decide(changes: readonly number[], options: DecideOptions): Decision {
  const { family = 1, yardstick = LOG_RATIOS, blocks = [] } = options;
  const level = 1 - TOTAL_ALPHA / family;
  const look = looksFor(family).findLast(({ pairs }) => pairs <= changes.length);
  if (look === undefined) {
    const centre = hodgesLehmann(changes);
    const estimate = centre === undefined ? undefined : yardstick.change(centre);
    const none = { lo: undefined, hi: undefined, interval: undefined };
    return { decision: 'continue', pairs: changes.length, estimate, method: 'none', level, ...none };
  }
  const interval = intervalAtLook(changes.slice(0, look.pairs), look, blocks.slice(0, look.pairs));
  const isLook = look.pairs === changes.length;
  return {
    decision: (isLook ? callChange(interval, options, yardstick) : undefined) ?? 'continue',
    pairs: look.pairs,
    estimate: yardstick.change(interval.estimate),
    ...realRange(yardstick, interval),
    method: `${METHODS[interval.by]}, group-sequential`,
    level,
    interval,
  };
}

/** How intervals are named in results. */
export const METHODS = {
  t: 'paired t',
  'signed-rank': 'Hodges-Lehmann, signed-rank',
  shares: 'difference of shares, exact conditional test, pairs as blocks',
} as const;

/** What an interval in working units shows under `limits`; undefined when it shows none of the three. */
export function callChange(
  interval: { estimate: number; lo: number; hi: number },
  limits: Limits,
  yardstick: Yardstick = LOG_RATIOS,
): CalledWord | undefined {
  const margin = yardstick.worsening(limits.margin);
  const minEffect = yardstick.worsening(limits.minEffect);
  if (interval.lo > margin && interval.estimate >= minEffect) return 'regressed';
  if (interval.hi < -margin && interval.estimate <= -minEffect) return 'improved';
  if (interval.hi < yardstick.worsening(limits.tolerance)) return 'unchanged';
  return undefined;
}

/** Log-ratio to relative change: ln(1.03) to 0.03. */
export function toRelative(logRatio: number): number {
  return Math.expm1(logRatio);
}
