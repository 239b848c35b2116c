/** What is measured: metrics, scenarios and the service under test, as every room sees them. */

export type MetricName =
  'cpu_per_request' | 'latency_p50' | 'latency_p90' | 'latency_p99' | 'memory_peak' | 'startup';

export interface Metric {
  name: MetricName;
  /** As shown in tables. */
  title: string;
  /** Unit of stored values. */
  unit: 'us' | 'ms' | 'bytes';
  better: 'lower';
  /** How the figure is obtained, one sentence for the documents. */
  obtained: string;
  /** Whether a project may gate on it in this version (tails are 10 to 30 times noisier: shown, not gated). */
  mayGate: boolean;
}

/** Every metric, in the order in which tables show them. */
export const METRICS: readonly Metric[] = [
  {
    name: 'cpu_per_request',
    title: 'CPU / request',
    unit: 'us',
    better: 'lower',
    obtained:
      'CPU time of all threads of the process tree over the measured phase (schedstat, nanoseconds), divided by the requests answered',
    mayGate: true,
  },
  {
    name: 'latency_p50',
    title: 'p50',
    unit: 'ms',
    better: 'lower',
    obtained: 'median of the client-side latencies of a pair, one request in flight',
    mayGate: true,
  },
  {
    name: 'latency_p90',
    title: 'p90',
    unit: 'ms',
    better: 'lower',
    obtained: '90th percentile of the client-side latencies of a pair, one request in flight',
    mayGate: false,
  },
  {
    name: 'latency_p99',
    title: 'p99',
    unit: 'ms',
    better: 'lower',
    obtained: '99th percentile of the client-side latencies of a pair, one request in flight',
    mayGate: false,
  },
  {
    name: 'memory_peak',
    title: 'peak memory',
    unit: 'bytes',
    better: 'lower',
    obtained: 'sum of VmHWM over the process tree at the end of the measured phase, at equal request counts',
    mayGate: true,
  },
  {
    name: 'startup',
    title: 'start-up',
    unit: 'ms',
    better: 'lower',
    obtained: 'from spawn to the first 2xx answer on the ready path',
    mayGate: true,
  },
];

/** The metric called `name`. */
export function metricOf(name: MetricName): Metric {
  const found = METRICS.find((metric) => metric.name === name);
  if (found === undefined) throw new RangeError(`unknown metric ${name}`);
  return found;
}

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** One HTTP request to the service; the host is fixed by the runner. */
export interface RequestSpec {
  method: HttpMethod;
  /** Path and query, starting with one slash, already percent-encoded. */
  path: string;
  headers: Record<string, string>;
  /** UTF-8 text. */
  body?: string;
}

/** How one pair of a scenario is loaded. */
export interface LoadSpec {
  /** Both must be reached before measuring starts, in equal counts on both sides. */
  warmUpMs: number;
  warmUpRequests: number;
  /** Connections per side during warm-up. */
  connections: number;
  /** Length of the measured phase of a pair, both sides together. */
  measuredMs: number;
  /** A request that takes longer than this is an error. */
  requestTimeoutMs: number;
}

/** Which metrics decide, and at which relative increase (0.03 is 3 %) the gate fails. */
export interface GateSpec {
  metric: MetricName;
  threshold: number;
}

export interface Scenario {
  name: string;
  /** Why this scenario exists, one sentence. */
  why?: string;
  /** At least one; sent in a seeded order, both sides the same. */
  requests: RequestSpec[];
  load: LoadSpec;
  gates: GateSpec[];
  /** Time for the pairs of this scenario, confirmation included, exceeded by one pair at most. */
  budgetMs: number;
}

/** How a tree becomes a running service. Commands are argument lists, never shell text. */
export interface ServiceSpec {
  /** Relative to the repository's root, no leading slash; '' is the root. */
  directory: string;
  build: string[][];
  buildTimeoutMs: number;
  start: string[];
  /** `auto`: the runner picks two free ports and passes PORT. */
  port: 'auto' | number;
  readyPath: string;
  readyTimeoutMs: number;
  env: Record<string, string>;
  /** Huge pages for malloc on both sides where glibc has the tunable. */
  hugePages: boolean;
}

/** A parsed perf-ci.yml. */
export interface ProjectConfig {
  version: 1;
  service: ServiceSpec;
  scenarios: Scenario[];
  /** Glob lists over changed paths; a pull request that changes nothing that matters is skipped. */
  paths: { include: string[]; ignore: string[] };
  answers: {
    /** Keys of JSON answers that may differ between two correct answers (timings, ids), at any depth. */
    ignoreKeys: string[];
    /** Requests whose answers are compared before measuring. */
    sample: number;
  };
  /** Worker pool that measures this project. */
  pool: string;
}
