import type { Queryable } from './pool.ts';
import { LEASE_HOLDS, type HeldLease } from './run-leases.ts';
import { storableText } from './storable.ts';

/** Output of one build or service, plain text, hostile. */
export interface RunLog {
  name: string;
  content: string;
  /** Its middle was left out. */
  truncated: boolean;
  createdAt: Date;
}

/**
 * Keeps the output of one step of a run, replacing what the same lease kept under that name.
 *
 * @returns false when the lease is lost: nothing was stored.
 */
export async function saveLog(
  db: Queryable,
  lease: HeldLease,
  name: string,
  content: string,
  truncated: boolean,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into run_logs (run_id, lease_epoch, name, content, truncated)
     select r.id, r.lease_epoch, $3, $4, $5 from runs r where ${LEASE_HOLDS}
     on conflict (run_id, lease_epoch, name) do update
     set content = excluded.content, truncated = excluded.truncated, created_at = now()`,
    [lease.runId, lease.leaseEpoch, storableText(name), storableText(content), truncated],
  );
  return rowCount === 1;
}

/** The output that the newest attempt of a run kept, oldest first. */
export async function logsOf(db: Queryable, runId: string): Promise<RunLog[]> {
  const { rows } = await db.query<{ name: string; content: string; truncated: boolean; created_at: Date }>(
    `select l.name, l.content, l.truncated, l.created_at from run_logs l
     where l.run_id = $1
       and l.lease_epoch = (select max(n.lease_epoch) from run_logs n where n.run_id = $1)
     order by l.created_at, l.name`,
    [runId],
  );
  return rows.map((row) => ({
    name: row.name,
    content: row.content,
    truncated: row.truncated,
    createdAt: row.created_at,
  }));
}
