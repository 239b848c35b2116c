import { type Run, type RunRequest, TERMINAL_STATES } from '../domain/run.ts';
import type { StartRun } from './decision.ts';
import type { FromRepository } from '../domain/github-event.ts';
import type { PullRequestFacts } from './ports.ts';

/** Reasons in the place of a login where no person cancelled. A login has no spaces. */
export const BY_CLOSING = 'pull request closed';
export const BY_NEW_BASE = 'base branch changed';
export const BY_REMOVAL = 'App removed from the repository';

const NOT_BY_A_PERSON: readonly (string | undefined)[] = [BY_CLOSING, BY_NEW_BASE, BY_REMOVAL];

export const PULL_REQUEST_PRIORITY = 10;
export const PUSH_PRIORITY = 50;

/** The newest run of a pull request, with who or what cancelled it. */
export interface LatestRun {
  run: Run;
  cancelledBy: string | undefined;
}

/** What is known of a pull request when an event of it is planned. */
export interface PullFacts {
  /** Undefined: not there, or not visible to the installation. */
  pull: PullRequestFacts | undefined;
  latest: LatestRun | undefined;
  /** Number that the next run of the head would get. */
  rerunNumber: number;
}

/**
 * How the newest run stands to the pull request as it is now. `covered`: it is a run of this head against this
 * base, or a person cancelled that; a new one needs somebody to ask for it.
 */
export function standingOf(
  latest: LatestRun | undefined,
  pull: PullRequestFacts,
): 'covered' | 'uncovered' | 'base-changed' {
  if (latest === undefined || latest.run.headSha !== pull.headSha) return 'uncovered';
  if (latest.run.baseRef !== pull.baseRef) return 'base-changed';
  if (latest.run.state === 'superseded') return 'uncovered';
  return NOT_BY_A_PERSON.includes(latest.cancelledBy) ? 'uncovered' : 'covered';
}

/** Whether the newest run is of this head and base and has no answer yet. */
export function isBeingMeasured(latest: LatestRun | undefined, pull: PullRequestFacts): boolean {
  return (
    latest !== undefined &&
    standingOf(latest, pull) === 'covered' &&
    latest.run.state !== 'reporting' &&
    !TERMINAL_STATES.includes(latest.run.state)
  );
}

/** Whether the head lies elsewhere; a deleted fork counts. */
export function isFork(pull: PullRequestFacts): boolean {
  return pull.headRepoId !== pull.baseRepoId;
}

/** The run that a pull request's head gets now, or the reason why it is not run. */
export function runOfHead(
  event: FromRepository,
  pull: PullRequestFacts & { number: number },
  facts: { latest: LatestRun | undefined; rerunNumber: number },
): StartRun {
  const kind = pull.headRepoId === undefined ? 'fork-deleted' : isFork(pull) ? 'fork' : 'run';
  const request = pullRequestRun(event, pull, facts.rerunNumber);
  const rebased = standingOf(facts.latest, pull) === 'base-changed';
  return rebased ? { kind, request, cancelFirst: BY_NEW_BASE } : { kind, request };
}

function pullRequestRun(
  event: FromRepository,
  pull: PullRequestFacts & { number: number },
  rerunNumber: number,
): RunRequest {
  return {
    kind: 'pull_request',
    installationId: event.installationId,
    repoId: event.repo.id,
    repoFullName: event.repo.fullName,
    pullNumber: pull.number,
    headSha: pull.headSha,
    baseSha: pull.baseSha,
    baseRef: pull.baseRef,
    headRef: pull.headRef,
    fromFork: isFork(pull),
    rerunNumber,
    priority: PULL_REQUEST_PRIORITY,
    actor: { id: event.actor.id, login: event.actor.login },
  };
}
