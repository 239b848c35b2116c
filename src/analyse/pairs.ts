import type { MetricName } from '../domain/benchmark.ts';
import type { Pair, Trial } from '../domain/trial.ts';
import { median } from '../stats/summary.ts';

/** A pair whose two trials worked. */
export interface WorkingPair {
  pair: Pair;
  base: Trial;
  head: Trial;
}

/**
 * Why a pair takes no part. `failed`: a side gave no trial. `no-cpu-reading`: a side without CPU time or
 * requests, or sides whose CPU time comes from unlike clocks. `level`: the machine was in another state.
 */
export type DropReason = 'failed' | 'no-cpu-reading' | 'level';

export interface SiftedPairs {
  kept: WorkingPair[];
  dropped: { pair: Pair; why: DropReason }[];
  /** More than a quarter dropped: the machine is too restless for a decision. */
  unsteady: boolean;
}

/** A pair whose level is further than this from the typical one is dropped (log units: 10 %). */
export const LEVEL_LIMIT = 0.1;

/** A larger share of dropped pairs makes a set unsteady. */
export const UNSTEADY_SHARE = 0.25;

/**
 * Parts pairs that may be compared from those that may not. Both sides of a pair go or stay together, and the
 * rule reads their mean only, so it cannot favour a side: with b and h exchangeable, (b + h) / 2 says nothing about
 * the sign of h - b. The level is CPU time per request, whatever the metric: a disturbed machine disturbs all of them.
 *
 * @param pairs of one scenario, those to part
 * @param reference further working pairs of the same job that help to tell the typical level
 */
export function siftPairs(pairs: readonly Pair[], reference: readonly WorkingPair[] = []): SiftedPairs {
  const kept: WorkingPair[] = [];
  const dropped: SiftedPairs['dropped'] = [];
  const readable: WorkingPair[] = [];
  for (const pair of pairs) {
    const working = workingPair(pair);
    if (working === undefined) dropped.push({ pair, why: 'failed' });
    else if (levelOf(working) === undefined) dropped.push({ pair, why: 'no-cpu-reading' });
    else readable.push(working);
  }
  const typical = median([...reference, ...readable].flatMap((working) => levelOf(working) ?? []));
  for (const working of readable) {
    const offset = (levelOf(working) as number) - (typical as number);
    if (Math.abs(offset) > LEVEL_LIMIT) dropped.push({ pair: working.pair, why: 'level' });
    else kept.push(working);
  }
  return { kept, dropped, unsteady: dropped.length > UNSTEADY_SHARE * pairs.length };
}

/** Figures of one metric over kept pairs, in order. */
export interface MetricPairs {
  base: number[];
  head: number[];
  /** ln(head / base), positive is worse. */
  logRatios: number[];
  /** Pairs without a positive figure on both sides: a ratio of 0 has no logarithm, and adding a little to it would invent one. */
  refused: number;
}

/** What `pairs` say about `metric`. */
export function metricPairs(pairs: readonly WorkingPair[], metric: MetricName): MetricPairs {
  const read = READINGS[metric];
  const figures = pairs.map(({ base, head }) => ({ base: read(base), head: read(head) }));
  const usable = figures.filter(({ base, head }) => isPositive(base) && isPositive(head));
  return {
    base: usable.map(({ base }) => base),
    head: usable.map(({ head }) => head),
    logRatios: usable.map(({ base, head }) => Math.log(head / base)),
    refused: figures.length - usable.length,
  };
}

const READINGS: Record<MetricName, (trial: Trial) => number> = {
  cpu_per_request: (trial) => trial.cpuUs / trial.requests,
  latency_p50: (trial) => trial.latencyMs.p50,
  latency_p90: (trial) => trial.latencyMs.p90,
  latency_p99: (trial) => trial.latencyMs.p99,
  memory_peak: (trial) => trial.memoryPeakBytes,
  startup: (trial) => trial.startupMs,
};

function workingPair(pair: Pair): WorkingPair | undefined {
  if (pair.base.state !== 'ok' || pair.head.state !== 'ok') return undefined;
  return { pair, base: pair.base.trial, head: pair.head.trial };
}

function levelOf({ base, head }: WorkingPair): number | undefined {
  if (base.cpuSource !== head.cpuSource) return undefined;
  const sides = [base, head].map(READINGS.cpu_per_request);
  return sides.every(isPositive) ? Math.log(sides.reduce((sum, side) => sum + side, 0) / 2) : undefined;
}

function isPositive(value: number): boolean {
  return value > 0 && Number.isFinite(value);
}
