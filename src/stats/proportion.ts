/**
 * Exact interval of a proportion after `hits` of `of` trials (Clopper & Pearson, "The Use of Confidence or Fiducial Limits
 * Illustrated in the Case of the Binomial", Biometrika 26, 1934, doi:10.1093/biomet/26.4.404): its ends are the
 * proportions at which so many hits, or so few, would have half of the error as their probability.
 * @param level coverage, e.g. 0.95
 * @returns shares 0..1; all of it when nothing was tried
 * @throws RangeError for counts that are none
 */
export function clopperPearson(hits: number, of: number, level = 0.95): { lo: number; hi: number } {
  if (!Number.isInteger(hits) || !Number.isInteger(of) || hits < 0 || hits > of) {
    throw new RangeError(`expected 0 <= hits <= of, whole numbers, found ${hits} of ${of}`);
  }
  const tail = (1 - level) / 2;
  return {
    lo: hits === 0 ? 0 : solve((share) => 1 - binomialCdf(hits - 1, of, share) >= tail),
    hi: hits === of ? 1 : solve((share) => binomialCdf(hits, of, share) <= tail),
  };
}

/** Probability of at most `hits` among `of` trials that each hit with probability `share`. */
function binomialCdf(hits: number, of: number, share: number): number {
  let sum = 0;
  let logWays = 0;
  for (let count = 0; count <= hits; count++) {
    if (count > 0) logWays += Math.log((of - count + 1) / count);
    sum += Math.exp(logWays + count * Math.log(share) + (of - count) * Math.log1p(-share));
  }
  return Math.min(1, sum);
}

/** The smallest share in (0, 1) for which `isReached` holds; it holds for all larger ones. */
function solve(isReached: (share: number) => boolean): number {
  let below = 0;
  let above = 1;
  for (let step = 0; step < 60; step++) {
    const middle = (below + above) / 2;
    if (isReached(middle)) above = middle;
    else below = middle;
  }
  return above;
}
