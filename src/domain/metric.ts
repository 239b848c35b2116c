/** The metrics: what each is called, its unit, which direction is better, how it is obtained. */

/** Percentiles that are reported of every latency distribution. */
export const PERCENTILES = [50, 90, 95, 99, 99.9] as const;

type Percentile = 'p50' | 'p90' | 'p95' | 'p99' | 'p999';

/** Metrics that exist for every project. */
export type KnownMetric =
  | 'cpu_per_request'
  | 'cpu_user_per_request'
  | 'cpu_system_per_request'
  | `latency_${Percentile}`
  | `open_latency_${Percentile}`
  | 'throughput'
  | 'memory_peak'
  | 'memory_after_gc'
  | 'memory_growth'
  | 'startup'
  | 'answer_bytes'
  | 'errors'
  | 'event_loop_delay'
  | 'wall_time'
  | 'cpu_time'
  | 'bytes_written';

/**
 * Metrics named by a project: the share of requests over a limit of its own, at one in flight or at a fixed open
 * rate, and numbers that its service prints or serves.
 */
export type ProjectMetric = `latency_over_${number}ms` | `open_latency_over_${number}ms` | `custom_${string}`;

export type MetricName = KnownMetric | ProjectMetric;

export type Unit = 'us' | 'ms' | 'bytes' | 'per-second' | 'share' | 'bytes-per-request' | 'number';

/**
 * How two sides are compared. `ratio`: by ln(head / base), the effect is relative. `share`: a part of counted
 * requests, by the exact conditional test on totals, the effect is a difference of shares. `difference`: may be zero or
 * negative, by head - base, the effect is in the metric's unit.
 */
export type Scale = 'ratio' | 'share' | 'difference';

export interface Metric {
  name: MetricName;
  /** As shown in tables. */
  title: string;
  /** Unit of stored values. */
  unit: Unit;
  better: 'lower' | 'higher';
  scale: Scale;
  /** How the figure is obtained, one sentence for the documents. */
  obtained: string;
  /** Whether a project may gate on it. Tails are 10 to 30 times noisier: they gate only when a project asks. */
  mayGate: boolean;
}

/** A number that the service itself gives. */
export interface CustomMetric {
  /** Without the prefix `custom_`: a letter, then letters, digits and _. */
  name: string;
  title: string;
  /** Shown behind the value, e.g. `%` or `rows`; '' for a bare number. */
  unitLabel: string;
  better: 'lower' | 'higher';
  /** Read after the measured phase, from both sides. */
  from:
    | { kind: 'served'; path: string; /** JSON pointer (RFC 6901) to a number. */ pointer: string }
    | {
        kind: 'printed';
        /** Literal text before the number on a line of stdout or stderr; the last such line counts. */ after: string;
      };
}

function percentileMetrics(prefix: 'latency' | 'open_latency', titlePrefix: string, where: string): Metric[] {
  return PERCENTILES.map((percentile) => ({
    name: `${prefix}_p${String(percentile).replace('.', '')}` as MetricName,
    title: `${titlePrefix}p${percentile}`,
    unit: 'ms',
    better: 'lower',
    scale: 'ratio',
    obtained: `${percentile === 50 ? 'median' : `${percentile}th percentile`} of the client-side latencies of a pair, ${where}`,
    mayGate: true,
  }));
}

const OPEN = 'requests sent at a fixed rate, from the moment at which each was meant to be sent';

/** Every metric that exists for all projects, in the order in which tables show them. */
export const METRICS: readonly Metric[] = [
  {
    name: 'cpu_per_request',
    title: 'CPU / request',
    unit: 'us',
    better: 'lower',
    scale: 'ratio',
    obtained:
      'CPU time of all threads of the process tree over the measured phase, exited children included, divided by the requests answered',
    mayGate: true,
  },
  {
    name: 'cpu_user_per_request',
    title: 'user CPU / request',
    unit: 'us',
    better: 'lower',
    scale: 'ratio',
    obtained: 'the part of CPU per request spent in the program itself (user mode)',
    mayGate: true,
  },
  {
    name: 'cpu_system_per_request',
    title: 'system CPU / request',
    unit: 'us',
    better: 'lower',
    scale: 'ratio',
    obtained: 'the part of CPU per request spent in the kernel on its behalf (system mode)',
    mayGate: true,
  },
  ...percentileMetrics('latency', '', 'one request in flight'),
  ...percentileMetrics('open_latency', 'open ', OPEN),
  {
    name: 'throughput',
    title: 'throughput',
    unit: 'per-second',
    better: 'higher',
    scale: 'ratio',
    obtained: 'answers a second of a closed loop at a fixed number of connections, sides taking turns',
    mayGate: true,
  },
  {
    name: 'memory_peak',
    title: 'peak memory',
    unit: 'bytes',
    better: 'lower',
    scale: 'ratio',
    obtained: 'sum of VmHWM over the process tree at the end of the measured phase, at equal request counts',
    mayGate: true,
  },
  {
    name: 'memory_after_gc',
    title: 'memory after GC',
    unit: 'bytes',
    better: 'lower',
    scale: 'ratio',
    obtained:
      'heap in use and memory outside the heap after a forced collection, asked of Node through its inspector after the measured phase',
    mayGate: true,
  },
  {
    name: 'memory_growth',
    title: 'growth / request',
    unit: 'bytes-per-request',
    better: 'lower',
    scale: 'difference',
    obtained: 'what memory after GC grows by over a further batch of requests, divided by their number',
    mayGate: true,
  },
  {
    name: 'startup',
    title: 'start-up',
    unit: 'ms',
    better: 'lower',
    scale: 'ratio',
    obtained: 'from spawn to ready (a 2xx answer on the ready path, or an accepted connection)',
    mayGate: true,
  },
  {
    name: 'answer_bytes',
    title: 'bytes / answer',
    unit: 'bytes',
    better: 'lower',
    scale: 'ratio',
    obtained: 'mean length of the answers’ bodies in the measured phase',
    mayGate: true,
  },
  {
    name: 'errors',
    title: 'errors',
    unit: 'share',
    better: 'lower',
    scale: 'share',
    obtained:
      'share of requests of the open and closed loops that failed, timed out or got another status than expected; in the measured phase one is enough to fail the side',
    mayGate: true,
  },
  {
    name: 'event_loop_delay',
    title: 'event-loop delay',
    unit: 'ms',
    better: 'lower',
    scale: 'ratio',
    obtained: '99th percentile of how late Node’s timers fire while the open loop runs (perf_hooks)',
    mayGate: true,
  },
  {
    name: 'wall_time',
    title: 'wall time',
    unit: 'ms',
    better: 'lower',
    scale: 'ratio',
    obtained: 'from the start of a command to its end',
    mayGate: true,
  },
  {
    name: 'cpu_time',
    title: 'CPU time',
    unit: 'us',
    better: 'lower',
    scale: 'ratio',
    obtained: 'user and system time of a command and of all that it started and waited for',
    mayGate: true,
  },
  {
    name: 'bytes_written',
    title: 'bytes written',
    unit: 'bytes',
    better: 'lower',
    scale: 'ratio',
    obtained: 'bytes that a command and what it waited for handed to write calls (/proc/PID/io, wchar)',
    mayGate: true,
  },
];

const OVER = /^(open_)?latency_over_(\d{1,5}(?:\.\d{1,3})?)ms$/;
const CUSTOM = /^custom_([A-Za-z]\w{0,40})$/;

/** The limit in milliseconds of a `latency_over_...` metric; undefined for others. */
export function limitMsOf(name: string): number | undefined {
  const limit = OVER.exec(name)?.[2];
  return limit === undefined ? undefined : Number(limit);
}

/** Whether `name` is the name of a metric. */
export function isMetricName(name: string): name is MetricName {
  return METRICS.some((metric) => metric.name === name) || OVER.test(name) || CUSTOM.test(name);
}

/**
 * The metric called `name`.
 * @param custom the numbers that the scenario's service gives; a custom metric that is not among them is
 *   described as a bare number, lower is better
 * @throws RangeError for a name that is none
 */
export function metricOf(name: MetricName, custom: readonly CustomMetric[] = []): Metric {
  const known = METRICS.find((metric) => metric.name === name);
  if (known !== undefined) return known;
  const limitMs = limitMsOf(name);
  if (limitMs !== undefined) {
    const isOpen = name.startsWith('open_');
    return {
      name,
      title: `${isOpen ? 'open ' : ''}over ${limitMs} ms`,
      unit: 'share',
      better: 'lower',
      scale: 'share',
      obtained: `share of the requests that took more than ${limitMs} ms, ${isOpen ? OPEN : 'one request in flight'}`,
      mayGate: true,
    };
  }
  const own = CUSTOM.exec(name)?.[1];
  if (own === undefined) throw new RangeError(`unknown metric ${name}`);
  const spec = custom.find((candidate) => candidate.name === own);
  return {
    name,
    title: spec?.title ?? own,
    unit: 'number',
    better: spec?.better ?? 'lower',
    scale: 'difference',
    obtained: 'a number that the service itself prints or serves, read after the measured phase',
    mayGate: true,
  };
}
