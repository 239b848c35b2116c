import type { ControlStanding, Plant } from './control.ts';
import type { ProfileDifference, SecondOpinion } from './diagnosis.ts';
import type { AnswerComparison, Environment, Side } from './trial.ts';
import type { Gate, Verdict } from './verdict.ts';

export type RunState =
  | 'received'
  | 'awaiting_approval'
  | 'queued'
  | 'dispatched'
  | 'leased'
  | 'reporting'
  | 'done'
  | 'failed'
  | 'timed_out'
  | 'cancelled'
  | 'superseded'
  | 'lost';

/** Where a leased run is. */
export type Phase = 'preparing' | 'building' | 'measuring' | 'analysing';

/**
 * Legal moves. The database holds the same table and a trigger that refuses others (migrations/0001); a test
 * compares the two. `leased -> queued` is a lease that ran out; terminal states never move.
 */
export const LEGAL_MOVES: Readonly<Record<RunState, readonly RunState[]>> = {
  received: ['awaiting_approval', 'queued', 'cancelled', 'superseded', 'failed', 'reporting'],
  awaiting_approval: ['queued', 'cancelled', 'superseded', 'failed'],
  queued: ['dispatched', 'leased', 'cancelled', 'superseded', 'failed'],
  dispatched: ['queued', 'leased', 'cancelled', 'superseded', 'failed'],
  leased: ['queued', 'reporting', 'failed', 'timed_out', 'cancelled', 'superseded', 'lost'],
  reporting: ['done'],
  done: [],
  failed: [],
  timed_out: [],
  cancelled: [],
  superseded: [],
  lost: [],
};

export const TERMINAL_STATES: readonly RunState[] = [
  'done',
  'failed',
  'timed_out',
  'cancelled',
  'superseded',
  'lost',
];

/** `control`: the base against itself, to see how good the installation is; it has neither comment nor check. */
export type RunKind = 'pull_request' | 'push' | 'control';

/** One comparison that somebody asked for, before it has a row. */
export interface RunRequest {
  kind: RunKind;
  installationId: string;
  repoId: string;
  repoFullName: string;
  /** Pull requests only. */
  pullNumber?: number;
  headSha: string;
  /** Tip of the base branch for pull requests, first parent for pushes. */
  baseSha: string;
  baseRef: string;
  headRef: string;
  /** True when the head lies in another repository: never run in this version. */
  fromFork: boolean;
  /** 0 for the first run of a head, +1 per asked re-run. */
  rerunNumber: number;
  /** Lower is sooner: 10 pull request, 50 trunk push. */
  priority: number;
  /** GitHub login and numeric id of who caused it, for the record. */
  actor: { id: string; login: string };
  /** Control runs only: what is put into the head. */
  plant?: Plant;
}

/** A run as the database knows it. */
export interface Run extends RunRequest {
  /** UUID. */
  id: string;
  /** Rises with creation; what is newer wins a comment. */
  sequence: string;
  pool: string;
  state: RunState;
  phase?: Phase;
  attempt: number;
  leaseEpoch: string;
  mergeBaseSha?: string;
  configHash?: string;
  createdAt: Date;
  startedAt?: Date;
  finishedAt?: Date;
}

/** Milliseconds spent, as far as the run came. */
export interface PhaseTimings {
  preparingMs?: number;
  buildingMs?: number;
  measuringMs?: number;
  analysingMs?: number;
}

/** How a run ended, with all that the comment needs. Stored with the run. */
export type RunResult =
  | {
      kind: 'judged';
      gate: Gate;
      verdicts: Verdict[];
      answers: { scenario: string; comparison: AnswerComparison }[];
      /** Why the measuring was not better than it was: noisy host, dropped pairs, no pinning. */
      notes: string[];
      /** What spoke against the machine before the first pair; by it margins were widened. Part of a sentence each. */
      hostFlags?: string[];
      /** The machine was too restless and measured on all the same. */
      hostUnfit?: true;
      environment: Environment;
      baseSha: string;
      headSha: string;
      /** Commits on the base branch that the head does not have. */
      commitsBehind?: number;
      pairsTotal: number;
      seed: number;
      /** What the pull request changes in perf-ci.yml, one line each; it was judged by the base's. */
      configChanges?: string[];
      /** After a confirmed slowdown: instructions a request, and where the time went. */
      secondOpinions?: SecondOpinion[];
      profiles?: ProfileDifference[];
      /** What the standing control says of the gating metrics. */
      controls?: ControlStanding[];
    }
  | { kind: 'skipped'; reason: string }
  | {
      kind: 'failed';
      /** Whose: a base that fails is not the pull request's fault. */
      blame: Side | 'infra' | 'config';
      phase: Phase | 'queueing';
      code: string;
      message: string;
      remedy?: string;
      /** Last lines of the output, plain text, hostile. */
      logTail?: string;
      scenario?: string;
    }
  | { kind: 'not_comparable'; reason: string }
  | { kind: 'not_configured'; baseRef: string; addedByHead: boolean }
  | { kind: 'fork' }
  | { kind: 'cancelled'; by: string }
  | { kind: 'superseded'; bySha: string };

/** Live numbers of a run for its progress line. */
export interface RunProgress {
  scenario?: string;
  scenarioNo?: number;
  scenarioCount?: number;
  pairsDone?: number;
  stage?: 'explore' | 'confirm';
}
