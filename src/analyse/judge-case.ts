import { alignedRankInterval } from '../stats/aligned-rank.ts';
import { median } from '../stats/summary.ts';
import { intervalAtLevel, SIGNED_RANK_FROM } from './interval.ts';
import { callChange, DEFAULT_LIMITS, toRelative } from './rule.ts';
import type { CalledWord, Limits } from './rule.ts';

/** Paired figures of one metric, smaller is better, from anywhere. */
export interface BareCase {
  /** Name under which the answer comes back. */
  case: string;
  /** base[i] and head[i] are one pair; equally long; finite and not negative. */
  base: readonly number[];
  head: readonly number[];
}

export interface CaseVerdict {
  case: string;
  verdict: CalledWord | 'inconclusive';
  /** Relative change of head over base, 0.03 is +3 %; missing with fewer than two pairs. */
  estimate?: number;
  lo?: number;
  hi?: number;
  pairs: number;
  /** What was missing, where something was. */
  why?: string;
}

export interface CaseOptions extends Limits {
  /** Two-sided error of the interval. */
  alpha: number;
}

/**
 * One look at a number of pairs that somebody else has fixed, so the whole error goes into it, and no confirmation, since
 * there are no fresh pairs. The margin is smaller than in the sequential rule, because that one look has no second
 * chance to find a change; without any, same-code cases of labelled simulations are called in 3.7 % instead of 2.5 %.
 */
export const CASE_DEFAULTS: Readonly<CaseOptions> = { ...DEFAULT_LIMITS, margin: 0.002, alpha: 0.05 };

/** Fewer pairs give an estimate but no verdict. */
export const MIN_CASE_PAIRS = 5;

/**
 * Judges paired figures of any origin: Hodges-Lehmann estimate and exact signed-rank interval of the log-ratios (mean and t
 * below eight pairs). Where a figure is 0 there is no logarithm; then differences in units of the base's median take
 * the place of log-ratios, for the whole case.
 */
export function judgeCase(bare: BareCase, options: Partial<CaseOptions> = {}): CaseVerdict {
  const rule = { ...CASE_DEFAULTS, ...options };
  const pairs = bare.base.length;
  const logs = logarithms(bare);
  const changes = logs?.map(([base, head]) => head - base) ?? relativeDifferences(bare);
  if (changes === undefined) {
    return {
      case: bare.case,
      verdict: 'inconclusive',
      pairs,
      why: 'the median of base is 0: no relative change exists',
    };
  }
  const interval =
    logs === undefined || pairs < SIGNED_RANK_FROM
      ? intervalAtLevel(changes, rule.alpha)
      : alignedRankInterval(
          logs.map(([base]) => base),
          logs.map(([, head]) => head),
          rule.alpha,
        );
  if (interval === undefined) {
    return { case: bare.case, verdict: 'inconclusive', pairs, why: needMore(pairs) };
  }
  const verdict = pairs < MIN_CASE_PAIRS ? undefined : callChange(interval, rule);
  return {
    case: bare.case,
    verdict: verdict ?? 'inconclusive',
    estimate: toRelative(interval.estimate),
    lo: toRelative(interval.lo),
    hi: toRelative(interval.hi),
    pairs,
    ...(pairs < MIN_CASE_PAIRS && { why: needMore(pairs) }),
  };
}

function needMore(pairs: number): string {
  return `need at least ${MIN_CASE_PAIRS} pairs, found ${pairs}`;
}

function logarithms({ base, head }: BareCase): [base: number, head: number][] | undefined {
  if (![...base, ...head].every((value) => value > 0)) return undefined;
  return base.map((value, i) => [Math.log(value), Math.log(head[i] as number)]);
}

/** Relative differences on the log scale of the rule, so that one rule serves both: ln(1 + change), cut at -99.9 %. */
function relativeDifferences({ base, head }: BareCase): number[] | undefined {
  const typical = median(base);
  if (typical === undefined) return undefined;
  if (typical === 0)
    return head.every((value) => value === 0) && base.every((value) => value === 0)
      ? base.map(() => 0)
      : undefined;
  return base.map((value, i) => Math.log1p(Math.max(-0.999, ((head[i] as number) - value) / typical)));
}
