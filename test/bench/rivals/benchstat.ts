import { errorFunction } from 'simple-statistics';
import { median } from '../../../src/stats/summary.ts';
import type { RivalWord } from './rule.ts';
import { wordBySign } from './rule.ts';

const ALPHA = 0.05;
const MIN_RUNS = 4;
/** Above these sizes benchstat turns to the normal approximation (golang.org/x/perf, benchmath and go-moremath). */
const EXACT_LIMIT = 50;
const TIES_EXACT_LIMIT = 25;

/**
 * benchstat's rule: Mann-Whitney U, two-sided, alpha 0.05, at least four runs a side, exact up to 50 runs a side
 * (25 with ties), the change stated as the difference of medians. Source: golang.org/x/perf/benchmath,
 * `AssumeNothing.Compare`, and github.com/aclements/go-moremath/stats, `MannWhitneyUTest`; Mann & Whitney, "On a
 * Test of Whether one of Two Random Variables is Stochastically Larger than the Other", doi:10.1214/aoms/1177730491.
 */
export function benchstat(base: readonly number[], head: readonly number[]): RivalWord {
  if (base.length < MIN_RUNS || head.length < MIN_RUNS || mannWhitneyPValue(base, head) > ALPHA) {
    return 'unchanged';
  }
  return wordBySign((median(head) as number) - (median(base) as number));
}

/** Two-sided p-value of the Mann-Whitney test, by the permutation distribution of the very ranks where small enough. */
export function mannWhitneyPValue(first: readonly number[], second: readonly number[]): number {
  const all = [...first, ...second].sort((a, b) => a - b);
  const doubledRanks = all.map((value) => all.indexOf(value) + all.lastIndexOf(value) + 2);
  const doubledRankOf = new Map(all.map((value, i) => [value, doubledRanks[i] as number]));
  const rankSum = first.reduce((sum, value) => sum + (doubledRankOf.get(value) as number), 0);
  const hasTies = doubledRankOf.size < all.length;
  const larger = Math.max(first.length, second.length);
  if (larger > (hasTies ? TIES_EXACT_LIMIT : EXACT_LIMIT)) {
    return approximatePValue(doubledRanks, first.length, rankSum);
  }
  const ways = rankSumWays(hasTies ? doubledRanks : all.length, first.length);
  const total = ways.reduce((sum, count) => sum + count, 0);
  const below = ways.slice(0, rankSum + 1).reduce((sum, count) => sum + count, 0);
  const above = ways.slice(rankSum).reduce((sum, count) => sum + count, 0);
  return Math.min(1, (2 * Math.min(below, above)) / total);
}

const waysWithoutTies = new Map<string, Float64Array>();

/** How many subsets of `size` ranks have each sum; `ranks` as a number means 1 to that number, doubled, without ties. */
function rankSumWays(ranks: readonly number[] | number, size: number): Float64Array {
  if (typeof ranks !== 'number') return countSums(ranks, size);
  const key = `${ranks}/${size}`;
  const known = waysWithoutTies.get(key);
  if (known !== undefined) return known;
  const counted = countSums(
    Array.from({ length: ranks }, (_, i) => 2 * i + 2),
    size,
  );
  waysWithoutTies.set(key, counted);
  return counted;
}

function countSums(ranks: readonly number[], size: number): Float64Array {
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(total + 1));
  (ways[0] as Float64Array)[0] = 1;
  for (const rank of ranks) {
    for (let taken = size; taken >= 1; taken--) {
      const from = ways[taken - 1] as Float64Array;
      const to = ways[taken] as Float64Array;
      for (let sum = total; sum >= rank; sum--) to[sum] = (to[sum] as number) + (from[sum - rank] as number);
    }
  }
  return ways[size] as Float64Array;
}

/** Normal approximation with the correction for ties and for continuity. */
function approximatePValue(doubledRanks: readonly number[], size: number, rankSum: number): number {
  const count = doubledRanks.length;
  const mean = doubledRanks.reduce((sum, rank) => sum + rank, 0) / count;
  const square = doubledRanks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0) / (count - 1);
  const spread = Math.sqrt((size * (count - size) * square) / count);
  if (spread === 0) return 1;
  const away = Math.max(0, Math.abs(rankSum - size * mean) - 1) / spread;
  return 1 - errorFunction(away / Math.SQRT2);
}
