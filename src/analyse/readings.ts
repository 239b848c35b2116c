import type { MetricName } from '../domain/metric.ts';
import { metricOf, METRICS } from '../domain/metric.ts';
import type { CustomMetric } from '../domain/metric.ts';
import type { Trial } from '../domain/trial.ts';

/** Metrics that a trial has had from the start, in fields of their own. */
const FIELDS: Partial<Record<MetricName, (trial: Trial) => number>> = {
  cpu_per_request: (trial) => trial.cpuUs / trial.requests,
  latency_p50: (trial) => trial.latencyMs.p50,
  latency_p90: (trial) => trial.latencyMs.p90,
  latency_p99: (trial) => trial.latencyMs.p99,
  memory_peak: (trial) => trial.memoryPeakBytes,
  startup: (trial) => trial.startupMs,
};

/** Figures that the open loop gives; they prove nothing when its generator fell behind. */
const OPEN_LOOP = /^open_|^event_loop_delay$/;

/** How many of how many. */
export interface Counts {
  hits: number;
  of: number;
}

/** The CPU time per request that tells a machine's state, in us. */
export function cpuPerRequestUs(trial: Trial): number {
  return trial.cpuUs / trial.requests;
}

/** A trial's figure for `metric` in the metric's unit; undefined when it has none, or none that counts. */
export function figureOf(trial: Trial, metric: MetricName): number | undefined {
  if (!countsFor(trial, metric)) return undefined;
  const figure = trial.figures?.[metric] ?? FIELDS[metric]?.(trial);
  return figure !== undefined && Number.isFinite(figure) ? figure : undefined;
}

/** What is behind a share; undefined when the trial did not count it. */
export function countsOf(trial: Trial, metric: MetricName): Counts | undefined {
  if (!countsFor(trial, metric)) return undefined;
  const counts = trial.counts?.[metric];
  if (counts === undefined) return undefined;
  const { hits, of } = counts;
  const isCount = Number.isInteger(hits) && Number.isInteger(of) && hits >= 0 && hits <= of && of > 0;
  return isCount ? counts : undefined;
}

function countsFor(trial: Trial, metric: MetricName): boolean {
  return !OPEN_LOOP.test(metric) || trial.generator?.keptUp === true;
}

/**
 * The metrics that at least one of the trials has, in the order of tables. A run of a command has a wall time; its other
 * classic fields would be those of a service, and are left out.
 */
export function metricsIn(trials: readonly Trial[], custom: readonly CustomMetric[] = []): MetricName[] {
  const named = new Set<MetricName>();
  for (const trial of trials) {
    for (const name of Object.keys({ ...trial.figures, ...trial.counts })) named.add(name as MetricName);
  }
  const isCommand = named.has('wall_time');
  const classic = (Object.keys(FIELDS) as MetricName[]).filter(
    (name) => !isCommand || name === 'memory_peak',
  );
  return sortMetrics([...new Set([...classic, ...named])]).filter((name) =>
    trials.some((trial) =>
      metricOf(name, custom).scale === 'share'
        ? countsOf(trial, name) !== undefined
        : figureOf(trial, name) !== undefined,
    ),
  );
}

/** In the order of tables: the known ones, then those that a project named, as given. */
export function sortMetrics(names: readonly MetricName[]): MetricName[] {
  const place = (name: MetricName): number => {
    const at = METRICS.findIndex((metric) => metric.name === name);
    return at < 0 ? METRICS.length : at;
  };
  return [...names].sort((a, b) => place(a) - place(b));
}
