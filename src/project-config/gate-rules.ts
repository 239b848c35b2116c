/** Rules over gates: only metrics that the scenario has, and thresholds on the metric's own scale. */

import type { Scenario } from '../domain/benchmark.ts';
import { isMetricName, limitMsOf, metricOf, type CustomMetric, type MetricName } from '../domain/metric.ts';
import { metricsOfScenario } from '../domain/metrics-of-scenario.ts';
import { durationMs } from './duration.ts';
import { expectation } from './found.ts';
import { nearest } from './nearest.ts';
import type { ConfigPath, Finding } from './problem.ts';
import { duplicates, mappingAt, mappingsIn, textsIn, type Mapping } from './unchecked.ts';

/** Findings over the gates of a scenario, accepted or not. */
export function crossCheckGates(path: ConfigPath, scenario: Mapping): Finding[] {
  const metrics = metricsOfScenario(sketchOf(scenario));
  const findings = mappingsIn(scenario, 'gate').flatMap(({ index, mapping }) => {
    const { metric } = mapping;
    if (typeof metric !== 'string') return [];
    const place = [...path, 'gate', index];
    if (!metrics.some((name) => name === metric))
      return [{ path: [...place, 'metric'], ...notAmong(metric, metrics, scenario) }];
    return objectToThreshold(place, metric as MetricName, mapping['threshold']);
  });
  const names = textsIn(path, scenario, 'gate', 'metric');
  return [...findings, ...duplicates(names, 'duplicate metric', 'keep one threshold for each metric')];
}

/** As much of a scenario as its metrics depend on. */
function sketchOf(scenario: Mapping): Scenario {
  const load = mappingAt(scenario, 'load') ?? {};
  const limits = Array.isArray(load['slow_limits']) ? (load['slow_limits'] as unknown[]) : [];
  const slowLimitsMs = limits.flatMap((limit) => {
    const ms = typeof limit === 'string' ? durationMs(limit) : undefined;
    return ms === undefined ? [] : [ms];
  });
  const custom = mappingsIn(scenario, 'custom').flatMap(({ mapping }): CustomMetric[] => {
    const { name } = mapping;
    if (typeof name !== 'string') return [];
    return [{ name, title: name, unitLabel: '', better: 'lower', from: { kind: 'printed', after: '' } }];
  });
  return {
    name: '',
    kind: 'command' in scenario ? 'command' : 'grpc' in scenario ? 'grpc' : 'http',
    requests: [],
    load: {
      warmUpMs: 0,
      warmUpRequests: 0,
      connections: 0,
      measuredMs: 0,
      requestTimeoutMs: 0,
      slowLimitsMs,
      ...('open' in load ? { open: { ratePerSecond: 0, arrivals: 'fixed', durationMs: 0 } } : {}),
      ...('closed' in load ? { closed: { connections: 0, requests: 0 } } : {}),
    },
    custom,
    gates: [],
    budgetMs: 0,
  };
}

function notAmong(
  metric: string,
  metrics: readonly MetricName[],
  scenario: Mapping,
): { message: string; fix: string } {
  const message = expectation('a metric of this scenario', metric);
  const hint = isMetricName(metric) ? howToHave(metric, metrics, scenario) : undefined;
  if (hint !== undefined) return { message, fix: hint };
  const near = nearest(metric, metrics);
  const has = `this scenario has ${metrics.join(', ')}`;
  return { message: near === undefined ? message : `${message}; did you mean "${near}"?`, fix: has };
}

/** What to write so that the scenario has the metric; undefined where nothing would help. */
function howToHave(metric: MetricName, metrics: readonly string[], scenario: Mapping): string | undefined {
  if (metric.startsWith('custom_')) return `declare ${metric.slice('custom_'.length)} under custom`;
  const isCommand = 'command' in scenario;
  if (isCommand || ['cpu_time', 'wall_time', 'bytes_written'].includes(metric)) return undefined;
  const limitMs = limitMsOf(metric);
  // A duration in the file is whole milliseconds.
  if (limitMs !== undefined && !Number.isInteger(limitMs)) return undefined;
  const hasLimit = limitMs === undefined || metrics.includes(`latency_over_${limitMs}ms`);
  const needs = [
    ...(hasLimit ? [] : [`${limitMs}ms to load.slow_limits`]),
    ...(/^open_|^event_loop_delay$/.test(metric) ? ['load.open'] : []),
    ...(metric === 'throughput' ? ['load.closed'] : []),
    ...(metric === 'errors' ? ['load.open or load.closed'] : []),
  ];
  return needs.length === 0 ? undefined : `add ${needs.join(' and ')}`;
}

/** Thresholds in percent and in points are this at most; one in a unit of its own can be as large as its metric. */
const MOST_PARTS = 100;
const MOST_UNITS = 1e12;

function objectToThreshold(path: ConfigPath, metric: MetricName, threshold: unknown): Finding[] {
  const { scale } = metricOf(metric);
  const place = [...path, 'threshold'];
  const rule = {
    ratio: 'a percent between 0.1 and 100',
    share: 'percentage points between 0.01 and 100',
    difference: `a difference in the unit of ${metric}, above 0 and at most 1e12`,
  }[scale];
  if (threshold === undefined)
    return scale === 'ratio' ? [] : [{ path: place, message: expectation(rule, undefined) }];
  // What is no number above 0 is refused by the schema already.
  if (typeof threshold !== 'number' || !Number.isFinite(threshold) || threshold <= 0) return [];
  const [least, most] = { ratio: [0.1, MOST_PARTS], share: [0.01, MOST_PARTS], difference: [0, MOST_UNITS] }[
    scale
  ] as [number, number];
  return threshold >= least && threshold <= most
    ? []
    : [{ path: place, message: expectation(rule, threshold) }];
}

/** The threshold in the words of the domain: a ratio or share as 0.03 for 3, a difference as it is written. */
export function thresholdOf(metric: MetricName, written: number): number {
  return metricOf(metric).scale === 'difference' ? written : written / 100;
}
