import { type Run, type RunRequest, TERMINAL_STATES } from '../domain/run.ts';
import { type Decision, type Ignore, ignore, type NoteInstallation } from './decision.ts';
import type {
  CheckRunEvent,
  InstallationEvent,
  InstallationRepositoriesEvent,
  PullRequestEvent,
  PushEvent,
} from '../domain/github-event.ts';
import type { InstallationState, PullRequestFacts } from './ports.ts';
import {
  BY_CLOSING,
  isBeingMeasured,
  isFork,
  type PullFacts,
  PUSH_PRIORITY,
  runOfHead,
  standingOf,
} from './pull-standing.ts';

/** How often an event is put off because GitHub's answer looks older than the event itself. */
const MOST_PATIENCE = 3;

/**
 * What to do about an event of a pull request. The event is a hint only: what counts is the pull request as GitHub
 * knows it now, so the order in which events arrive does not matter.
 */
export function planPullRequest(
  event: PullRequestEvent,
  facts: PullFacts & { attempts: number; installation: InstallationState | undefined },
): Decision {
  const { pull, latest } = facts;
  const patient = facts.attempts < MOST_PATIENCE;
  if (pull === undefined) {
    return patient && facts.installation === 'active' && event.action === 'opened'
      ? { kind: 'later', reason: 'GitHub does not show the pull request yet' }
      : notVisible(facts.installation);
  }
  if (pull.baseRepoId !== event.repo.id) return ignore(OTHER_REPOSITORY);
  if (patient && isBehind(event, pull)) {
    return { kind: 'later', reason: 'GitHub shows the pull request as it was before this event' };
  }

  const repoId = event.repo.id;
  if (pull.state === 'closed') {
    return { kind: 'cancel-open', repoId, pullNumber: event.number, by: BY_CLOSING };
  }
  if (pull.draft) return ignore('draft: it is measured when it is ready for review');

  if (standingOf(latest, pull) === 'covered') return ignore('the newest commit has a run already');
  return runOfHead(event, { ...pull, number: event.number }, facts);
}

/** Whether a pull request event can be told to be without consequence before anything is read. */
export function isIdleEdit(event: PullRequestEvent): boolean {
  return event.action === 'edited' && !event.baseChanged;
}

/** What to do about a push, given the pushed commit as GitHub knows it. */
export function planPush(
  event: PushEvent,
  facts: {
    commit: { parents: readonly string[] } | undefined;
    attempts: number;
    installation: InstallationState | undefined;
  },
): Decision {
  if (!isTrunkPush(event)) return ignore('not a push to the default branch');
  if (facts.commit === undefined) {
    return facts.attempts < MOST_PATIENCE && facts.installation === 'active'
      ? { kind: 'later', reason: 'GitHub does not show the pushed commit yet' }
      : notVisible(facts.installation);
  }
  const [baseSha] = facts.commit.parents;
  if (baseSha === undefined) return ignore('the first commit has no parent to compare with');

  const branch = event.repo.defaultBranch;
  return {
    kind: 'run',
    request: {
      kind: 'push',
      installationId: event.installationId,
      repoId: event.repo.id,
      repoFullName: event.repo.fullName,
      headSha: event.afterSha,
      baseSha,
      baseRef: branch,
      headRef: branch,
      fromFork: false,
      rerunNumber: 0,
      priority: PUSH_PRIORITY,
      actor: { id: event.actor.id, login: event.actor.login },
    },
  };
}

/** Whether a push went to the default branch. */
export function isTrunkPush(event: PushEvent): boolean {
  return event.ref === `refs/heads/${event.repo.defaultBranch}`;
}

/** What to do when somebody presses "Re-run" on the check of `run`. */
export function planRerequest(
  event: CheckRunEvent,
  run: Run,
  facts: PullFacts & { mayWrite: boolean },
): Decision {
  if (!facts.mayWrite) return ignore('whoever asked for a re-run has no write access');
  if (run.kind === 'push') {
    if (!TERMINAL_STATES.includes(run.state)) return ignore('the commit is being measured already');
    return { kind: 'run', request: rerunOfPush(event, run, facts.rerunNumber) };
  }

  const { pull, latest } = facts;
  if (pull === undefined || run.pullNumber === undefined) return notVisible('active');
  if (pull.baseRepoId !== event.repo.id) return ignore(OTHER_REPOSITORY);
  if (pull.state === 'closed') return ignore('the pull request is closed');
  if (pull.headSha !== run.headSha) return ignore('the pull request has a newer commit');
  if (isFork(pull)) return ignore('pull requests from forks are not run in this version');
  if (isBeingMeasured(latest, pull)) return ignore('the commit is being measured already');
  return runOfHead(event, { ...pull, number: run.pullNumber }, facts);
}

/** What to note about an installation. A removed one never comes back: a new installation has a new id. */
export function planInstallation(
  event: InstallationEvent | InstallationRepositoriesEvent,
  known: InstallationState | undefined,
): NoteInstallation | Ignore {
  const { installationId, accountLogin } = event;
  if (event.event === 'installation' && event.action === 'deleted') {
    const removed = event.repositories;
    return { kind: 'installation', installationId, accountLogin, state: 'removed', added: [], removed };
  }
  if (known === 'removed') return ignore('the installation was removed');
  if (event.event === 'installation_repositories') {
    const { added, removed } = event;
    return { kind: 'installation', installationId, accountLogin, state: known ?? 'active', added, removed };
  }
  const state = event.action === 'suspend' ? 'suspended' : 'active';
  const added = event.action === 'created' ? event.repositories : [];
  return { kind: 'installation', installationId, accountLogin, state, added, removed: [] };
}

const OTHER_REPOSITORY = 'the name of the repository belongs to another one now';

function notVisible(installation: InstallationState | undefined): Ignore {
  return ignore(installation === undefined ? 'unknown installation' : 'GitHub does not show it to the App');
}

/** Whether GitHub's answer looks like the state before the event. It may also be true, so patience has an end. */
function isBehind(event: PullRequestEvent, pull: PullRequestFacts): boolean {
  switch (event.action) {
    case 'synchronize':
      return event.beforeSha === pull.headSha && event.headSha !== pull.headSha;
    case 'closed':
      return pull.state === 'open';
    case 'reopened':
      return pull.state === 'closed';
    case 'ready_for_review':
      return pull.draft;
    default:
      return false;
  }
}

function rerunOfPush(event: CheckRunEvent, run: Run, rerunNumber: number): RunRequest {
  const { kind, repoId, headSha, baseSha, baseRef, headRef, fromFork, priority } = run;
  return {
    kind,
    repoId,
    headSha,
    baseSha,
    baseRef,
    headRef,
    fromFork,
    priority,
    rerunNumber,
    installationId: event.installationId,
    repoFullName: event.repo.fullName,
    actor: { id: event.actor.id, login: event.actor.login },
  };
}
