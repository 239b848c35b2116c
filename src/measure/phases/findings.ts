import type { MetricName } from '../../domain/metric.ts';
import type { Side, Trial } from '../../domain/trial.ts';

/** What the phases of a pair found out about one side, beyond what every trial has. */
export interface Findings {
  figures: NonNullable<Trial['figures']>;
  counts: NonNullable<Trial['counts']>;
  notes: string[];
  generator?: NonNullable<Trial['generator']>;
  openHistogram?: string;
}

export type PairFindings = Record<Side, Findings>;

export function noFindings(): PairFindings {
  return {
    base: { figures: {}, counts: {}, notes: [] },
    head: { figures: {}, counts: {}, notes: [] },
  };
}

/** Adds to a count that several phases share. */
export function addCount(findings: Findings, metric: MetricName, hits: number, of: number): void {
  const so = findings.counts[metric] ?? { hits: 0, of: 0 };
  findings.counts[metric] = { hits: so.hits + hits, of: so.of + of };
}

/** Counts the latencies over each limit; all in milliseconds. */
export function addSlow(
  findings: Findings,
  prefix: 'latency' | 'open_latency',
  latenciesMs: readonly number[],
  limitsMs: readonly number[] = [],
): void {
  for (const limitMs of limitsMs) {
    const hits = latenciesMs.filter((latencyMs) => latencyMs > limitMs).length;
    addCount(findings, `${prefix}_over_${limitMs}ms`, hits, latenciesMs.length);
  }
}

/** The optional parts of a trial: what is empty is left out. */
export function trialParts(
  findings: Findings,
): Pick<Trial, 'figures' | 'counts' | 'notes' | 'generator' | 'openHistogram'> {
  const { figures, counts, notes, generator, openHistogram } = findings;
  return {
    ...(Object.keys(figures).length > 0 ? { figures } : {}),
    ...(Object.keys(counts).length > 0 ? { counts } : {}),
    ...(notes.length > 0 ? { notes } : {}),
    ...(generator === undefined ? {} : { generator }),
    ...(openHistogram === undefined ? {} : { openHistogram }),
  };
}
