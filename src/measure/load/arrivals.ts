import type { OpenLoadSpec } from '../../domain/benchmark.ts';
import type { Random } from '../../stats/random.ts';

/** More than any generator on one core sends in a pair; a list of more would not fit. */
const MOST_ARRIVALS = 2_000_000;

/**
 * When requests are meant to be sent: milliseconds from the start of the phase, rising, below `durationMs`.
 *
 * Poisson arrivals have independent, exponentially distributed gaps with mean 1 / rate, drawn by inversion (L. Devroye,
 * "Non-Uniform Random Variate Generation", 1986, DOI 10.1007/978-1-4613-8643-8, II.2); fixed arrivals have equal gaps.
 * @throws RangeError for a rate or duration that is not positive, and for more than two million arrivals
 */
export function arrivalTimes(
  { ratePerSecond, arrivals, durationMs }: OpenLoadSpec,
  random: Pick<Random, 'next'>,
): number[] {
  const meanGapMs = 1000 / ratePerSecond;
  const expected = durationMs / meanGapMs;
  if (!(meanGapMs > 0 && meanGapMs < Infinity && durationMs > 0 && expected <= MOST_ARRIVALS)) {
    throw new RangeError(
      `expected at most ${MOST_ARRIVALS} requests, found ${ratePerSecond} a second for ${durationMs} ms`,
    );
  }
  const times: number[] = [];
  const gapMs = (): number => (arrivals === 'fixed' ? meanGapMs : -Math.log(1 - random.next()) * meanGapMs);
  // Fixed arrivals start half a gap in, so that slices of any length hold the same share.
  for (let at = arrivals === 'fixed' ? meanGapMs / 2 : gapMs(); at < durationMs; at += gapMs())
    times.push(at);
  return times;
}

/** Parts `timesMs` into `count` slices of equal length; each slice's times count from its own start. */
export function sliced(timesMs: readonly number[], durationMs: number, count: number): number[][] {
  const lengthMs = durationMs / count;
  const slices: number[][] = Array.from({ length: count }, () => []);
  for (const time of timesMs) {
    const index = Math.min(count - 1, Math.floor(time / lengthMs));
    slices[index]?.push(time - index * lengthMs);
  }
  return slices;
}
