import type { Scenario } from './benchmark.ts';
import { METRICS, type MetricName } from './metric.ts';

const COMMAND_METRICS: readonly MetricName[] = ['cpu_time', 'wall_time', 'memory_peak', 'bytes_written'];
const NEEDS_OPEN = /^open_|^event_loop_delay$/;

/** The metrics that a pair of `scenario` can yield, in the order in which tables show them. */
export function metricsOfScenario(scenario: Scenario): MetricName[] {
  const own = (scenario.custom ?? []).map(({ name }): MetricName => `custom_${name}`);
  if (scenario.kind === 'command') return [...COMMAND_METRICS, ...own];
  const { open, closed, slowLimitsMs = [] } = scenario.load;
  const known = METRICS.map(({ name }) => name).filter((name) => {
    if (name === 'wall_time' || name === 'cpu_time' || name === 'bytes_written') return false;
    if (NEEDS_OPEN.test(name)) return open !== undefined;
    if (name === 'throughput') return closed !== undefined;
    if (name === 'errors') return open !== undefined || closed !== undefined;
    return true;
  });
  const limits = slowLimitsMs.flatMap((limit): MetricName[] => [
    `latency_over_${limit}ms`,
    ...(open === undefined ? [] : ([`open_latency_over_${limit}ms`] as const)),
  ]);
  return [...known, ...limits, ...own];
}
