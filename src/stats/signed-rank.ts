import { errorFunction } from 'simple-statistics';
import { normalQuantile } from './student-t.ts';
import type { WalshAverages } from './walsh.ts';

/** Above this many values the normal approximation of the rank sum replaces its exact distribution. */
export const EXACT_SIGNED_RANK_LIMIT = 200;

const cumulated = new Map<number, Float64Array>();

/**
 * P(W <= w) for w = 0 .. n (n + 1) / 2, where W is the sum of the ranks with a plus sign when all signs are fair
 * coins. Exact, by adding one rank after the other. Wilcoxon, "Individual Comparisons by Ranking Methods",
 * doi:10.2307/3001968. Kept after the first call: callers must not write to it.
 *
 * @param n whole, 1 to {@link EXACT_SIGNED_RANK_LIMIT}; RangeError otherwise
 */
export function signedRankDistribution(n: number): Readonly<Float64Array> {
  if (!Number.isInteger(n) || n < 1 || n > EXACT_SIGNED_RANK_LIMIT) {
    throw new RangeError(`expected a whole number from 1 to ${EXACT_SIGNED_RANK_LIMIT}, found ${n}`);
  }
  const known = cumulated.get(n);
  if (known !== undefined) return known;
  const ranks = Array.from({ length: n }, (_, i) => i + 1);
  const distribution = accumulate(sumsOfRandomSubsets(ranks));
  cumulated.set(n, distribution);
  return distribution;
}

/**
 * The largest k for which rejecting when min(W+, W-) <= k has a two-sided error of at most `alpha`; undefined
 * when even k = 0 errs more often (n = 5 at 0.05, n = 7 at 0.01).
 *
 * @param n number of values, at least 1
 * @param alpha two-sided, above 0 and below 1
 */
export function signedRankCritical(n: number, alpha: number): number | undefined {
  if (n > EXACT_SIGNED_RANK_LIMIT) return approximateCritical(n, alpha);
  const distribution = signedRankDistribution(n);
  let k = -1;
  while (2 * (distribution[k + 1] as number) <= alpha) k++;
  return k < 0 ? undefined : k;
}

/** Two-sided error of rejecting when min(W+, W-) <= k, for n values without ties; exact up to {@link EXACT_SIGNED_RANK_LIMIT}. */
export function signedRankLevel(n: number, k: number): number {
  if (n <= EXACT_SIGNED_RANK_LIMIT) return Math.min(1, 2 * (signedRankDistribution(n)[k] as number));
  const { centre, spread } = momentsOf(n);
  return 1 - errorFunction(Math.max(0, centre - k - 0.5) / spread / Math.SQRT2);
}

/**
 * The values that the signed-rank test with critical value `k` does not reject: a confidence interval of level
 * 1 - {@link signedRankLevel} for the centre of a symmetric distribution. Hollander, Wolfe & Chicken,
 * "Nonparametric Statistical Methods" (3rd ed., section 3.3), doi:10.1002/9781119196037.
 */
export function signedRankInterval(walsh: WalshAverages, k: number): { lo: number; hi: number } {
  const lo = walsh[k];
  const hi = walsh[walsh.length - 1 - k];
  if (lo === undefined || hi === undefined || k < 0 || lo > hi) {
    throw new RangeError(`expected a critical value for ${walsh.length} Walsh averages, found ${k}`);
  }
  return { lo, hi };
}

/**
 * Two-sided p-value of the signed-rank test of "the centre is 0". Zeros are left out and equal magnitudes share
 * their mean rank; the distribution is exact for those very ranks. Pratt, "Remarks on Zeros and Ties in the
 * Wilcoxon Signed Rank Procedures", doi:10.1080/01621459.1959.10501526, discusses what zeros do; leaving them
 * out is Wilcoxon's own way and the more cautious one here, since it shortens the sample.
 *
 * @returns 1 when no value differs from 0
 */
export function signedRankPValue(values: readonly number[]): number {
  const nonZero = values.filter((value) => value !== 0);
  if (nonZero.length === 0) return 1;
  const ranks = doubledMeanRanks(nonZero.map(Math.abs));
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const positive = ranks.reduce((sum, rank, i) => sum + ((nonZero[i] as number) > 0 ? rank : 0), 0);
  const smaller = Math.min(positive, total - positive);
  if (nonZero.length > EXACT_SIGNED_RANK_LIMIT) return approximatePValue(ranks, smaller);
  const distribution = accumulate(sumsOfRandomSubsets(ranks));
  return Math.min(1, 2 * (distribution[smaller] as number));
}

/** Probability of each sum of a subset of `parts` when every part is in or out by a fair coin. */
function sumsOfRandomSubsets(parts: readonly number[]): Float64Array {
  const total = parts.reduce((sum, part) => sum + part, 0);
  const probability = new Float64Array(total + 1);
  probability[0] = 1;
  let reached = 0;
  for (const part of parts) {
    reached += part;
    for (let sum = reached; sum >= 0; sum--) {
      const without = probability[sum] as number;
      const within = sum >= part ? (probability[sum - part] as number) : 0;
      probability[sum] = (without + within) / 2;
    }
  }
  return probability;
}

function accumulate(probability: Float64Array): Float64Array {
  for (let i = 1; i < probability.length; i++) {
    probability[i] = (probability[i] as number) + (probability[i - 1] as number);
  }
  return probability;
}

/** Twice the mean ranks, so that they stay whole numbers. */
function doubledMeanRanks(magnitudes: readonly number[]): number[] {
  const order = magnitudes
    .map((_, i) => i)
    .sort((a, b) => (magnitudes[a] as number) - (magnitudes[b] as number));
  const ranks: number[] = Array.from({ length: magnitudes.length }, () => 0);
  let from = 0;
  while (from < order.length) {
    let to = from;
    while (to + 1 < order.length && magnitudes[order[to + 1] as number] === magnitudes[order[from] as number])
      to++;
    for (let i = from; i <= to; i++) ranks[order[i] as number] = from + to + 2;
    from = to + 1;
  }
  return ranks;
}

function approximateCritical(n: number, alpha: number): number | undefined {
  const { centre, spread } = momentsOf(n);
  const k = Math.floor(centre - normalQuantile(1 - alpha / 2) * spread - 0.5);
  return k < 0 ? undefined : k;
}

/** Mean and standard deviation of the rank sum under fair signs. */
function momentsOf(n: number): { centre: number; spread: number } {
  return { centre: (n * (n + 1)) / 4, spread: Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24) };
}

function approximatePValue(doubledRanks: readonly number[], smaller: number): number {
  const centre = doubledRanks.reduce((sum, rank) => sum + rank, 0) / 2;
  const spread = Math.sqrt(doubledRanks.reduce((sum, rank) => sum + rank * rank, 0) / 4);
  // One doubled rank is half a rank: the usual correction for a sum that moves in whole steps.
  const z = Math.max(0, centre - smaller - 1) / spread;
  return 1 - errorFunction(z / Math.SQRT2);
}
