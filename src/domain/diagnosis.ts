/** What is found when a confirmed slowdown is looked at more closely; reported beside the verdict, never gating. */

/** Instructions a request by valgrind: a second opinion for CPU-bound changes. */
export interface SecondOpinion {
  scenario: string;
  state: 'counted' | 'not-possible';
  /** Instructions a request, from the slope between two request counts. */
  basePerRequest?: number;
  headPerRequest?: number;
  /** Relative change, 0.03 is 3 % more. */
  change?: number;
  /** Why not, or what limits it. */
  why?: string;
  wallMs: number;
}

/** One function in a comparison of two profiles. */
export interface FrameDifference {
  /** Name as the profiler gives it; hostile. */
  name: string;
  /** File inside the repository, or what the profiler calls it; hostile. */
  file: string;
  line?: number;
  /** Microseconds of self time a request. */
  baseUs: number;
  headUs: number;
  /** The pull request touches this file. */
  touched: boolean;
}

/** Where the time went: both sides under a CPU profiler, equal load. */
export interface ProfileDifference {
  scenario: string;
  state: 'profiled' | 'not-possible';
  profiler: 'v8' | 'perf' | 'none';
  why?: string;
  /** Requests each side answered while it was profiled. */
  requests: number;
  /** Largest absolute difference first, at most 50. */
  frames: FrameDifference[];
  wallMs: number;
}

/** A profile as it is kept: gzip of a V8 .cpuprofile or of a speedscope file. */
export interface ProfileFile {
  scenario: string;
  name: 'base' | 'head' | 'difference';
  format: 'cpuprofile' | 'speedscope';
  gzip: Buffer;
}
