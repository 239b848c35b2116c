/** What is measured: scenarios and the service or command under test, as every room sees them. */
import type { CustomMetric, MetricName } from './metric.ts';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** One request to the service; the host is fixed by the runner. */
export interface RequestSpec {
  method: HttpMethod;
  /**
   * Path and query, starting with one slash, already percent-encoded. In path, headers and body `{{name}}` stands for what
   * the set-up request captured under that name.
   */
  path: string;
  headers: Record<string, string>;
  /** UTF-8 text. */
  body?: string;
  /** Instead of `body`: any bytes, base64. */
  bodyBase64?: string;
  /** How often it is sent for each time that a request of weight 1 is; a whole number from 1, default 1. */
  weight?: number;
  /** Statuses that are right answers; default every 2xx. */
  expect?: number[];
}

/** One unary call; messages are JSON by the names of the proto file. */
export interface GrpcSpec {
  /** Text of the .proto file. It may import nothing but google/protobuf. */
  proto: string;
  /** Full name, e.g. `ranking.v1.Ranker`. */
  service: string;
  method: string;
  /** At least one. */
  messages: { message: unknown; weight?: number }[];
}

/** A batch job instead of a service: started, waited for, measured as a whole. */
export interface CommandSpec {
  command: string[];
  env: Record<string, string>;
  /** Run before each trial and not measured, e.g. to make its input; empty: nothing. */
  prepare: string[];
  timeoutMs: number;
  /** Files that it writes, relative to its directory; their bytes are compared as its answers. */
  outputs: string[];
}

/** A request before the trials whose answer gives values for the others, such as a login token. */
export interface SetupSpec {
  request: RequestSpec;
  capture: {
    name: string;
    from: 'json' | 'header';
    /** JSON pointer (RFC 6901), or the header's name. */ at: string;
  }[];
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
  /** Default http1. */
  protocol?: 'http1' | 'http2';
  /** False: a new connection for each request. Default true. */
  keepAlive?: boolean;
  /** Limits in milliseconds whose share of slower requests is reported. */
  slowLimitsMs?: number[];
  /** A phase at a fixed rate that waits for no answer. */
  open?: OpenLoadSpec;
  /** A phase in which each of so many connections sends its next request when it has its answer. */
  closed?: ClosedLoadSpec;
  /** Whether memory after GC and growth are asked of Node services; default true. */
  memoryAfterGc?: boolean;
}

export interface OpenLoadSpec {
  /** Requests a second to each side while it is its turn. */
  ratePerSecond: number;
  arrivals: 'poisson' | 'fixed';
  /** For each side, in slices that take turns. */
  durationMs: number;
}

export interface ClosedLoadSpec {
  connections: number;
  /** Requests to each side, in slices that take turns. */
  requests: number;
}

/** Which metrics decide, and at which change for the worse the gate fails. */
export interface GateSpec {
  metric: MetricName;
  /**
   * On the metric's scale. `ratio`: relative, 0.03 is 3 %. `share`: a difference of shares, 0.005 is half a percentage
   * point. `difference`: in the metric's own unit, e.g. bytes a request.
   */
  threshold: number;
}

export interface Scenario {
  name: string;
  /** Why this scenario exists, one sentence. */
  why?: string;
  /** Default http. A grpc scenario has `grpc` and no requests, a command scenario `command` and no requests. */
  kind?: 'http' | 'grpc' | 'command';
  /** At least one for http; sent in a seeded order, both sides the same. */
  requests: RequestSpec[];
  /** Sent while warming up instead of `requests`. */
  warmUpRequests?: RequestSpec[];
  setup?: SetupSpec;
  grpc?: GrpcSpec;
  command?: CommandSpec;
  load: LoadSpec;
  custom?: CustomMetric[];
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
  /** Empty when every scenario is a command. */
  start: string[];
  /** `auto`: the runner picks two free ports and passes PORT. */
  port: 'auto' | number;
  readyPath: string;
  /** Default http: a 2xx answer on `readyPath`. tcp: the port accepts a connection. */
  readyBy?: 'http' | 'tcp';
  readyTimeoutMs: number;
  env: Record<string, string>;
  /** Huge pages for malloc on both sides where glibc has the tunable. */
  hugePages: boolean;
}

/** How answers that are rankings are compared: where the list is, what identifies an item, how it was scored. */
export interface RankingAnswers {
  /** JSON pointer to the list of items or ids, best first. */
  items: string;
  /** JSON pointer inside an item to its id; '' when the items are ids themselves. */
  id: string;
  /** JSON pointer to a list of scores in the same order, or inside an item to its score. */
  scores?: { kind: 'list' | 'in-item'; at: string };
  /** The first so many items are compared. */
  k: number;
}

/** What is looked at more closely once a slowdown is confirmed. */
export interface DiagnosisSpec {
  /** Both sides once more under a CPU profiler. */
  profile: boolean;
  /** Instructions counted by valgrind, where it is installed. */
  instructions: boolean;
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
    ranking?: RankingAnswers;
  };
  /** Default both. */
  diagnosis?: DiagnosisSpec;
  /** Worker pool that measures this project. */
  pool: string;
}
