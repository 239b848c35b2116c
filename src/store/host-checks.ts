import type { Queryable } from './pool.ts';
import { storableJson } from './storable.ts';

/** One look at a machine; what the facts are is known where machines are looked at. */
export interface StoredHostCheck<Facts> {
  facts: Facts;
  outcome: 'accepted' | 'flagged' | 'refused';
  /** In itself nothing was wrong with it, whatever it was like compared with the past. */
  steady: boolean;
}

/** Kept for each machine: some weeks of a busy one. */
const KEPT = 500;

/** Keeps a look at a machine, and of the older ones only the newest. */
export async function saveHostCheck<Facts>(
  db: Queryable,
  machineId: string,
  { facts, outcome, steady }: StoredHostCheck<Facts>,
): Promise<void> {
  await db.query(`insert into host_checks (machine_id, facts, outcome) values ($1, $2, $3)`, [
    machineId,
    storableJson({ ...facts, steady }),
    outcome,
  ]);
  await db.query(
    `delete from host_checks h
     where h.machine_id = $1 and h.check_id <= (
       select o.check_id from host_checks o where o.machine_id = $1 order by o.check_id desc offset $2 limit 1
     )`,
    [machineId, KEPT],
  );
}

/** The newest looks at a machine that were steady in themselves, newest first; unparsed, as they come from jsonb. */
export async function steadyHostChecks(db: Queryable, machineId: string, limit: number): Promise<unknown[]> {
  const { rows } = await db.query<{ facts: unknown }>(
    `select h.facts - 'steady' as facts from host_checks h
     where h.machine_id = $1 and (h.facts ->> 'steady')::boolean
     order by h.check_id desc limit $2`,
    [machineId, limit],
  );
  return rows.map(({ facts }) => facts);
}

/** When a worker first took a run; undefined before that. */
export async function firstLeasedAt(db: Queryable, runId: string): Promise<Date | undefined> {
  const { rows } = await db.query<{ at: Date | null }>(
    `select min(m.moved_at) as at from run_moves m where m.run_id = $1 and m.to_state = 'leased'`,
    [runId],
  );
  return rows[0]?.at ?? undefined;
}
