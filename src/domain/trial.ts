/** What one measurement yields: plain data that travels from the runner over stdio into the database. */

export type Side = 'base' | 'head';
export const SIDES: readonly Side[] = ['base', 'head'];

/** `explore`: pairs that decide; `confirm`: fresh pairs that must repeat an alarm. */
export type Stage = 'explore' | 'confirm';

/** One start, warm, load, stop of one side that worked. */
export interface Trial {
  /** Spawn to first 2xx on the ready path. */
  startupMs: number;
  /** Requests answered in the measured phase; equal on both sides of a pair. */
  requests: number;
  /** CPU time of the process tree over the measured phase. */
  cpuUs: number;
  /** schedstat: nanoseconds from the scheduler; ticks: 10 ms steps, where schedstat is not to be had. */
  cpuSource: 'schedstat' | 'ticks';
  latencyMs: { mean: number; p50: number; p90: number; p99: number; max: number };
  /** HdrHistogram V2 compressed, base64; values are microseconds, 3 significant digits. */
  histogram: string;
  memoryPeakBytes: number;
}

/** Why a side gave no trial. The output tail is the service's own stdout and stderr. */
export interface TrialFailure {
  kind:
    | 'exited'
    | 'not-ready'
    | 'died-under-load'
    | 'error-answers'
    | 'timeout'
    | 'protocol-error'
    /** Not this side's fault: it was stopped because the other one failed. */
    | 'aborted';
  /** What was expected and what was found. */
  message: string;
  outputTail: string;
}

export type TrialOutcome = { state: 'ok'; trial: Trial } | { state: 'failed'; failure: TrialFailure };

/** Same requests, both sides, before any speed is looked at. */
export interface AnswerComparison {
  compared: number;
  different: number;
  /** The first request that differed, and how, cut short. */
  example?: { request: string; base: string; head: string };
}

/** One pair: one fresh process of each side, loaded in the same seconds. */
export interface Pair {
  scenario: string;
  /** 1-based within the scenario, over both stages. */
  pairNo: number;
  stage: Stage;
  /** Seed of all coins of this pair. */
  seed: number;
  /** Which side was started first. */
  first: Side;
  startedAt: string;
  wallMs: number;
  base: TrialOutcome;
  head: TrialOutcome;
  answers: AnswerComparison;
  /** Share of CPU time stolen by the hypervisor during the pair, 0..1; undefined where not known. */
  stealShare?: number;
}

/** Facts of the machine that go with every trial; unlike is never compared with unlike. */
export interface Environment {
  /** SHA-256 over the facts that must agree, hex. */
  fingerprint: string;
  machineId: string;
  cpuModel: string;
  cpuCount: number;
  memoryBytes: number;
  kernel: string;
  architecture: string;
  nodeVersion: string;
  libc: string;
  hugePages: string;
  malloc: 'huge-pages' | 'default';
  pinning: string;
  sandboxTier: 'none' | 'unshare' | 'bwrap';
  cpuSource: 'schedstat' | 'ticks';
  runnerVersion: string;
}
