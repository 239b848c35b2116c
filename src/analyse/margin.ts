import type { ControlStanding } from '../domain/control.ts';
import type { Metric } from '../domain/metric.ts';
import type { CpuSource } from '../domain/trial.ts';
import { median, standardDeviation } from '../stats/summary.ts';
import type { MetricLimits } from './metric-limits.ts';
import { metricPairs } from './pairs.ts';
import type { WorkingPair } from './pairs.ts';
import { cpuPerRequestUs, figureOf } from './readings.ts';

/** What is known of the machine beside its pairs: each flag a reason, half a sentence, why its figures are worth less. */
export interface HostFacts {
  flags: readonly string[];
}

export interface Margin {
  /** Stated as the metric's limits are. */
  margin: number;
  /** Why it is wider than usual, one sentence each. */
  why: string[];
}

/** Same-code jobs from which on the control's bias is believed: the median of fewer is noise. */
export const CONTROL_JOBS_NEEDED = 5;

/** Standard deviation of the log-ratios of CPU per request from which on a host is noisy, and the pairs needed to say so. */
export const NOISY_SD = 0.02;
export const NOISY_FROM_PAIRS = 8;

/** Share of CPU time stolen during the pairs (median) from which on it speaks against a host. */
const STEAL_SHARE = 0.01;

/** A host with any reason against it gets its margins times this. */
export const UNKIND_FACTOR = 2;

/** Steps in which CPU time is counted, us; others are finer than matters. */
const CPU_STEP_US: Partial<Record<CpuSource, number>> = { ticks: 10_000, rusage: 1000 };

/** A step smaller than this share of the margin is not worth a word. */
const NEGLIGIBLE_STEP = 0.2;

/**
 * The superiority margin of a metric: what a whole interval must exceed before an alarm is raised. Its floor is the
 * metric's; it becomes
 *
 * - twice the standing control's bias where that is more: half of it is what this rig is known to be off by on the same code,
 *   the other half that this is known from a few jobs only;
 * - twice the floor on a host with reasons against it: flags, pairs that differ by more than 2 % (standard deviation), or a
 *   hypervisor that took more than 1 % meanwhile;
 * - wider by one step of the CPU clock where that is coarse: a reading may be off by one at either end.
 *
 * Everything that is read from the pairs is the same when base and head change places, so the margin favours neither.
 *
 * @param kept the pairs seen so far
 */
export function marginFor(input: {
  metric: Metric;
  limits: MetricLimits;
  kept: readonly WorkingPair[];
  standing?: ControlStanding | undefined;
  host?: HostFacts | undefined;
}): Margin {
  const { metric, limits, kept, standing, host } = input;
  const why: string[] = [];
  let { margin } = limits;
  const unkind = [...(host?.flags ?? []), ...noiseOf(kept), ...stealOf(kept)];
  if (unkind.length > 0) {
    margin *= UNKIND_FACTOR;
    why.push(`${unkind.join('; ')}: margin doubled`);
  }
  const bias = biasOf(metric, standing);
  if (2 * Math.abs(bias) > margin) {
    margin = 2 * Math.abs(bias);
    why.push(`the standing control is off by ${sizeOf(metric, bias)} on the same code: margin twice that`);
  }
  const step = cpuStep(metric, kept);
  if (step !== undefined && step.share > NEGLIGIBLE_STEP * margin) {
    margin += step.share;
    why.push(
      `CPU time is counted in steps of ${step.us / 1000} ms, ${percent(step.share)} of what a pair used: margin wider by that`,
    );
  }
  return { margin, why };
}

function biasOf({ scale }: Metric, standing: ControlStanding | undefined): number {
  if (standing?.bias === undefined || standing.jobs < CONTROL_JOBS_NEEDED) return 0;
  return scale === 'ratio' ? Math.expm1(standing.bias) : standing.bias;
}

function noiseOf(kept: readonly WorkingPair[]): string[] {
  const { changes } = metricPairs(kept, 'cpu_per_request');
  if (changes.length < NOISY_FROM_PAIRS) return [];
  const sd = standardDeviation(changes) ?? 0;
  return sd > NOISY_SD ? [`CPU time of pairs differs by ${percent(sd)} on this host`] : [];
}

/** The hypervisor takes from both sides, but not in the same milliseconds. */
function stealOf(kept: readonly WorkingPair[]): string[] {
  const share = median(kept.flatMap(({ pair }) => pair.stealShare ?? [])) ?? 0;
  return share > STEAL_SHARE ? [`other guests of the hypervisor took ${percent(share)} of the CPU time`] : [];
}

function cpuStep(metric: Metric, kept: readonly WorkingPair[]): { us: number; share: number } | undefined {
  if (!metric.name.startsWith('cpu_')) return undefined;
  // The coarsest: a pair may fall back by itself, when a thread ends that no control group counts.
  const steps = kept.flatMap(({ base }) => CPU_STEP_US[base.cpuSource] ?? []);
  const us = steps.length === 0 ? undefined : Math.max(...steps);
  const used = median(
    kept.flatMap(({ base }) => {
      const figure = figureOf(base, metric.name);
      if (figure === undefined || figure <= 0) return [];
      return metric.name === 'cpu_time' ? figure : figure * base.requests;
    }),
  );
  const total = used ?? median(kept.map(({ base }) => cpuPerRequestUs(base) * base.requests));
  return us === undefined || total === undefined ? undefined : { us, share: us / total };
}

function sizeOf(metric: Metric, bias: number): string {
  return metric.scale === 'ratio' ? percent(Math.abs(bias)) : `${Number(Math.abs(bias).toPrecision(3))}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
