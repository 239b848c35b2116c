import { signedRankCritical, signedRankLevel } from '../stats/signed-rank.ts';
import { createRandom } from '../stats/random.ts';

/** A number of pairs at which the data may decide, and how. */
export type Look =
  | { pairs: number; by: 't'; /** Two-sided error of this look. */ alpha: number }
  | { pairs: number; by: 'signed-rank'; /** 0 is outside the interval when min(W+, W-) <= k. */ k: number };

/** Two-sided error of all looks together, for one gating metric: 0.01 by the t looks, 0.04 by the others. */
export const TOTAL_ALPHA = 0.05;

/** Share of {@link TOTAL_ALPHA} that the signed-rank looks spend. */
export const SIGNED_RANK_ALPHA = 0.04;

/**
 * The schedule. Signed-rank cannot reject at a useful level below 8 pairs, hence the two t looks, 0.005 each
 * (Student, "The Probable Error of a Mean", doi:10.1093/biomet/6.1.1), paid for by the union bound.
 *
 * The k of the others spend {@link SIGNED_RANK_ALPHA} in proportion to the pairs seen: after look n at most
 * 0.04 n / 30 of all same-code runs have crossed. Lan & DeMets, "Discrete Sequential Boundaries for Clinical
 * Trials", doi:10.1093/biomet/70.3.659, with the signed-rank walk in place of Brownian motion: under the null
 * hypothesis its signs are fair coins and its ranks exchangeable, so its law holds for every symmetric noise. They are what
 * {@link deriveBoundaries} computes, exactly up to 20 pairs; `node test/bench/main.ts boundaries` derives them anew and
 * compares.
 */
export const LOOKS: readonly Look[] = [
  { pairs: 5, by: 't', alpha: 0.005 },
  { pairs: 6, by: 't', alpha: 0.005 },
  { pairs: 8, by: 'signed-rank', k: 0 },
  { pairs: 10, by: 'signed-rank', k: 2 },
  { pairs: 12, by: 'signed-rank', k: 6 },
  { pairs: 15, by: 'signed-rank', k: 15 },
  { pairs: 20, by: 'signed-rank', k: 39 },
  { pairs: 25, by: 'signed-rank', k: 72 },
  { pairs: 30, by: 'signed-rank', k: 116 },
];

/** After this many usable pairs there is no further look. */
export const MAX_LOOK_PAIRS = 30;

/**
 * The looks when `family` metrics gate together: each metric may err with 1 / family of the probability, at
 * every look (Dunn, "Multiple Comparisons Among Means", doi:10.1080/01621459.1961.10482090). The t looks take
 * alpha / family; the signed-rank looks the nearest tighter k, by the exact distribution. A look that is too
 * short for any k at that level is left out (n = 8 from two gating metrics on).
 *
 * @param family number of gating metrics that one answer is made of, at least 1; RangeError otherwise
 */
export function looksFor(family: number): readonly Look[] {
  if (!Number.isInteger(family) || family < 1) {
    throw new RangeError(`expected a whole number of metrics from 1, found ${family}`);
  }
  return LOOKS.flatMap((look): Look[] => {
    if (look.by === 't') return [{ ...look, alpha: look.alpha / family }];
    const k = signedRankCritical(look.pairs, signedRankLevel(look.pairs, look.k) / family);
    return k === undefined ? [] : [{ ...look, k }];
  });
}

/**
 * Simulates the signed-rank walk of same-code runs and returns, for each signed-rank look, the share of walks
 * that had crossed by then. Seeded: the same arguments give the same shares.
 *
 * @param walks the standard error of a share p is sqrt(p (1 - p) / walks)
 */
export function crossedByLook(looks: readonly Look[], walks: number, seed: number): number[] {
  const ranked = looks.filter((look) => look.by === 'signed-rank');
  const crossed = ranked.map(() => 0);
  const random = createRandom(seed);
  for (let walk = 0; walk < walks; walk++) {
    const at = firstCrossing(ranked, () => random.next());
    for (let i = at; i < ranked.length; i++) crossed[i] = (crossed[i] as number) + 1;
  }
  return crossed.map((count) => count / walks);
}

/** Index of the look at which one walk crosses, or the number of looks. W+ is the number of positive Walsh averages. */
function firstCrossing(looks: readonly { pairs: number; k: number }[], uniform: () => number): number {
  const values: number[] = [];
  let positive = 0;
  for (let at = 0; at < looks.length; at++) {
    const { pairs, k } = looks[at] as { pairs: number; k: number };
    while (values.length < pairs) {
      const value = 2 * uniform() - 1;
      values.push(value);
      for (const earlier of values) if (earlier + value > 0) positive++;
    }
    if (Math.min(positive, (pairs * (pairs + 1)) / 2 - positive) <= k) return at;
  }
  return looks.length;
}
