import type { ProfileFile } from '../domain/diagnosis.ts';
import type { Queryable } from './pool.ts';
import { LEASE_HOLDS, type HeldLease } from './run-leases.ts';
import { storableText } from './storable.ts';

/**
 * Keeps the profiles of a run, replacing what the same lease kept under their names.
 *
 * @returns false when the lease is lost: nothing more was stored.
 */
export async function saveProfiles(
  db: Queryable,
  lease: HeldLease,
  files: readonly ProfileFile[],
): Promise<boolean> {
  for (const file of files) {
    const { rowCount } = await db.query(
      `insert into run_profiles (run_id, lease_epoch, scenario, name, format, content)
       select r.id, r.lease_epoch, $3, $4, $5, $6 from runs r where ${LEASE_HOLDS}
       on conflict (run_id, lease_epoch, scenario, name) do update
       set format = excluded.format, content = excluded.content, created_at = now()`,
      [lease.runId, lease.leaseEpoch, storableText(file.scenario), file.name, file.format, file.gzip],
    );
    if (rowCount !== 1) return false;
  }
  return true;
}

/** One profile of the attempt that gave the run its result; undefined when there is none of that name. */
export async function profileOf(
  db: Queryable,
  runId: string,
  scenario: string,
  name: ProfileFile['name'],
): Promise<ProfileFile | undefined> {
  const { rows } = await db.query<Pick<ProfileFile, 'format'> & { content: Buffer }>(
    `select p.format, p.content from run_profiles p
     join runs r on r.id = p.run_id and r.lease_epoch = p.lease_epoch
     where p.run_id = $1 and p.scenario = $2 and p.name = $3`,
    [runId, storableText(scenario), name],
  );
  const [row] = rows;
  return row && { scenario, name, format: row.format, gzip: row.content };
}
