import {
  median as medianOf,
  medianAbsoluteDeviation as madOf,
  mean as meanOf,
  quantile as quantileOf,
  sampleStandardDeviation,
} from 'simple-statistics';

/** Arithmetic mean; undefined for an empty list. */
export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : meanOf([...values]);
}

/** Middle value, or the mean of the two middle ones; undefined for an empty list. `values` need not be sorted. */
export function median(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : medianOf([...values]);
}

/**
 * Quantile with linear interpolation between order statistics, definition 7 of Hyndman & Fan, "Sample
 * Quantiles in Statistical Packages", doi:10.1080/00031305.1996.10473566.
 *
 * @param share 0..1; RangeError otherwise
 * @returns undefined for an empty list
 */
export function quantile(values: readonly number[], share: number): number | undefined {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`expected a share from 0 to 1, found ${share}`);
  return values.length === 0 ? undefined : quantileOf([...values], share);
}

/**
 * Median absolute deviation from the median, not scaled to the normal distribution. Hampel, "The Influence
 * Curve and its Role in Robust Estimation", doi:10.1080/01621459.1974.10482962.
 *
 * @returns undefined for an empty list, 0 for one value
 */
export function medianAbsoluteDeviation(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : madOf([...values]);
}

/** Standard deviation with n - 1 in the denominator; undefined for fewer than two values. */
export function standardDeviation(values: readonly number[]): number | undefined {
  return values.length < 2 ? undefined : sampleStandardDeviation([...values]);
}
