import type { Queryable } from './pool.ts';
import { storableJson } from './storable.ts';

/** A worker process that was heard of. */
export interface LiveWorker {
  workerId: string;
  pool: string;
  machineId: string;
  capabilities: unknown;
  startedAt: Date;
  seenAt: Date;
}

interface WorkerRow {
  worker_id: string;
  pool: string;
  machine_id: string;
  capabilities: unknown;
  started_at: Date;
  seen_at: Date;
}

/** Notes that a worker lives, and what it can do. */
export async function heartbeatWorker(
  db: Queryable,
  worker: { workerId: string; pool: string; machineId: string; capabilities: unknown },
): Promise<void> {
  await db.query(
    `insert into workers (worker_id, pool, machine_id, capabilities) values ($1, $2, $3, $4)
     on conflict (worker_id) do update
     set pool = excluded.pool, machine_id = excluded.machine_id, capabilities = excluded.capabilities,
         seen_at = now()`,
    [worker.workerId, worker.pool, worker.machineId, storableJson(worker.capabilities)],
  );
}

/** Workers of a pool heard of within the last `withinMs`, longest running first. */
export async function liveWorkers(db: Queryable, pool: string, withinMs = 60_000): Promise<LiveWorker[]> {
  const { rows } = await db.query<WorkerRow>(
    `select w.* from workers w where w.pool = $1 and w.seen_at > now() - $2 * interval '1 ms'
     order by w.started_at, w.worker_id`,
    [pool, withinMs],
  );
  return rows.map((row) => ({
    workerId: row.worker_id,
    pool: row.pool,
    machineId: row.machine_id,
    capabilities: row.capabilities,
    startedAt: row.started_at,
    seenAt: row.seen_at,
  }));
}
