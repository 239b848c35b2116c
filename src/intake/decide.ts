import { PerfCiError } from '../domain/errors.ts';
import { type Decision, ignore } from './decision.ts';
import type {
  CheckRunEvent,
  FromRepository,
  IssueCommentEvent,
  PullRequestEvent,
  PushEvent,
  RepositoryEvent,
} from '../domain/github-event.ts';
import { type MayCommand, planCommand, planRefusal, readCommand } from './plan-comment.ts';
import { isIdleEdit, isTrunkPush, planPullRequest, planPush, planRerequest } from './plan.ts';
import type {
  GitHubReads,
  InstallationState,
  IntakeLog,
  IntakeStore,
  Queryable,
  RepositoryPlace,
} from './ports.ts';
import type { PullFacts } from './pull-standing.ts';

export interface DecidePorts {
  store: IntakeStore;
  github: GitHubReads;
  /** Of our own GitHub App: its comments are not commands, and only its checks are re-run. */
  appId: string;
  log: IntakeLog;
}

export interface Circumstances {
  /** Tries of this delivery that failed so far. */
  attempts: number;
  installation: InstallationState | undefined;
}

/**
 * Reads the facts that an event of a repository needs, and plans. Nothing is written but what was last heard of the
 * pull request. That GitHub refuses us for good is a reason to ignore the event; any other failure is thrown.
 */
export async function decide(
  tx: Queryable,
  event: RepositoryEvent,
  circumstances: Circumstances,
  ports: DecidePorts,
): Promise<Decision> {
  try {
    switch (event.event) {
      case 'pull_request':
        return await decidePullRequest(tx, event, circumstances, ports);
      case 'push':
        return await decidePush(event, circumstances, ports);
      case 'issue_comment':
        return await decideComment(tx, event, ports);
      case 'check_run':
        return await decideRerequest(tx, event, ports);
    }
  } catch (error) {
    if (!(error instanceof PerfCiError) || error.code !== 'github-refused') throw error;
    ports.log.error({ repo: event.repo.fullName, error }, 'GitHub refuses to tell the App');
    return ignore(circumstances.installation === undefined ? 'unknown installation' : error.message);
  }
}

async function decidePullRequest(
  tx: Queryable,
  event: PullRequestEvent,
  circumstances: Circumstances,
  ports: DecidePorts,
): Promise<Decision> {
  if (isIdleEdit(event)) return ignore('edited: the base branch is the same');
  const facts = await readPullFacts(tx, event, event.number, ports);
  return planPullRequest(event, { ...facts, ...circumstances });
}

async function decidePush(
  event: PushEvent,
  circumstances: Circumstances,
  { github }: DecidePorts,
): Promise<Decision> {
  const commit = isTrunkPush(event)
    ? await github.readCommit({ ...placeOf(event), sha: event.afterSha })
    : undefined;
  return planPush(event, { ...circumstances, commit });
}

async function decideComment(tx: Queryable, event: IssueCommentEvent, ports: DecidePorts): Promise<Decision> {
  const read = readCommand(event, ports.appId);
  if (read.kind === 'ignore') return read;
  const refusal = planRefusal(event, await askMayCommand(event, event.author, ports));
  if (refusal !== undefined) return refusal;
  return planCommand(event, read.command, await readPullFacts(tx, event, event.issueNumber, ports));
}

async function decideRerequest(tx: Queryable, event: CheckRunEvent, ports: DecidePorts): Promise<Decision> {
  if (event.appId !== ports.appId) return ignore('a check of another App');
  if (event.actor.isBot) return ignore('asked for by a bot');
  const run = await ports.store.runByCheck(tx, event.repo.id, event.checkId);
  if (run === undefined) return ignore('no run has this check');

  const mayWrite = (await askMayCommand(event, event.actor, ports)) === 'yes';
  if (run.pullNumber !== undefined) {
    return planRerequest(event, run, {
      mayWrite,
      ...(await readPullFacts(tx, event, run.pullNumber, ports)),
    });
  }
  const rerunNumber = await ports.store.nextRerunNumber(tx, run);
  return planRerequest(event, run, { mayWrite, pull: undefined, latest: undefined, rerunNumber });
}

/** Reads the pull request from GitHub and its newest run, both under the pull request's lock. */
async function readPullFacts(
  tx: Queryable,
  event: FromRepository,
  number: number,
  { store, github }: DecidePorts,
): Promise<PullFacts> {
  const repoId = event.repo.id;
  await store.lockPullRequest(tx, { repoId, number });
  const pull = await github.readPullRequest({ ...placeOf(event), number });
  if (pull === undefined || pull.baseRepoId !== repoId) return { pull, latest: undefined, rerunNumber: 0 };

  const { headSha, state } = pull;
  await store.upsertPullRequest(tx, { repoId, number, headSha, state });
  const head = { repoId, kind: 'pull_request' as const, pullNumber: number, headSha };
  const rerunNumber = await store.nextRerunNumber(tx, head);
  const run = await store.latestRunOfPull(tx, repoId, number);
  if (run === undefined) return { pull, latest: undefined, rerunNumber };
  const { result } = await store.resultOf(tx, run.id);
  const cancelledBy = result?.kind === 'cancelled' ? result.by : undefined;
  return { pull, latest: { run, cancelledBy }, rerunNumber };
}

/** Fails closed: whatever goes wrong while asking grants nothing. */
async function askMayCommand(
  event: FromRepository,
  user: { id: string; login: string },
  { github, log }: DecidePorts,
): Promise<MayCommand> {
  try {
    const permission = await github.permissionOf({ ...placeOf(event), login: user.login, userId: user.id });
    return permission === 'admin' || permission === 'write' ? 'yes' : 'no';
  } catch (error) {
    log.warn({ repo: event.repo.fullName, userId: user.id, error }, 'permission not known');
    return 'unknown';
  }
}

function placeOf(event: FromRepository): RepositoryPlace {
  return { installationId: event.installationId, repoFullName: event.repo.fullName };
}
