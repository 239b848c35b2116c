import type { Run } from '../src/domain/run.ts';
import { renderCheck } from '../src/report/check.ts';
import { renderComment } from '../src/report/comment.ts';
import type { RunView } from '../src/report/view.ts';
import { noticeOf, setNotice } from '../src/store/intake.ts';
import { logsOf } from '../src/store/logs.ts';
import { hasSlot, putDesired } from '../src/store/outbox.ts';
import type { Queryable } from '../src/store/pool.ts';
import { latestRunOfPull, lockRun, queuePosition, resultOf, wasConfigured } from '../src/store/runs.ts';
import { liveWorkers } from '../src/store/workers.ts';

export interface ShowContext {
  /** Address of the run pages; undefined: checks link nowhere. */
  publicUrl: string | undefined;
}

/** Begins a notice that says why a run waits: nothing to be said of one that waits no more. */
export const WAITING = 'waiting: ';

/** All that is known of a run, read inside the caller's transaction. */
async function viewOf(tx: Queryable, runId: string, context: ShowContext): Promise<RunView> {
  const { run, result, progress, timings } = await resultOf(tx, runId);
  const isWaiting = run.state === 'queued' || run.state === 'dispatched';
  // One after the other: a transaction has one connection, and it answers one question at a time.
  const position = isWaiting ? await queuePosition(tx, runId) : undefined;
  const workers = isWaiting ? await liveWorkers(tx, run.pool) : [];
  const logs = result?.kind === 'failed' ? await logsOf(tx, runId) : [];
  const noted = await noticeOf(tx, runId);
  const notice = isWaiting || noted?.startsWith(WAITING) !== true ? noted : undefined;
  return {
    run,
    ...(result === undefined ? {} : { result }),
    progress,
    timings,
    ...(position === undefined
      ? {}
      : {
          queue: {
            position: position.position,
            ...(position.typicalMs === undefined ? {} : { typicalMs: position.typicalMs }),
            workersAvailable: workers.length,
          },
        }),
    urls: context.publicUrl === undefined ? {} : { runPage: `${context.publicUrl}/runs/${run.id}` },
    ...(notice === undefined ? {} : { notice }),
    ...(result?.kind === 'judged' && result.configChanges !== undefined
      ? { configChanges: result.configChanges }
      : {}),
    logs: logs.map((log) => ({ name: log.name, tail: log.content.slice(-4000) })),
  };
}

/**
 * A repository of which nothing is configured gets a check that says so, and no comment: it may not want us at all.
 * So nothing is said on a pull request before a configuration was seen, unless a comment is there to be kept true.
 */
async function wantsComment(tx: Queryable, view: RunView, slot: string): Promise<boolean> {
  const { run, result, notice } = view;
  if (run.pullNumber === undefined || result?.kind === 'superseded') return false;
  const hasNews = result !== undefined && result.kind !== 'not_configured';
  if (hasNews || notice !== undefined) return true;
  if (await hasSlot(tx, run.repoId, slot)) return true;
  return result === undefined && (await wasConfigured(tx, run.repoId));
}

/**
 * Writes what GitHub should show of a run now, inside the transaction that changed the run: comment and check
 * can then never tell another story than the database.
 */
export async function showRun(tx: Queryable, run: Run, context: ShowContext): Promise<void> {
  // Nobody at GitHub asked for it; it is seen on its run page.
  if (run.kind === 'control') return;
  // Locked before it is read: else a state that ended meanwhile could be overwritten by the one before.
  await lockRun(tx, run.id);
  const view = await viewOf(tx, run.id, context);
  const common = {
    installationId: run.installationId,
    repoId: run.repoId,
    repoFullName: run.repoFullName,
    runId: run.id,
    sourceSequence: run.sequence,
  };
  await putDesired(tx, { ...common, kind: 'check', slot: `run/${run.id}`, desired: renderCheck(view) });
  const slot = `pull/${run.pullNumber}`;
  if (await wantsComment(tx, view, slot)) {
    await putDesired(tx, {
      ...common,
      kind: 'comment',
      slot,
      desired: { body: renderComment(view) },
    });
  }
}

export interface NoticeTarget {
  installationId: string;
  repoId: string;
  repoFullName: string;
  /** Number of the pull request or issue. */
  pullNumber: number;
}

/**
 * One line to a person who gave a command: with the comment of the newest run, so that there stays one comment,
 * or alone where nothing was ever run.
 */
export async function showNotice(
  tx: Queryable,
  target: NoticeTarget,
  notice: string,
  context: ShowContext,
): Promise<void> {
  const run = await latestRunOfPull(tx, target.repoId, target.pullNumber);
  if (run !== undefined) {
    await setNotice(tx, run.id, notice);
    await showRun(tx, run, context);
    return;
  }
  await putDesired(tx, {
    installationId: target.installationId,
    repoId: target.repoId,
    repoFullName: target.repoFullName,
    kind: 'comment',
    slot: `pull/${target.pullNumber}`,
    sourceSequence: '0',
    desired: { body: notice },
  });
}
