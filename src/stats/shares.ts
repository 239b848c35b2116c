import { errorFunction, gammaln } from 'simple-statistics';

/** How many of how many, on both sides of one pair. */
export interface ShareBlock {
  base: { hits: number; of: number };
  head: { hits: number; of: number };
}

/** Above so many hits the normal approximation replaces the exact distribution. */
export const EXACT_HITS_LIMIT = 4000;

/**
 * Two-sided p-value of "both sides have the same share in every block", exact, given each block's hits of both sides
 * together: then the hits of head are hypergeometric in each block, and their sum is tested (twice the smaller tail). What
 * hits both sides of a block alike, such as a disturbed minute, drops out by that condition. Birch, "The Detection of Partial
 * Association, I: The 2 x 2 Case", doi:10.1111/j.2517-6161.1964.tb00563.x; with one block it is Fisher's exact test.
 *
 * Limit: inside a block, requests are taken as independent.
 *
 * @returns 1 when there is no hit at all
 */
export function sharesPValue(blocks: readonly ShareBlock[]): number {
  const hits = blocks.reduce((sum, { base, head }) => sum + base.hits + head.hits, 0);
  if (hits === 0) return 1;
  const found = blocks.reduce((sum, { head }) => sum + head.hits, 0);
  if (hits > EXACT_HITS_LIMIT) return approximatePValue(blocks, found);
  let law: Float64Array = Float64Array.of(1);
  for (const block of blocks) law = convolve(law, hypergeometric(block));
  let below = 0;
  let above = 0;
  law.forEach((mass, sum) => {
    if (sum <= found) below += mass;
    if (sum >= found) above += mass;
  });
  return Math.min(1, 2 * Math.min(below, above));
}

/** P(head has h hits) for h = 0 .. hits of the block, given the hits of both sides together. */
function hypergeometric({ base, head }: ShareBlock): Float64Array {
  const hits = base.hits + head.hits;
  const all = base.of + head.of;
  return Float64Array.from({ length: hits + 1 }, (_, h) =>
    h > head.of || hits - h > base.of
      ? 0
      : Math.exp(logChoose(head.of, h) + logChoose(base.of, hits - h) - logChoose(all, hits)),
  );
}

function logChoose(n: number, k: number): number {
  return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1);
}

function convolve(a: Float64Array, b: Float64Array): Float64Array {
  const sum = new Float64Array(a.length + b.length - 1);
  a.forEach((x, i) => {
    if (x === 0) return;
    for (let j = 0; j < b.length; j++) sum[i + j] = (sum[i + j] as number) + x * (b[j] as number);
  });
  return sum;
}

function approximatePValue(blocks: readonly ShareBlock[], found: number): number {
  let expected = 0;
  let variance = 0;
  for (const { base, head } of blocks) {
    const hits = base.hits + head.hits;
    const all = base.of + head.of;
    expected += (hits * head.of) / all;
    if (all > 1) variance += (hits * head.of * base.of * (all - hits)) / (all * all * (all - 1));
  }
  if (variance === 0) return 1;
  // Hits come in whole numbers: the usual correction of half of one.
  const z = Math.max(0, Math.abs(found - expected) - 0.5) / Math.sqrt(variance);
  return 1 - errorFunction(z / Math.SQRT2);
}

/** Hits and requests of one side over all blocks. */
export function totalOf(blocks: readonly ShareBlock[], side: 'base' | 'head'): { hits: number; of: number } {
  return blocks.reduce((sum, block) => ({ hits: sum.hits + block[side].hits, of: sum.of + block[side].of }), {
    hits: 0,
    of: 0,
  });
}

/**
 * Wilson's interval of one share. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
 * doi:10.1080/01621459.1927.10502953.
 *
 * @param z normal quantile of the level, 1.96 for 95 %
 */
export function wilsonInterval(
  { hits, of }: { hits: number; of: number },
  z: number,
): { lo: number; hi: number } {
  const share = hits / of;
  const centre = share + (z * z) / (2 * of);
  const reach = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  const scale = 1 + (z * z) / of;
  return { lo: Math.max(0, (centre - reach) / scale), hi: Math.min(1, (centre + reach) / scale) };
}

/**
 * Interval of the difference of two shares, head - base: method 10 of Newcombe, "Interval Estimation for the Difference
 * between Independent Proportions", doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. Holds its level
 * with no hits at all, where the textbook formula has no width.
 *
 * @param z normal quantile of the level
 */
export function shareDifferenceInterval(
  base: { hits: number; of: number },
  head: { hits: number; of: number },
  z: number,
): { estimate: number; lo: number; hi: number } {
  const before = { share: base.hits / base.of, ...wilsonInterval(base, z) };
  const after = { share: head.hits / head.of, ...wilsonInterval(head, z) };
  const estimate = after.share - before.share;
  return {
    estimate,
    lo: Math.max(-1, estimate - Math.hypot(after.share - after.lo, before.hi - before.share)),
    hi: Math.min(1, estimate + Math.hypot(after.hi - after.share, before.share - before.lo)),
  };
}
