import { limitMsOf } from '../domain/metric.ts';
import type { KnownMetric, Metric, MetricName } from '../domain/metric.ts';

/**
 * What counts as a change of one metric: a relative size where its scale is a ratio (0.03 is 3 %), else in the metric's
 * unit.
 */
export interface MetricLimits {
  /** An alarm needs an interval beyond this: what a rig may be off by on the same code. */
  margin: number;
  /** A called change is larger than this: true, perhaps, but below it nobody's problem. */
  minEffect: number;
}

/**
 * The limits by metric. `minEffect` is the margin that the experiments behind this project chose for a metric after its
 * noise (recorded on a 2-vCPU virtual machine, test/fixtures/runs; docs/statistics.md, "Margins"), the margin
 * half of it, as 0.5 % is to 1 % for CPU time. Chosen by looking at those recordings: a start, not a law. The standing
 * control widens a margin that proves too narrow for an installation (margin.ts).
 */
const TABLE: Record<KnownMetric, MetricLimits> = {
  // sd of a pair 0.5-0.7 %: the figure that everything rests on. A biased alternation was off by 0.4 %.
  cpu_per_request: halved(0.01),
  cpu_user_per_request: halved(0.01),
  // 3 % of the CPU time of the recorded service and read in ticks by some kernels: spread of 13 %.
  cpu_system_per_request: halved(0.05),
  cpu_time: halved(0.01),
  // sd of a pair 1.1 %.
  latency_p50: halved(0.015),
  wall_time: halved(0.015),
  throughput: halved(0.015),
  // sd of a pair 3.2 %, 11.6 % at the 99th percentile, more beyond: what is called there must be large.
  latency_p90: halved(0.03),
  latency_p95: halved(0.05),
  latency_p99: halved(0.1),
  latency_p999: halved(0.2),
  // The same with queueing on top: under a fixed rate a wait grows faster than the work that causes it.
  open_latency_p50: halved(0.03),
  open_latency_p90: halved(0.05),
  open_latency_p95: halved(0.08),
  open_latency_p99: halved(0.1),
  open_latency_p999: halved(0.2),
  event_loop_delay: halved(0.1),
  // sd of a pair 0.9-1.3 %; when collections happen decides.
  memory_peak: halved(0.03),
  // sd of a pair 0.4-0.6 %.
  memory_after_gc: halved(0.02),
  // Bytes a request; a leak worth a word keeps at least a tenth of a kilobyte of every request.
  memory_growth: halved(128),
  // sd of a start 3.5-6 %.
  startup: halved(0.1),
  // Counted, not timed: only time stamps and compression make them differ.
  answer_bytes: halved(0.005),
  bytes_written: halved(0.01),
  // One in a thousand requests.
  errors: halved(0.001),
};

/** Of the share of requests over a limit: two in a thousand. */
const OVER_LIMIT = halved(0.002);

function halved(minEffect: number): MetricLimits {
  return { margin: minEffect / 2, minEffect };
}

/**
 * The limits of a metric. A number of the service's own has no unit that could be known here: where it gates, a third of its
 * threshold is the smallest effect, as 1 % is to the default of 3 %; else 2 % of the typical value.
 *
 * @param reference its threshold when it gates, and its typical value
 */
export function metricLimits(
  metric: Metric,
  reference: { threshold?: number; typical?: number },
): MetricLimits {
  const { threshold } = reference;
  const own = isKnown(metric.name)
    ? TABLE[metric.name]
    : limitMsOf(metric.name) !== undefined
      ? OVER_LIMIT
      : halved(threshold === undefined ? 0.02 * Math.abs(reference.typical ?? 0) : threshold / 3);
  // A project that asks for less than is usual means it: what is called may then be as small as its threshold.
  if (threshold === undefined || threshold >= own.minEffect) return own;
  return halved(threshold);
}

function isKnown(name: MetricName): name is KnownMetric {
  return Object.hasOwn(TABLE, name);
}
