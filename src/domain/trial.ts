/** What one measurement yields: plain data that travels from the runner over stdio into the database. */
import type { MetricName } from './metric.ts';

export type Side = 'base' | 'head';
export const SIDES: readonly Side[] = ['base', 'head'];

/** `explore`: pairs that decide; `confirm`: fresh pairs that must repeat an alarm. */
export type Stage = 'explore' | 'confirm';

/**
 * Where CPU time is read. `schedstat`: nanoseconds from the scheduler, living threads. `cgroup`: the accounting of a
 * control group of the service's own, exited children included. `rusage`: what the kernel tells who waited for the
 * process, 1 ms steps here. `ticks`: 10 ms steps, where nothing better is to be had.
 */
export type CpuSource = 'schedstat' | 'cgroup' | 'rusage' | 'ticks';

/** One start, warm, load, stop of one side that worked. */
export interface Trial {
  /** From spawn to ready (a 2xx answer on the ready path, or an accepted connection). */
  startupMs: number;
  /** Requests answered in the measured phase; equal on both sides of a pair. */
  requests: number;
  /** CPU time of the process tree over the measured phase. */
  cpuUs: number;
  cpuSource: CpuSource;
  latencyMs: { mean: number; p50: number; p90: number; p99: number; max: number };
  /** HdrHistogram V2 compressed, base64; values are microseconds, 3 significant digits. */
  histogram: string;
  /** Of the open loop, from the intended send time; the same encoding. */
  openHistogram?: string;
  memoryPeakBytes: number;
  /** Every further figure, in the unit of its metric. What could not be had is left out. */
  figures?: Partial<Record<MetricName, number>>;
  /** Behind the figures that are shares: how many of how many. */
  counts?: Partial<Record<MetricName, { hits: number; of: number }>>;
  /** Whether the load generator kept its open rate; without it the open figures prove nothing and are not judged. */
  generator?: GeneratorProof;
  /** What is missing or second best in this trial and why, one sentence each. */
  notes?: string[];
}

/** Proof that an open-loop generator did what it was told. */
export interface GeneratorProof {
  keptUp: boolean;
  offered: number;
  sent: number;
  /** How much later than intended requests were sent. */
  lateP99Ms: number;
  lateMaxMs: number;
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
  /** Of the different ones: those that differ already in status, and in the shape of their JSON. */
  statusDifferent?: number;
  shapeDifferent?: number;
  /** Bytes of all compared bodies. */
  bytes?: { base: number; head: number };
  ranking?: RankingComparison;
}

/** How alike two rankings are, over the compared requests. */
export interface RankingComparison {
  k: number;
  /** Mean and worst share of the first k items that both sides have, whatever their order (overlap@k). */
  overlap: number;
  worstOverlap: number;
  /** Requests whose first k items are the same in another order. */
  reordered: number;
  /** Largest difference of the scores of one item, in the unit of the scores; undefined without scores. */
  largestScoreDifference?: number;
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
  cpuSource: CpuSource;
  runnerVersion: string;
}
