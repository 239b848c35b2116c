import type { Run } from '../domain/run.ts';
import type { Queryable } from './pool.ts';
import { toRun, type RunRow } from './run-row.ts';

/** A run that wants a job in the queue. */
export interface RunToDispatch {
  id: string;
  /**
   * Number of the claim that the job is for, 1 for the first. Unlike the run's own attempts it rises with
   * every claim: the job of a run that was handed back must not be taken for the one that is still ending.
   */
  attempt: number;
  pool: string;
  priority: number;
}

/** Queued runs, and dispatched ones that no worker took for `olderThanMs`: their job may be gone. */
export async function runsToDispatch(db: Queryable, olderThanMs: number): Promise<RunToDispatch[]> {
  const { rows } = await db.query<RunToDispatch>(
    `select r.id, (r.lease_epoch + 1)::int as attempt, r.pool, r.priority from runs r
     where r.not_before <= now()
       and (r.state = 'queued'
         or (r.state = 'dispatched' and r.dispatched_at <= now() - $1 * interval '1 ms'))
     order by r.priority, r.sequence
     limit 500`,
    [olderThanMs],
  );
  return rows;
}

/** Runs of a pool that no worker has, first in line first. */
export async function waitingRuns(db: Queryable, pool: string, limit: number): Promise<Run[]> {
  const { rows } = await db.query<RunRow>(
    `select r.* from runs r
     where r.pool = $1 and r.state in ('queued', 'dispatched')
     order by r.priority, r.sequence
     limit $2`,
    [pool, limit],
  );
  return rows.map(toRun);
}

/** Notes that the run has a job. False: a worker has it already, or it ended. */
export async function markDispatched(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update runs r set state = 'dispatched', dispatched_at = now()
     where r.id = $1 and r.state in ('queued', 'dispatched')`,
    [id],
  );
  return rowCount === 1;
}

/**
 * Moves reported runs to `done` once GitHub shows all that they wanted shown, or will never show it. Other
 * endings (failed, cancelled, ...) are final from the start and are not touched.
 *
 * @returns ids of the closed runs.
 */
export async function closeReported(tx: Queryable): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `update runs r set state = 'done'
     where r.state = 'reporting' and not exists (
       select 1 from outbox o
       where o.run_id = r.id and o.state <> 'dead' and o.sent_version < o.desired_version
     )
     returning r.id`,
  );
  return rows.map((row) => row.id);
}

/**
 * Where a waiting run stands: 1 is next. `typicalMs` is the median time from claim to result of the last 20
 * measured runs of its repository, undefined when there were none. Undefined for a run that does not wait.
 */
export async function queuePosition(
  db: Queryable,
  runId: string,
): Promise<{ position: number; typicalMs: number | undefined } | undefined> {
  const { rows } = await db.query<{ position: number; typical_ms: number | null }>(
    `select
       (select count(*)::int from runs o
        where o.pool = r.pool and o.state in ('queued', 'dispatched')
          and (o.priority, o.sequence) <= (r.priority, r.sequence)) as position,
       (select percentile_cont(0.5) within group (order by recent.took_ms)
        from (
          select (extract(epoch from m.moved_at - e.started_at) * 1000)::float8 as took_ms
          from runs e join run_moves m on m.run_id = e.id and m.to_state = 'reporting'
          where e.repo_id = r.repo_id and e.started_at is not null and e.kind <> 'control'
          order by m.move_id desc
          limit 20
        ) recent) as typical_ms
     from runs r
     where r.id = $1 and r.state in ('queued', 'dispatched')`,
    [runId],
  );
  return rows[0] && { position: rows[0].position, typicalMs: rows[0].typical_ms ?? undefined };
}
