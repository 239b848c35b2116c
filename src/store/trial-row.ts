import type { GeneratorProof, Side, Trial, TrialFailure, TrialOutcome } from '../domain/trial.ts';
import { withoutUndefined } from './storable.ts';

/** A row of `trials`: either `failure` is set, or all figures are. */
export interface TrialRow {
  pair_id: string;
  side: Side;
  failure: TrialFailure | null;
  requests: number;
  cpu_us: number;
  cpu_source: Trial['cpuSource'];
  startup_ms: number;
  latency_mean_ms: number;
  latency_p50_ms: number;
  latency_p90_ms: number;
  latency_p99_ms: number;
  latency_max_ms: number;
  histogram: Buffer;
  memory_peak_bytes: string;
  figures: NonNullable<Trial['figures']>;
  counts: NonNullable<Trial['counts']>;
  generator: GeneratorProof | null;
  notes: string[];
  open_histogram: Buffer | null;
}

/** The columns of a trial by name, histograms still in base64. */
export function trialColumns(side: Side, outcome: TrialOutcome): Record<string, unknown> {
  if (outcome.state === 'failed') return { side, failure: outcome.failure };
  const { trial } = outcome;
  return {
    side,
    requests: trial.requests,
    cpu_us: trial.cpuUs,
    cpu_source: trial.cpuSource,
    startup_ms: trial.startupMs,
    latency_mean_ms: trial.latencyMs.mean,
    latency_p50_ms: trial.latencyMs.p50,
    latency_p90_ms: trial.latencyMs.p90,
    latency_p99_ms: trial.latencyMs.p99,
    latency_max_ms: trial.latencyMs.max,
    histogram_base64: trial.histogram,
    memory_peak_bytes: trial.memoryPeakBytes,
    figures: trial.figures,
    counts: trial.counts,
    generator: trial.generator,
    notes: trial.notes,
    open_histogram_base64: trial.openHistogram,
  };
}

/** The trial, or the failure, in a row of `trials`. */
export function toTrialOutcome(row: TrialRow): TrialOutcome {
  if (row.failure !== null) return { state: 'failed', failure: row.failure };
  return {
    state: 'ok',
    trial: withoutUndefined<Trial>({
      startupMs: row.startup_ms,
      requests: row.requests,
      cpuUs: row.cpu_us,
      cpuSource: row.cpu_source,
      latencyMs: {
        mean: row.latency_mean_ms,
        p50: row.latency_p50_ms,
        p90: row.latency_p90_ms,
        p99: row.latency_p99_ms,
        max: row.latency_max_ms,
      },
      histogram: row.histogram.toString('base64'),
      openHistogram: row.open_histogram?.toString('base64'),
      memoryPeakBytes: Number(row.memory_peak_bytes),
      // Trials stored before these columns were there have none either.
      figures: unlessEmpty(row.figures),
      counts: unlessEmpty(row.counts),
      generator: row.generator ?? undefined,
      notes: unlessEmpty(row.notes),
    }),
  };
}

function unlessEmpty<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}
