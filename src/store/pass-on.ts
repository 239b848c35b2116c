import type { Queryable } from './pool.ts';
import { type HeldLease, LEASE_HOLDS } from './run-leases.ts';

export interface PassOn {
  /** Another pool has to measure it. */
  pool?: string;
  /** False: this attempt does not count, as at a graceful stop or while GitHub is away. */
  countAttempt: boolean;
  /** Nobody takes it before this has passed; default 0. */
  delayMs?: number;
}

/**
 * Puts a leased run back into the queue: at a graceful stop, after a failure that may pass, or because another
 * pool has to measure it. False: the lease is lost, and somebody else has decided already, or its result is published, with
 * which it ends when its lease runs out.
 */
export async function passOn(db: Queryable, lease: HeldLease, how: PassOn): Promise<boolean> {
  const { rowCount } = await db.query(
    `update runs r
     set state = 'queued', pool = coalesce($3, r.pool), attempt = r.attempt - $4::int, dispatched_at = null,
         not_before = now() + $5 * interval '1 ms'
     where ${LEASE_HOLDS} and r.result is null`,
    [lease.runId, lease.leaseEpoch, how.pool ?? null, how.countAttempt ? 0 : 1, how.delayMs ?? 0],
  );
  return rowCount === 1;
}
