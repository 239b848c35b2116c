import type { MetricName } from '../domain/metric.ts';

interface MetricWords {
  /** Begins a headline. */
  worse: string;
  better: string;
  /** How a worse pair is called: `12 of 12 pairs slower`. */
  pairWorse: string;
  pairBetter: string;
}

const SPEED: MetricWords = { worse: 'Slower', better: 'Faster', pairWorse: 'slower', pairBetter: 'faster' };
const MEMORY: MetricWords = sized('More memory', 'Less memory');
/** Where no closer word fits: numbers that a project names itself. */
const ANY: MetricWords = { worse: 'Worse', better: 'Better', pairWorse: 'worse', pairBetter: 'better' };

const WORDS: Partial<Record<MetricName, MetricWords>> = {
  memory_peak: MEMORY,
  memory_after_gc: MEMORY,
  memory_growth: sized('More memory growth', 'Less memory growth'),
  startup: { ...SPEED, worse: 'Slower start', better: 'Faster start' },
  answer_bytes: sized('Larger answers', 'Smaller answers'),
  errors: { ...ANY, worse: 'More errors', better: 'Fewer errors' },
  event_loop_delay: {
    worse: 'Longer event-loop delay',
    better: 'Shorter event-loop delay',
    pairWorse: 'longer',
    pairBetter: 'shorter',
  },
  bytes_written: sized('More bytes written', 'Fewer bytes written'),
};

/** The words for a metric: more memory is not slower, and less throughput is. */
export function metricWords(name: MetricName): MetricWords {
  if (name.startsWith('custom_')) return ANY;
  if (name.includes('latency_over_')) {
    return { ...ANY, worse: 'More slow requests', better: 'Fewer slow requests' };
  }
  return WORDS[name] ?? SPEED;
}

function sized(worse: string, better: string): MetricWords {
  return { worse, better, pairWorse: 'larger', pairBetter: 'smaller' };
}
