/** The Walsh averages of a sample, ascending: n (n + 1) / 2 of them. */
export type WalshAverages = Float64Array & { readonly __sorted: 'walsh' };

/**
 * All averages (d_i + d_j) / 2 with i <= j, ascending. Walsh, "Some Significance Tests for the Median Which Are
 * Valid Under Very General Conditions", doi:10.1214/aoms/1177730091.
 *
 * O(n^2 log n) time and n (n + 1) / 2 numbers of memory: meant for n up to a few thousand.
 */
export function walshAverages(values: readonly number[]): WalshAverages {
  const averages = new Float64Array((values.length * (values.length + 1)) / 2);
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    for (let j = i; j < values.length; j++) {
      averages[at++] = ((values[i] as number) + (values[j] as number)) / 2;
    }
  }
  return averages.sort() as WalshAverages;
}

/** Median of the Walsh averages; undefined when there is none. */
export function centreOf(walsh: WalshAverages): number | undefined {
  if (walsh.length === 0) return undefined;
  const upper = walsh.length >> 1;
  const high = walsh[upper] as number;
  return walsh.length % 2 === 1 ? high : ((walsh[upper - 1] as number) + high) / 2;
}

/**
 * Hodges-Lehmann estimate of the centre of a symmetric distribution: nearly as sharp as the mean on normal
 * data, and unmoved by wild values as long as they are fewer than 29 %. Hodges & Lehmann, "Estimates of
 * Location Based on Rank Tests", doi:10.1214/aoms/1177704172.
 *
 * @returns undefined for an empty list
 */
export function hodgesLehmann(values: readonly number[]): number | undefined {
  return centreOf(walshAverages(values));
}
