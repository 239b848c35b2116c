import type { PhaseTimings, Run, RunProgress, RunResult } from '../domain/run.ts';

export type JudgedResult = Extract<RunResult, { kind: 'judged' }>;
export type FailedResult = Extract<RunResult, { kind: 'failed' }>;

/** A judged comparison, with GitHub or without: what comment, check and terminal have in common. */
export interface Comparison {
  result: JudgedResult;
  /** Branch, tag or commit that the base was taken from. */
  baseRef: string;
  /** How the base was found from it. */
  baseIs: 'merge-base' | 'first-parent';
  /** 0 for the first measurement of a head. */
  rerunNumber: number;
  timings?: PhaseTimings;
}

export interface QueueFacts {
  /** 1 is the next. */
  position: number;
  /** What a run of this repository takes; undefined before the first has ended. */
  typicalMs?: number;
  /** Workers of the run's pool that are alive. */
  workersAvailable: number;
}

/** All that the comment and the check of a run are made from: plain data, read in one go. */
export interface RunView {
  run: Run;
  result?: RunResult;
  progress?: RunProgress;
  timings?: PhaseTimings;
  /** While the run waits. */
  queue?: QueueFacts;
  urls: {
    /** Page of the run, when the installation has a public address. */
    runPage?: string;
    /** Where the comment commands are explained. */
    commands?: string;
  };
  /** An answer to somebody's command, one sentence. */
  notice?: string;
  /** What this pull request changes in perf-ci.yml, one line each; the base's is what judges. */
  configChanges?: string[];
  /** Further output to show when the run failed, newest last. */
  logs?: { name: string; tail: string }[];
}

/** The judged part of a view. */
export function comparisonOf(view: RunView, result: JudgedResult): Comparison {
  return {
    result,
    baseRef: view.run.baseRef,
    baseIs: view.run.kind === 'push' ? 'first-parent' : 'merge-base',
    rerunNumber: view.run.rerunNumber,
    ...(view.timings === undefined ? {} : { timings: view.timings }),
  };
}
