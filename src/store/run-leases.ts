import type { Phase, PhaseTimings, Run, RunProgress, RunResult, RunState } from '../domain/run.ts';
import type { Queryable } from './pool.ts';
import { toRun, type RunRow } from './run-row.ts';
import { storableJson, withoutUndefined } from './storable.ts';

/** What a worker shows with each write; the epoch fences off whoever held the run before. */
export interface HeldLease {
  runId: string;
  leaseEpoch: string;
}

/** How a worker ends a run. */
export interface RunEnd {
  state: 'reporting' | 'failed' | 'timed_out';
  result: RunResult;
  timings: PhaseTimings;
}

/** `r` is held by the lease in $1 (run) and $2 (epoch), and the lease has not run out. */
export const LEASE_HOLDS = `r.id = $1 and r.lease_epoch = $2 and r.state = 'leased' and r.lease_until > now()`;

/**
 * Gives a waiting run to a worker, with a new attempt number and a new epoch: the one named, or the next by
 * priority and age. Undefined when there is none, or when another worker is taking it.
 */
export async function claimRun(
  db: Queryable,
  claim: { runId?: string; pool: string; workerId: string; leaseMs: number },
): Promise<Run | undefined> {
  const { rows } = await db.query<RunRow>(
    `update runs r
     set state = 'leased', phase = 'preparing', attempt = r.attempt + 1, lease_epoch = r.lease_epoch + 1,
         lease_owner = $3, lease_until = now() + $4 * interval '1 ms', started_at = now(), progress = '{}'
     where r.id = (
       select w.id from runs w
       where w.state in ('queued', 'dispatched') and w.pool = $2 and ($1::uuid is null or w.id = $1)
         and w.not_before <= now()
       order by w.priority, w.sequence
       limit 1
       for update skip locked
     )
     returning r.*`,
    [claim.runId ?? null, claim.pool, claim.workerId, claim.leaseMs],
  );
  return rows[0] && toRun(rows[0]);
}

/**
 * The worker's heartbeat: the lease ends `leaseMs` from now. When it is not held any more, `state` says why
 * and `cancelledBy` by whom.
 */
export async function renewLease(
  db: Queryable,
  lease: HeldLease & { leaseMs: number },
): Promise<{ held: boolean; cancelledBy?: string; state: RunState }> {
  const { rows } = await db.query<{ held: boolean; cancel_asked_by: string | null; state: RunState }>(
    `with renewed as (
       update runs r set lease_until = now() + $3 * interval '1 ms' where ${LEASE_HOLDS} returning r.id
     )
     select r.state, r.cancel_asked_by, exists (select 1 from renewed) as held from runs r where r.id = $1`,
    [lease.runId, lease.leaseEpoch, lease.leaseMs],
  );
  const row = rows[0];
  // A run is never deleted; without a row the id was never one of ours.
  if (row === undefined) return { held: false, state: 'lost' };
  return withoutUndefined<{ held: boolean; cancelledBy?: string; state: RunState }>({
    held: row.held,
    cancelledBy: row.cancel_asked_by ?? undefined,
    state: row.state,
  });
}

/** Notes how far a leased run is, and what was found out about it. False: the lease is lost, stop. */
export async function setPhase(
  db: Queryable,
  lease: HeldLease,
  phase: Phase,
  progress?: RunProgress,
  facts: { mergeBaseSha?: string; configHash?: string } = {},
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update runs r
     set phase = $3, progress = coalesce($4, r.progress),
         merge_base_sha = coalesce($5, r.merge_base_sha), config_hash = coalesce($6, r.config_hash)
     where ${LEASE_HOLDS}`,
    [
      lease.runId,
      lease.leaseEpoch,
      phase,
      progress === undefined ? null : storableJson(progress),
      facts.mergeBaseSha ?? null,
      facts.configHash ?? null,
    ],
  );
  return rowCount === 1;
}

/**
 * Shows a result before the run has ended: the verdict stands, only explanations may still be added. From here on the run
 * does not go back into the queue any more, whatever becomes of its worker. False: the lease is lost.
 */
export async function publishResult(tx: Queryable, lease: HeldLease, result: RunResult): Promise<boolean> {
  const { rowCount } = await tx.query(`update runs r set result = $3 where ${LEASE_HOLDS}`, [
    lease.runId,
    lease.leaseEpoch,
    storableJson(result),
  ]);
  return rowCount === 1;
}

/** Ends a leased run with its result. False: the lease is lost, and nothing of this attempt counts. */
export async function finishRun(tx: Queryable, lease: HeldLease, end: RunEnd): Promise<boolean> {
  const { rowCount } = await tx.query(
    // A notice such as "is being measured already" has had its time.
    `update runs r set state = $3, result = $4, timings = $5, notice = null where ${LEASE_HOLDS}`,
    [lease.runId, lease.leaseEpoch, end.state, storableJson(end.result), storableJson(end.timings)],
  );
  return rowCount === 1;
}

/**
 * Takes runs from workers whose lease ran out: back into the queue, or `lost` once `maxAttempts` attempts
 * ended that way, so that a run that kills its worker does not do so for ever. One whose verdict is published keeps it and
 * goes on to `reporting`: GitHub never opens a completed check again. Its verdicts are still to be stored.
 */
export async function reapExpiredLeases(
  tx: Queryable,
  maxAttempts = 3,
): Promise<{ requeued: Run[]; lost: Run[]; judged: Run[] }> {
  const expired = await tx.query<RunRow>(
    `select r.* from runs r where r.state = 'leased' and r.lease_until <= now()
     order by r.sequence for update skip locked`,
  );
  const requeued: Run[] = [];
  const lost: Run[] = [];
  const judged: Run[] = [];
  for (const row of expired.rows) {
    if (row.result !== null) {
      const { rows } = await tx.query<RunRow>(
        `update runs r set state = 'reporting', notice = null where r.id = $1 returning r.*`,
        [row.id],
      );
      judged.push(...rows.map(toRun));
      continue;
    }
    const ends = row.attempt >= maxAttempts;
    const { rows } = await tx.query<RunRow>(
      `update runs r set state = $2, result = $3, dispatched_at = null where r.id = $1 returning r.*`,
      [row.id, ends ? 'lost' : 'queued', ends ? storableJson(workerLost(row)) : null],
    );
    (ends ? lost : requeued).push(...rows.map(toRun));
  }
  return { requeued, lost, judged };
}

function workerLost(row: RunRow): RunResult {
  return {
    kind: 'failed',
    blame: 'infra',
    phase: row.phase ?? 'preparing',
    code: 'worker-lost',
    message: `expected a worker to finish this run, found that ${row.attempt} workers in turn stopped answering, the last one while ${row.phase ?? 'preparing'}`,
    remedy: 'Look at the logs of the workers: a run that eats all memory of its host ends like this.',
  };
}
