/**
 * Which of several p-values to call findings so that, on average, at most the share `q` of the findings is
 * false. Benjamini & Hochberg, "Controlling the False Discovery Rate", doi:10.1111/j.2517-6161.1995.tb02031.x;
 * valid for independent and for positively dependent tests, as metrics of one run are.
 *
 * @param pValues in any order; the answer is in the same order
 */
export function benjaminiHochberg(pValues: readonly number[], q: number): boolean[] {
  const sorted = [...pValues].sort((a, b) => a - b);
  const last = sorted.findLastIndex((p, i) => p <= (q * (i + 1)) / sorted.length);
  const limit = last < 0 ? -Infinity : (sorted[last] as number);
  return pValues.map((p) => p <= limit);
}
