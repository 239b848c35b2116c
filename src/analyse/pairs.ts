import { metricOf } from '../domain/metric.ts';
import type { CustomMetric, MetricName } from '../domain/metric.ts';
import type { Pair, Trial } from '../domain/trial.ts';
import type { ShareBlock } from '../stats/shares.ts';
import { median } from '../stats/summary.ts';
import { countsOf, cpuPerRequestUs, figureOf } from './readings.ts';

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
  /** One a pair, positive is worse, in the working units of the metric (yardstick.ts): a log-ratio for most. */
  changes: number[];
  /** What is behind shares, one a pair; empty for other scales. */
  blocks: ShareBlock[];
  /**
   * Pairs without a figure on both sides that this metric can use: of a ratio both must be above 0, for a ratio of 0 has no
   * logarithm, and adding a little to it would invent one.
   */
  refused: number;
}

/** What `pairs` say about `metric`. */
export function metricPairs(
  pairs: readonly WorkingPair[],
  metric: MetricName,
  custom: readonly CustomMetric[] = [],
): MetricPairs {
  const { scale, better } = metricOf(metric, custom);
  const found: MetricPairs = { base: [], head: [], changes: [], blocks: [], refused: 0 };
  for (const { base, head } of pairs) {
    const read = scale === 'share' ? readShares(base, head, metric) : readFigures(base, head, metric);
    if (read === undefined || (scale === 'ratio' && !(read.base > 0 && read.head > 0))) {
      found.refused++;
      continue;
    }
    const change = scale === 'ratio' ? Math.log(read.head / read.base) : read.head - read.base;
    found.base.push(read.base);
    found.head.push(read.head);
    // 0 - x instead of -x: no change at all is 0, not -0.
    found.changes.push(better === 'lower' ? change : 0 - change);
    if (read.block !== undefined) found.blocks.push(read.block);
  }
  return found;
}

interface PairReading {
  base: number;
  head: number;
  block?: ShareBlock;
}

function readFigures(base: Trial, head: Trial, metric: MetricName): PairReading | undefined {
  const figures = { base: figureOf(base, metric), head: figureOf(head, metric) };
  return figures.base === undefined || figures.head === undefined
    ? undefined
    : { base: figures.base, head: figures.head };
}

function readShares(base: Trial, head: Trial, metric: MetricName): PairReading | undefined {
  const block = { base: countsOf(base, metric), head: countsOf(head, metric) };
  if (block.base === undefined || block.head === undefined) return undefined;
  return {
    base: block.base.hits / block.base.of,
    head: block.head.hits / block.head.of,
    block: { base: block.base, head: block.head },
  };
}

function workingPair(pair: Pair): WorkingPair | undefined {
  if (pair.base.state !== 'ok' || pair.head.state !== 'ok') return undefined;
  return { pair, base: pair.base.trial, head: pair.head.trial };
}

function levelOf({ base, head }: WorkingPair): number | undefined {
  if (base.cpuSource !== head.cpuSource) return undefined;
  const sides = [base, head].map(cpuPerRequestUs);
  return sides.every(isPositive) ? Math.log(sides.reduce((sum, side) => sum + side, 0) / 2) : undefined;
}

function isPositive(value: number): boolean {
  return value > 0 && Number.isFinite(value);
}
