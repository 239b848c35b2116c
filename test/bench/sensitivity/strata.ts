/** What is planted, how often, by which configuration it is judged, and which metric has to see it. */
import type { GateSpec } from '../../../src/domain/benchmark.ts';
import type { Plant } from '../../../src/domain/control.ts';
import type { MetricName } from '../../../src/domain/metric.ts';

/**
 * `default`: the scenario as perf-ci.yml of this repository has it, CPU per request gates alone. `careful`: a project that
 * also gates on slow answers, memory and start-up; four metrics share one error rate.
 */
export type ConfigName = 'default' | 'careful';

/** Over so many milliseconds an answer counts as slow in the careful configuration. */
export const SLOW_LIMIT_MS = 10;

export const CAREFUL_GATES: readonly GateSpec[] = [
  { metric: 'cpu_per_request', threshold: 0.03 },
  { metric: `latency_over_${SLOW_LIMIT_MS}ms`, threshold: 0.005 },
  { metric: 'memory_after_gc', threshold: 0.05 },
  { metric: 'startup', threshold: 0.2 },
];

/** What the head of a job gets. */
export type Defect =
  | { kind: 'none' }
  /** Further candidates that the service scores, as many as cost this share of the CPU time of a request. */
  | { kind: 'work'; share: number }
  | { kind: 'preload'; plant: Plant }
  /** By this share of the start-up time that the calibration found. */
  | { kind: 'later-start'; share: number };

export interface Stratum {
  name: string;
  title: string;
  config: ConfigName;
  defect: Defect;
  /** Jobs in one round of the plan. */
  jobs: number;
  /** Which metric has to be called `regressed`; undefined: none may be. */
  finder?: MetricName;
  /** Whether autocannon has a figure that could show it. */
  hasRivals: boolean;
}

function work(percent: number, jobs: number): Stratum {
  return {
    name: `cpu-${percent}`,
    title: `CPU +${percent} %`,
    config: 'default',
    defect: { kind: 'work', share: percent / 100 },
    jobs,
    finder: 'cpu_per_request',
    hasRivals: true,
  };
}

export const STRATA: readonly Stratum[] = [
  { name: 'aa', title: 'nothing', config: 'default', defect: { kind: 'none' }, jobs: 32, hasRivals: true },
  work(1, 10),
  work(2, 10),
  work(3, 20),
  work(5, 10),
  {
    name: 'aa-careful',
    title: 'nothing',
    config: 'careful',
    defect: { kind: 'none' },
    jobs: 8,
    hasRivals: false,
  },
  {
    name: 'stall',
    title: '1 % of answers +20 ms',
    config: 'careful',
    defect: { kind: 'preload', plant: { kind: 'stall', share: 0.01, delayMs: 20 } },
    jobs: 10,
    finder: `latency_over_${SLOW_LIMIT_MS}ms`,
    hasRivals: true,
  },
  {
    name: 'leak',
    title: 'leak of 2 KiB a request',
    config: 'careful',
    defect: { kind: 'preload', plant: { kind: 'leak', bytesPerRequest: 2048 } },
    jobs: 10,
    finder: 'memory_after_gc',
    hasRivals: false,
  },
  {
    name: 'slow-start',
    title: 'start-up +30 %',
    config: 'careful',
    defect: { kind: 'later-start', share: 0.3 },
    jobs: 10,
    finder: 'startup',
    hasRivals: false,
  },
];
