import type { MetricName } from '../domain/benchmark.ts';

interface MetricWords {
  /** Begins a headline. */
  worse: string;
  better: string;
  /** How a worse pair is called: `12 of 12 pairs slower`. */
  pairWorse: string;
  pairBetter: string;
}

const SPEED: MetricWords = { worse: 'Slower', better: 'Faster', pairWorse: 'slower', pairBetter: 'faster' };

/** The words for each metric: more memory is not slower. */
export const METRIC_WORDS: Readonly<Record<MetricName, MetricWords>> = {
  cpu_per_request: SPEED,
  latency_p50: SPEED,
  latency_p90: SPEED,
  latency_p99: SPEED,
  memory_peak: { worse: 'More memory', better: 'Less memory', pairWorse: 'larger', pairBetter: 'smaller' },
  startup: { worse: 'Slower start', better: 'Faster start', pairWorse: 'slower', pairBetter: 'faster' },
};
