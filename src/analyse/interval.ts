import type { ShareBlock } from '../stats/shares.ts';
import { shareDifferenceInterval, sharesPValue, totalOf } from '../stats/shares.ts';
import { meanInterval, normalQuantile, studentTQuantile } from '../stats/student-t.ts';
import { signedRankCritical, signedRankInterval, signedRankLevel } from '../stats/signed-rank.ts';
import { centreOf, walshAverages } from '../stats/walsh.ts';
import type { Look } from './boundaries.ts';

/** A range for the centre of paired changes, in working units: log-ratios for most metrics, where 0.0296 is ln(1.03). */
export interface LogInterval {
  estimate: number;
  lo: number;
  hi: number;
  by: 't' | 'signed-rank' | 'shares';
  /** How many standard errors of the estimate reach from it to a bound. */
  standardErrors: number;
}

/** From this many values on the signed-rank interval is used, below it Student's t. */
export const SIGNED_RANK_FROM = 8;

/**
 * The interval at a scheduled look.
 *
 * @param changes exactly `look.pairs` of them
 * @param blocks what is behind them when they are differences of shares; then {@link bySharesAndPairs} applies
 */
export function intervalAtLook(
  changes: readonly number[],
  look: Look,
  blocks: readonly ShareBlock[] = [],
): LogInterval {
  const byPairs = look.by === 't' ? byStudent(changes, look.alpha) : bySignedRank(changes, look.k);
  if (blocks.length === 0) return byPairs;
  return bySharesAndPairs(
    byPairs,
    blocks,
    look.by === 't' ? look.alpha : signedRankLevel(look.pairs, look.k),
  );
}

/**
 * The interval for a number of pairs that was fixed beforehand, two-sided error `alpha`: mean and t below
 * {@link SIGNED_RANK_FROM} values, Hodges-Lehmann and signed-rank from there on. Both hold for the centre of a symmetric
 * distribution, which the log-ratio of two runs of one law always has.
 *
 * @param blocks as in {@link intervalAtLook}
 * @returns undefined when there are too few values for that level
 */
export function intervalAtLevel(
  changes: readonly number[],
  alpha: number,
  blocks: readonly ShareBlock[] = [],
): LogInterval | undefined {
  const byPairs = pairedInterval(changes, alpha);
  if (byPairs === undefined || blocks.length === 0) return byPairs;
  return bySharesAndPairs(byPairs, blocks, alpha);
}

function pairedInterval(changes: readonly number[], alpha: number): LogInterval | undefined {
  if (changes.length < 2) return undefined;
  if (changes.length < SIGNED_RANK_FROM) return byStudent(changes, alpha);
  const k = signedRankCritical(changes.length, alpha);
  return k === undefined ? undefined : bySignedRank(changes, k);
}

function byStudent(changes: readonly number[], alpha: number): LogInterval {
  const interval = meanInterval(changes, alpha);
  if (interval === undefined) throw new RangeError(`expected at least 2 pairs, found ${changes.length}`);
  return { ...interval, by: 't', standardErrors: studentTQuantile(1 - alpha / 2, changes.length - 1) };
}

function bySignedRank(changes: readonly number[], k: number): LogInterval {
  const walsh = walshAverages(changes);
  const level = signedRankLevel(changes.length, k);
  return {
    estimate: centreOf(walsh) as number,
    ...signedRankInterval(walsh, k),
    by: 'signed-rank',
    standardErrors: normalQuantile(1 - level / 2),
  };
}

/**
 * The interval of a difference of shares. Two views, and the wider bound of each side counts: the totals of both sides,
 * as if every request stood for itself (Newcombe's interval, which must hold 0 unless the exact conditional test on the totals
 * rejects it), and the pairs as blocks, each one value. The first knows how little a few hits say, the second that
 * hits come in bursts: a process that started badly is slow more than once.
 */
function bySharesAndPairs(byPairs: LogInterval, blocks: readonly ShareBlock[], alpha: number): LogInterval {
  const z = normalQuantile(1 - alpha / 2);
  const totals = shareDifferenceInterval(totalOf(blocks, 'base'), totalOf(blocks, 'head'), z);
  const mayBeEqual = sharesPValue(blocks) > alpha;
  return {
    estimate: totals.estimate,
    lo: Math.min(byPairs.lo, totals.lo, mayBeEqual ? 0 : Infinity),
    hi: Math.max(byPairs.hi, totals.hi, mayBeEqual ? 0 : -Infinity),
    by: 'shares',
    standardErrors: z,
  };
}
