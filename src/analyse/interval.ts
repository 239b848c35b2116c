import { meanInterval, normalQuantile, studentTQuantile } from '../stats/student-t.ts';
import { signedRankCritical, signedRankInterval, signedRankLevel } from '../stats/signed-rank.ts';
import { centreOf, walshAverages } from '../stats/walsh.ts';
import type { Look } from './boundaries.ts';

/** A range for the centre of paired log-ratios, in log units: 0.0296 is ln(1.03). */
export interface LogInterval {
  estimate: number;
  lo: number;
  hi: number;
  by: 't' | 'signed-rank';
  /** How many standard errors of the estimate reach from it to a bound. */
  standardErrors: number;
}

/** From this many values on the signed-rank interval is used, below it Student's t. */
export const SIGNED_RANK_FROM = 8;

/**
 * The interval at a scheduled look.
 *
 * @param logRatios exactly `look.pairs` of them
 */
export function intervalAtLook(logRatios: readonly number[], look: Look): LogInterval {
  return look.by === 't' ? byStudent(logRatios, look.alpha) : bySignedRank(logRatios, look.k);
}

/**
 * The interval for a number of pairs that was fixed beforehand, two-sided error `alpha`: mean and t below
 * {@link SIGNED_RANK_FROM} values, Hodges-Lehmann and signed-rank from there on. Both hold for the centre of a symmetric
 * distribution, which the log-ratio of two runs of one law always has.
 *
 * @returns undefined when there are too few values for that level
 */
export function intervalAtLevel(logRatios: readonly number[], alpha: number): LogInterval | undefined {
  if (logRatios.length < 2) return undefined;
  if (logRatios.length < SIGNED_RANK_FROM) return byStudent(logRatios, alpha);
  const k = signedRankCritical(logRatios.length, alpha);
  return k === undefined ? undefined : bySignedRank(logRatios, k);
}

function byStudent(logRatios: readonly number[], alpha: number): LogInterval {
  const interval = meanInterval(logRatios, alpha);
  if (interval === undefined) throw new RangeError(`expected at least 2 pairs, found ${logRatios.length}`);
  return { ...interval, by: 't', standardErrors: studentTQuantile(1 - alpha / 2, logRatios.length - 1) };
}

function bySignedRank(logRatios: readonly number[], k: number): LogInterval {
  const walsh = walshAverages(logRatios);
  const level = signedRankLevel(logRatios.length, k);
  return {
    estimate: centreOf(walsh) as number,
    ...signedRankInterval(walsh, k),
    by: 'signed-rank',
    standardErrors: normalQuantile(1 - level / 2),
  };
}
