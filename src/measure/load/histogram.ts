import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js';

import type { PERCENTILES } from '../../domain/metric.ts';
import type { Trial } from '../../domain/trial.ts';

/** One hour: no request of a trial lasts longer. */
const HIGHEST_US = 3_600_000_000;

/**
 * Latencies as an HdrHistogram of microseconds with three significant digits (G. Tene, "HdrHistogram: A High
 * Dynamic Range Histogram"), V2 compressed, base64. Whole milliseconds, as load generators print them, would
 * round a ranking service's answers to nothing.
 */
export function encodeHistogram(latenciesMs: Iterable<number>): string {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
  });
  for (const latencyMs of latenciesMs) {
    histogram.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(latencyMs * 1000))));
  }
  return encodeIntoCompressedBase64(histogram);
}

/** The count and a percentile (0..100, in milliseconds) of an encoded histogram. */
export function readHistogram(encoded: string): { count: number; percentileMs(percentile: number): number } {
  const histogram = decodeFromCompressedBase64(encoded);
  return {
    count: histogram.totalCount,
    percentileMs: (percentile) => histogram.getValueAtPercentile(percentile) / 1000,
  };
}

/** Reads percentiles (shares 0..1) of raw latencies, at least one, by the nearest-rank definition. */
export function percentilesOf(latenciesMs: readonly number[]): (share: number) => number {
  if (latenciesMs.length === 0) throw new RangeError('a trial has at least one latency');
  const sorted = Float64Array.from(latenciesMs).sort();
  // 0.999 * 1000 is a little over 999 in binary: without the allowance the rank would be one too high.
  return (share) => sorted[Math.max(0, Math.ceil(share * sorted.length - 1e-9) - 1)] as number;
}

/** `p50`, `p999`: how a percentile (0..100) is written in the names of metrics. */
export function percentileName<P extends (typeof PERCENTILES)[number]>(percentile: P): PercentileName<P> {
  return `p${String(percentile).replace('.', '')}` as PercentileName<P>;
}

type PercentileName<P extends number> = P extends 99.9 ? 'p999' : `p${P}`;

/** Mean and percentiles of raw latencies (any order, at least one), by the nearest-rank definition. */
export function summarizeLatencies(latenciesMs: readonly number[]): Trial['latencyMs'] {
  const at = percentilesOf(latenciesMs);
  const mean = latenciesMs.reduce((sum, value) => sum + value, 0) / latenciesMs.length;
  return { mean, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
