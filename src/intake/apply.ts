import type { RunResult } from '../domain/run.ts';
import type { CancelOpen, NoteInstallation, StartRun, TellNotice } from './decision.ts';
import type { FromRepository } from '../domain/github-event.ts';
import { noticeOf } from './notices.ts';
import type { IntakeStore, Queryable, ShowPorts } from './ports.ts';
import { BY_REMOVAL } from './pull-standing.ts';

export interface ApplyPorts {
  store: IntakeStore;
  show: ShowPorts;
}

/** Writes a decision about a repository in `tx`; comes back with one line for the record. */
export async function applyDecision(
  tx: Queryable,
  event: FromRepository,
  decision: StartRun | CancelOpen | TellNotice,
  ports: ApplyPorts,
): Promise<string> {
  switch (decision.kind) {
    case 'cancel-open':
      return cancelOpen(tx, event, decision, ports);
    case 'notice':
      await showNotice(tx, event, decision, ports);
      return `told: ${decision.code}`;
    default:
      return startRun(tx, decision, ports);
  }
}

async function startRun(tx: Queryable, decision: StartRun, { store, show }: ApplyPorts): Promise<string> {
  const { kind, request, cancelFirst } = decision;
  const { repoId, pullNumber } = request;
  const ended =
    cancelFirst === undefined || pullNumber === undefined
      ? []
      : await store.cancelOpenRuns(tx, { repoId, pullNumber, by: cancelFirst });

  const { run, created } = await store.createRun(
    tx,
    request,
    kind === 'run' ? 'queued' : 'awaiting_approval',
  );
  ended.push(...(await store.supersedeOlder(tx, run)));
  // The older ones first: the newest has the last word in the comment that they share.
  for (const old of ended) await show.showRun(tx, old);
  if (!created) return `run ${run.id} exists`;

  if (kind === 'fork-deleted') {
    await store.markUnstartedFailed(tx, run.id, FORK_DELETED);
    await show.showRun(tx, (await store.resultOf(tx, run.id)).run);
    return `run ${run.id} failed: the fork was deleted`;
  }
  await show.showRun(tx, run);
  return kind === 'fork' ? `run ${run.id} waits: from a fork` : `run ${run.id} created`;
}

const FORK_DELETED: RunResult = {
  kind: 'failed',
  blame: 'infra',
  phase: 'queueing',
  code: 'fork-deleted',
  message: 'the fork was deleted',
  remedy: 'Push the branch to a repository that exists and open a new pull request.',
};

async function cancelOpen(
  tx: Queryable,
  event: FromRepository,
  decision: CancelOpen,
  ports: ApplyPorts,
): Promise<string> {
  const { repoId, pullNumber, by, noticeWhenNone } = decision;
  const ended = await ports.store.cancelOpenRuns(tx, { repoId, pullNumber, by });
  for (const run of ended) await ports.show.showRun(tx, run);
  if (ended.length === 0 && noticeWhenNone !== undefined) {
    await showNotice(tx, event, { pullNumber, onPullRequest: true, code: noticeWhenNone }, ports);
  }
  return `${ended.length} open runs cancelled: ${by}`;
}

function showNotice(
  tx: Queryable,
  event: FromRepository,
  { pullNumber, onPullRequest, code }: Omit<TellNotice, 'kind'>,
  { show }: ApplyPorts,
): Promise<void> {
  return show.showNotice(tx, {
    installationId: event.installationId,
    repoId: event.repo.id,
    repoFullName: event.repo.fullName,
    pullNumber,
    onPullRequest,
    notice: noticeOf(code),
  });
}

/** Notes an installation and its repositories, and ends the open runs of what was removed. */
export async function applyInstallation(
  tx: Queryable,
  decision: NoteInstallation,
  ports: ApplyPorts,
): Promise<string> {
  const { store } = ports;
  const { installationId, accountLogin, state, added, removed } = decision;
  await store.upsertInstallation(tx, { installationId, accountLogin, state });
  for (const { id, fullName, isPrivate } of added) {
    const known = await store.repositoryById(tx, id);
    // These events do not name the default branch; each event of the repository does.
    const defaultBranch = known?.defaultBranch ?? 'main';
    await store.upsertRepository(tx, {
      repoId: id,
      installationId,
      fullName,
      defaultBranch,
      isPrivate,
      state: 'active',
    });
  }
  for (const { id } of removed) {
    const known = await store.repositoryById(tx, id);
    if (known !== undefined) await store.upsertRepository(tx, { ...known, state: 'removed' });
  }
  const ended = await cancelOfRemoved(tx, decision, ports);
  const cancelled = ended === 0 ? '' : `, ${ended} open runs cancelled`;
  return `installation ${state}, ${added.length} repositories added, ${removed.length} removed${cancelled}`;
}

async function cancelOfRemoved(
  tx: Queryable,
  { installationId, state, removed }: NoteInstallation,
  { store, show }: ApplyPorts,
): Promise<number> {
  const isWhole = state === 'removed';
  if (!isWhole && removed.length === 0) return 0;
  const ended = await store.cancelRunsOfRemoved(tx, {
    installationId,
    by: BY_REMOVAL,
    ...(isWhole ? {} : { repoIds: removed.map(({ id }) => id) }),
  });
  // GitHub will most likely not take it any more; what is wished for is the truth all the same.
  for (const run of ended) await show.showRun(tx, run);
  return ended.length;
}

/** Notes the repository of an event that GitHub has just confirmed by answering about it. */
export async function noteRepository(
  tx: Queryable,
  event: FromRepository,
  store: IntakeStore,
): Promise<void> {
  const { installationId, repo } = event;
  if ((await store.installationState(tx, installationId)) !== 'active') {
    await store.upsertInstallation(tx, { installationId, accountLogin: repo.ownerLogin, state: 'active' });
  }
  const { id: repoId, fullName, defaultBranch, isPrivate } = repo;
  await store.upsertRepository(tx, {
    repoId,
    installationId,
    fullName,
    defaultBranch,
    isPrivate,
    state: 'active',
  });
}
