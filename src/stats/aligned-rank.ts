import { errorFunction } from 'simple-statistics';
import { mean, median } from './summary.ts';
import { hodgesLehmann } from './walsh.ts';

/** Above this many pairs the normal approximation of the flipped sum replaces its exact distribution. */
export const EXACT_FLIP_LIMIT = 60;

/** The statistic at one shift: observed sum and the terms whose signs are fair coins. */
interface Flips {
  sum: number;
  /** Whole numbers. */
  terms: number[];
}

/**
 * Two-sided p-value of "head is base plus `shift`, whichever of a pair's two runs is which", by aligned ranks: each pair's level
 * is taken out as far as pairs differ by more than their runs do, all 2n values are ranked together, and the sum of the
 * rank differences head - base is compared with its law when the sides of every pair are exchanged by fair coins. Hodges &
 * Lehmann, "Rank Methods for Combination of Independent Experiments in Analysis of Variance", doi:10.1214/aoms/1177704575.
 *
 * With levels that differ much it is the signed-rank test; with equal ones it compares across pairs too, which pairing
 * alone gives away. Exact for every law whose pairs are exchangeable under the null hypothesis: what is taken out depends on the
 * pairs' sums and the magnitudes of their differences only, which the exchange leaves alone.
 *
 * @param base logarithms, one a pair
 * @param head the same of the other side
 */
export function alignedRankPValue(base: readonly number[], head: readonly number[], shift = 0): number {
  return pValueOf(flipsAt(base, head, shift));
}

/**
 * The shifts that the aligned rank test does not reject at `alpha`, with the shift at which it sees no difference at all.
 *
 * @returns undefined for pairs too few to reject anything at that level (5 at 0.05)
 */
export function alignedRankInterval(
  base: readonly number[],
  head: readonly number[],
  alpha: number,
): { estimate: number; lo: number; hi: number } | undefined {
  if (2 ** (1 - base.length) > alpha) return undefined;
  const differences = base.map((value, i) => (head[i] as number) - value);
  const least = Math.min(...differences);
  const most = Math.max(...differences);
  if (least === most) return { estimate: least, lo: least, hi: most };
  const middle = hodgesLehmann(differences) as number;
  const sumAt = (shift: number): number => flipsAt(base, head, shift).sum;
  const isKept = (shift: number): boolean => pValueOf(flipsAt(base, head, shift)) > alpha;
  const estimate = boundary(least, most, (shift) => sumAt(shift) > 0);
  // Beyond the smallest and the largest difference all terms have one sign, and the test rejects.
  const from = isKept(estimate) ? estimate : middle;
  return {
    estimate,
    lo: Math.min(
      estimate,
      boundary(least, from, (shift) => !isKept(shift)),
    ),
    hi: Math.max(estimate, boundary(from, most, isKept)),
  };
}

/** Where `isBelow` turns from true to false between `low` and `high`, to less than a millionth of their distance. */
function boundary(low: number, high: number, isBelow: (at: number) => boolean): number {
  let [from, to] = [low, high];
  for (let step = 0; step < 22; step++) {
    const middle = (from + to) / 2;
    if (isBelow(middle)) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}

function flipsAt(base: readonly number[], head: readonly number[], shift: number): Flips {
  const shifted = head.map((value) => value - shift);
  const levels = base.map((value, i) => (value + (shifted[i] as number)) / 2);
  const differences = base.map((value, i) => Math.abs((shifted[i] as number) - value));
  const out = levelShare(levels, differences);
  const centre = median(levels) as number;
  const aligned = (values: readonly number[]): number[] =>
    values.map((value, i) => value - out * ((levels[i] as number) - centre));
  const ranks = doubledRanks([...aligned(base), ...aligned(shifted)]);
  const terms = base.map((_, i) => (ranks[i + base.length] as number) - (ranks[i] as number));
  return { sum: terms.reduce((sum, term) => sum + term, 0), terms };
}

/**
 * How much of a pair's level to take out, 0..1: what the levels vary beyond what runs of one level would make them. By mean
 * absolute deviations, which waste less of ten values than medians and are less moved by a wild one than squares.
 */
function levelShare(levels: readonly number[], differences: readonly number[]): number {
  const centre = median(levels) as number;
  const spread = mean(levels.map((level) => Math.abs(level - centre))) as number;
  if (spread === 0) return 1;
  // The difference of two runs varies by twice the variance of one, their mean by half of it.
  const ofRuns = (mean(differences) as number) / 2;
  return Math.min(1, Math.max(0, 1 - (ofRuns / spread) ** 2));
}

/** Twice the mean ranks, whole numbers. */
function doubledRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks: number[] = Array.from({ length: values.length }, () => 0);
  let from = 0;
  while (from < order.length) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1] as number] === values[order[from] as number]) to++;
    for (let i = from; i <= to; i++) ranks[order[i] as number] = from + to + 2;
    from = to + 1;
  }
  return ranks;
}

function pValueOf({ sum, terms }: Flips): number {
  const sizes = terms.map(Math.abs).filter((size) => size > 0);
  if (sizes.length === 0) return 1;
  if (sizes.length > EXACT_FLIP_LIMIT) {
    const spread = Math.sqrt(sizes.reduce((total, size) => total + size * size, 0));
    return 1 - errorFunction(Math.abs(sum) / spread / Math.SQRT2);
  }
  // Without ties all terms are even, and half of them make the same law.
  const unit = sizes.every((size) => size % 2 === 0) ? 2 : 1;
  const total = sizes.reduce((all, size) => all + size, 0);
  // A flipped sum is the total less twice the terms that are minus, so a far one is a small subset: larger ones need no count.
  const smaller = Math.floor((total - Math.abs(sum)) / 2 / unit);
  const law = new Float64Array(smaller + 1);
  law[0] = 1;
  for (const size of sizes) {
    const step = size / unit;
    for (let at = smaller; at >= 0; at--) {
      law[at] = ((law[at] as number) + (at >= step ? (law[at - step] as number) : 0)) / 2;
    }
  }
  return Math.min(1, 2 * law.reduce((tail, mass) => tail + mass, 0));
}
