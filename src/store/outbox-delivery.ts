import { toOutboxItem, type OutboxItem, type OutboxRow, type OutboxState } from './outbox-item.ts';
import type { Queryable } from './pool.ts';
import { storableText } from './storable.ts';

/** The claim that an item was taken with; a mark made with an older claim changes nothing. */
type Claim = Pick<OutboxItem, 'outboxId' | 'claimNo'>;

/** `o` is still claimed by $1 (item) and $2 (claim number). */
const CLAIM_HOLDS = `o.outbox_id = $1 and o.claim_no = $2 and o.state = 'sending'`;

/**
 * Claims the item that is due longest. One whose claim ran out counts as unknown: the reporter that held it
 * may have created something at GitHub before it died.
 */
export async function takeOutboxItem(
  db: Queryable,
  claim: { claimedBy: string; claimMs: number },
): Promise<OutboxItem | undefined> {
  const { rows } = await db.query<OutboxRow & { state_before: OutboxState }>(
    `with due as (
       select d.outbox_id, d.state from outbox d
       where (d.state in ('pending', 'unknown') and d.next_try_at <= now())
          or (d.state = 'sending' and d.claimed_until <= now())
       order by d.next_try_at, d.outbox_id
       limit 1
       for update skip locked
     )
     update outbox o
     set state = 'sending', claimed_by = $1, claimed_until = now() + $2 * interval '1 ms',
         claim_no = o.claim_no + 1, attempts = o.attempts + 1
     from due where o.outbox_id = due.outbox_id
     returning o.*, due.state as state_before`,
    [claim.claimedBy, claim.claimMs],
  );
  return rows[0] && toOutboxItem(rows[0], rows[0].state_before !== 'pending');
}

/**
 * GitHub shows `version` now. With `recheckAfterMs`, after a create, the item comes up once more in
 * {@link takeRecheck}.
 *
 * @returns false when the claim ran out and another reporter has the item.
 */
export async function markSent(
  db: Queryable,
  item: Claim,
  sent: { externalId: string; version: number; recheckAfterMs?: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update outbox o
     set state = case when o.desired_version > $4 then 'pending' else 'sent' end,
         sent_version = greatest(o.sent_version, $4), external_id = $3,
         recheck_at = coalesce(now() + $5 * interval '1 ms', o.recheck_at),
         attempts = 0, error = null, next_try_at = now(), claimed_by = null, claimed_until = null,
         updated_at = now()
     where ${CLAIM_HOLDS}`,
    [item.outboxId, item.claimNo, sent.externalId, sent.version, sent.recheckAfterMs ?? null],
  );
  return rowCount === 1;
}

/** It is not known whether GitHub took it: look before the next try. False as in {@link markSent}. */
export function markUnknown(
  db: Queryable,
  item: Claim,
  why: { error: string; retryAfterMs: number },
): Promise<boolean> {
  return release(db, item, 'unknown', why.error, why.retryAfterMs);
}

/**
 * GitHub did not take it. An item that was unknown before this try stays so: the try told nothing of the
 * earlier one. False as in {@link markSent}.
 */
export function markRetry(
  db: Queryable,
  item: Claim & Pick<OutboxItem, 'wasUnknown'>,
  why: { error: string; retryAfterMs: number },
): Promise<boolean> {
  return release(db, item, item.wasUnknown ? 'unknown' : 'pending', why.error, why.retryAfterMs);
}

/** GitHub will never take it. False as in {@link markSent}. */
export function markDead(db: Queryable, item: Claim, error: string): Promise<boolean> {
  return release(db, item, 'dead', error, 0);
}

async function release(
  db: Queryable,
  item: Claim,
  state: OutboxState,
  error: string,
  retryAfterMs: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update outbox o
     set state = $3, error = $4, next_try_at = now() + $5 * interval '1 ms',
         claimed_by = null, claimed_until = null, updated_at = now()
     where ${CLAIM_HOLDS}`,
    [item.outboxId, item.claimNo, state, storableText(error), retryAfterMs],
  );
  return rowCount === 1;
}

/**
 * An item whose listing is to be read once more after a create. It comes up again after `claimMs` unless
 * {@link finishRecheck} is called.
 */
export async function takeRecheck(db: Queryable, claimMs: number): Promise<OutboxItem | undefined> {
  const { rows } = await db.query<OutboxRow>(
    `update outbox o set recheck_at = now() + $1 * interval '1 ms'
     where o.outbox_id = (
       select d.outbox_id from outbox d
       where d.recheck_at <= now() and d.state <> 'sending'
       order by d.recheck_at
       limit 1
       for update skip locked
     )
     returning o.*`,
    [claimMs],
  );
  return rows[0] && toOutboxItem(rows[0], rows[0].state === 'unknown');
}

/**
 * Ends a recheck. `externalId` names the copy that was kept, when it is another than the one noted.
 */
export async function finishRecheck(db: Queryable, outboxId: string, externalId?: string): Promise<void> {
  await db.query(
    `update outbox o set recheck_at = null, external_id = coalesce($2, o.external_id) where o.outbox_id = $1`,
    [outboxId, externalId ?? null],
  );
}
