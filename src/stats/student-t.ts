import { gammaln } from 'simple-statistics';
import { mean, standardDeviation } from './summary.ts';

/**
 * Regularised incomplete beta function I_x(a, b), by its continued fraction (NIST Digital Library of
 * Mathematical Functions, 8.17.22, https://dlmf.nist.gov/8.17) evaluated with Lentz's method, "Generating
 * Bessel functions in Mie scattering calculations using continued fractions", doi:10.1364/AO.15.000668.
 * Absolute error below 1e-12 for the arguments used here (a, b from 0.5 to a few thousand).
 *
 * @param x 0..1
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges quickly on the near side of the mean only; the other side is the complement.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(
    a * Math.log(x) + b * Math.log1p(-x) + gammaln(a + b) - gammaln(a) - gammaln(b) - Math.log(a),
  );
  return front / betaFraction(x, a, b);
}

function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 0;
  let value = 1;
  for (let step = 1; step <= 1000; step++) {
    const m = step >> 1;
    const factor =
      step % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + factor * d);
    c = away(1 + factor / c);
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return value;
}

/**
 * P(T <= t) for Student's distribution with `df` degrees of freedom. Student, "The Probable Error of a Mean",
 * doi:10.1093/biomet/6.1.1.
 *
 * @param df above 0
 */
export function studentTCdf(t: number, df: number): number {
  if (Number.isNaN(t) || !(df > 0))
    throw new RangeError(`expected a number and df > 0, found ${t} and ${df}`);
  if (!Number.isFinite(t)) return t > 0 ? 1 : 0;
  const tail = incompleteBeta(df / (df + t * t), df / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

/**
 * The t with P(T <= t) = `probability`: {@link studentTCdf} turned round by bisection, exact to rounding.
 *
 * @param probability above 0 and below 1; RangeError otherwise
 */
export function studentTQuantile(probability: number, df: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new RangeError(`expected a probability between 0 and 1, found ${probability}`);
  }
  if (probability < 0.5) return -studentTQuantile(1 - probability, df);
  let low = 0;
  let high = 1;
  while (studentTCdf(high, df) < probability) {
    low = high;
    high *= 2;
  }
  for (let step = 0; step < 200 && high - low > 1e-14 * high; step++) {
    const middle = (low + high) / 2;
    if (studentTCdf(middle, df) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The z with P(Z <= z) = `probability` for the normal distribution: t with so many degrees that they differ by 3e-6. */
export function normalQuantile(probability: number): number {
  return studentTQuantile(probability, 1e6);
}

/**
 * Mean with a two-sided interval mean -+ t * sd / sqrt(n).
 *
 * @param alpha two-sided error
 * @returns undefined for fewer than two values; lo = hi when all are equal
 */
export function meanInterval(
  values: readonly number[],
  alpha: number,
): { estimate: number; lo: number; hi: number } | undefined {
  const estimate = mean(values);
  const spread = standardDeviation(values);
  if (estimate === undefined || spread === undefined) return undefined;
  const reach = (studentTQuantile(1 - alpha / 2, values.length - 1) * spread) / Math.sqrt(values.length);
  return { estimate, lo: estimate - reach, hi: estimate + reach };
}

/**
 * Two-sided p-value of the t-test of "the mean is 0".
 *
 * @returns undefined for fewer than two values; for equal values 1 if they are 0, else 0
 */
export function meanPValue(values: readonly number[]): number | undefined {
  const centre = mean(values);
  const spread = standardDeviation(values);
  if (centre === undefined || spread === undefined) return undefined;
  if (spread === 0) return centre === 0 ? 1 : 0;
  const t = (Math.abs(centre) * Math.sqrt(values.length)) / spread;
  const df = values.length - 1;
  return incompleteBeta(df / (df + t * t), df / 2, 0.5);
}
