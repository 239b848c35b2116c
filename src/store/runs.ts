import { PerfCiError } from '../domain/errors.ts';
import type { PhaseTimings, Run, RunProgress, RunRequest, RunResult } from '../domain/run.ts';
import type { Queryable } from './pool.ts';
import { toRun, type RunRow } from './run-row.ts';
import { storableJson, storableText } from './storable.ts';

export { passOn } from './pass-on.ts';
export { claimRun, finishRun, publishResult, reapExpiredLeases, renewLease, setPhase } from './run-leases.ts';
export type { HeldLease, RunEnd } from './run-leases.ts';
export { closeReported, markDispatched, queuePosition, runsToDispatch, waitingRuns } from './run-dispatch.ts';
export { cancelOpenRuns, cancelRunsOfRemoved, supersedeOlder } from './run-endings.ts';

/**
 * Creates a run and moves it to `initial`; asked for the same meaning again (repository, kind, pull request,
 * head, rerun number) it gives the run that exists. Call it inside a transaction. The pool is that of the
 * repository's last run, until its configuration is read; the first run of a repository goes to `default`.
 */
export async function createRun(
  tx: Queryable,
  request: RunRequest,
  initial: 'queued' | 'awaiting_approval',
): Promise<{ run: Run; created: boolean }> {
  const inserted = await tx.query<{ id: string }>(
    `insert into runs (kind, installation_id, repo_id, repo_full_name, pull_number, head_sha, base_sha,
                       base_ref, head_ref, from_fork, rerun_number, priority, actor_id, actor_login, plant, pool)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::jsonb,
             coalesce((select o.pool from runs o where o.repo_id = $3 order by o.sequence desc limit 1), 'default'))
     on conflict (repo_id, kind, coalesce(pull_number, 0), head_sha, rerun_number) do nothing
     returning id`,
    [
      request.kind,
      request.installationId,
      request.repoId,
      storableText(request.repoFullName),
      request.pullNumber ?? null,
      request.headSha,
      request.baseSha,
      storableText(request.baseRef),
      storableText(request.headRef),
      request.fromFork,
      request.rerunNumber,
      request.priority,
      request.actor.id,
      storableText(request.actor.login),
      request.plant === undefined ? null : storableJson(request.plant),
    ],
  );
  const id = inserted.rows[0]?.id;
  if (id === undefined) return { run: await runOfMeaning(tx, request), created: false };
  // A second statement, so that the move from `received` stands among the moves.
  const moved = await tx.query<RunRow>(`update runs r set state = $2 where r.id = $1 returning r.*`, [
    id,
    initial,
  ]);
  return { run: toRun(firstRow(moved.rows, id)), created: true };
}

async function runOfMeaning(tx: Queryable, request: RunRequest): Promise<Run> {
  const { rows } = await tx.query<RunRow>(
    `select r.* from runs r
     where r.repo_id = $1 and r.kind = $2 and coalesce(r.pull_number, 0) = coalesce($3, 0)
       and r.head_sha = $4 and r.rerun_number = $5`,
    [request.repoId, request.kind, request.pullNumber ?? null, request.headSha, request.rerunNumber],
  );
  return toRun(firstRow(rows, request.headSha));
}

/** The number that the next run of this head gets: 0 when there is none yet. */
export async function nextRerunNumber(
  tx: Queryable,
  head: Pick<RunRequest, 'repoId' | 'kind' | 'pullNumber' | 'headSha'>,
): Promise<number> {
  const { rows } = await tx.query<{ next: number }>(
    `select coalesce(max(r.rerun_number) + 1, 0) as next from runs r
     where r.repo_id = $1 and r.kind = $2 and coalesce(r.pull_number, 0) = coalesce($3, 0)
       and r.head_sha = $4`,
    [head.repoId, head.kind, head.pullNumber ?? null, head.headSha],
  );
  return rows[0]?.next ?? 0;
}

/** The run with this id. */
export async function runById(db: Queryable, id: string): Promise<Run | undefined> {
  const { rows } = await db.query<RunRow>(`select r.* from runs r where r.id = $1`, [id]);
  return rows[0] && toRun(rows[0]);
}

/** Whether a run of this repository has found a configuration. */
export async function wasConfigured(db: Queryable, repoId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `select 1 from runs r where r.repo_id = $1 and r.config_hash is not null limit 1`,
    [repoId],
  );
  return rowCount === 1;
}

/** Holds the row of a run until the end of `tx`: nobody changes its state meanwhile. */
export async function lockRun(tx: Queryable, id: string): Promise<void> {
  await tx.query(`select 1 from runs r where r.id = $1 for update`, [id]);
}

/** The newest run of a pull request, whatever its state. */
export async function latestRunOfPull(
  db: Queryable,
  repoId: string,
  pullNumber: number,
): Promise<Run | undefined> {
  const { rows } = await db.query<RunRow>(
    `select r.* from runs r where r.repo_id = $1 and r.pull_number = $2 order by r.sequence desc limit 1`,
    [repoId, pullNumber],
  );
  return rows[0] && toRun(rows[0]);
}

/** The run whose check run has this id at GitHub. */
export async function runByCheck(
  db: Queryable,
  repoId: string,
  externalCheckId: string,
): Promise<Run | undefined> {
  const { rows } = await db.query<RunRow>(
    `select r.* from outbox o join runs r on r.id = o.run_id
     where o.repo_id = $1 and o.external_id = $2 and o.kind = 'check'`,
    [repoId, externalCheckId],
  );
  return rows[0] && toRun(rows[0]);
}

/**
 * A run with all that is known of its course; `result` is undefined until it ended.
 *
 * @throws PerfCiError `run-unknown`
 */
export async function resultOf(
  db: Queryable,
  runId: string,
): Promise<{ run: Run; result: RunResult | undefined; progress: RunProgress; timings: PhaseTimings }> {
  const { rows } = await db.query<RunRow>(`select r.* from runs r where r.id = $1`, [runId]);
  const row = firstRow(rows, runId);
  return {
    run: toRun(row),
    result: row.result ?? undefined,
    progress: row.progress,
    timings: row.timings,
  };
}

function firstRow(rows: RunRow[], sought: string): RunRow {
  const [row] = rows;
  if (row === undefined) throw new PerfCiError('run-unknown', `expected a run for ${sought}, found none`);
  return row;
}
