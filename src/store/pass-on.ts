import type { Queryable } from './pool.ts';
import { type HeldLease, LEASE_HOLDS } from './run-leases.ts';

/**
 * Puts a leased run back into the queue: at a graceful stop, after a failure that may pass, or because another
 * pool has to measure it. False: the lease is lost, and somebody else has decided already.
 * @param how.countAttempt false: this attempt does not count
 */
export async function passOn(
  db: Queryable,
  lease: HeldLease,
  how: { pool?: string; countAttempt: boolean },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update runs r
     set state = 'queued', pool = coalesce($3, r.pool), attempt = r.attempt - $4::int, dispatched_at = null
     where ${LEASE_HOLDS}`,
    [lease.runId, lease.leaseEpoch, how.pool ?? null, how.countAttempt ? 0 : 1],
  );
  return rowCount === 1;
}
