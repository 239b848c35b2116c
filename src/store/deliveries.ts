import { createHash } from 'node:crypto';
import type { Queryable } from './pool.ts';
import { storableText } from './storable.ts';

/** A delivery that waits to be understood. */
export interface Delivery {
  deliveryId: string;
  event: string;
  action: string | undefined;
  body: Buffer;
  /** Tries that failed so far. */
  attempts: number;
  receivedAt: Date;
}

interface DeliveryRow {
  delivery_id: string;
  event: string;
  action: string | null;
  body: Buffer;
  attempts: number;
  received_at: Date;
}

/** A delivery that failed this often is dead; the waits before that add up to about four minutes. */
const MOST_ATTEMPTS = 8;

/**
 * Stores a delivery once. `repeated`: it is there already; `conflict`: its id is there with another body,
 * which GitHub never does. With `ignoredBecause` it is kept for the record only.
 */
export async function storeDelivery(
  db: Queryable,
  delivery: { deliveryId: string; event: string; action?: string; body: Buffer; ignoredBecause?: string },
): Promise<'stored' | 'repeated' | 'conflict'> {
  const sha256 = createHash('sha256').update(delivery.body).digest('hex');
  const ignored = delivery.ignoredBecause;
  const inserted = await db.query(
    `insert into deliveries (delivery_id, event, action, body_sha256, body, state, reason, processed_at)
     values ($1, $2, $3, $4, $5, $6, $7, case when $6 = 'ignored' then now() end)
     on conflict (delivery_id) do nothing`,
    [
      delivery.deliveryId,
      storableText(delivery.event),
      delivery.action === undefined ? null : storableText(delivery.action),
      sha256,
      delivery.body,
      ignored === undefined ? 'new' : 'ignored',
      ignored === undefined ? null : storableText(ignored),
    ],
  );
  if (inserted.rowCount === 1) return 'stored';
  const { rows } = await db.query<{ body_sha256: string }>(
    `select d.body_sha256 from deliveries d where d.delivery_id = $1`,
    [delivery.deliveryId],
  );
  return rows[0]?.body_sha256 === sha256 ? 'repeated' : 'conflict';
}

/**
 * The oldest delivery that is due, locked until the transaction ends; others are given to other takers.
 * Call it inside a transaction.
 */
export async function takeDelivery(tx: Queryable): Promise<Delivery | undefined> {
  const { rows } = await tx.query<DeliveryRow>(
    `select d.delivery_id, d.event, d.action, d.body, d.attempts, d.received_at from deliveries d
     where d.state = 'new' and d.next_try_at <= now()
     order by d.received_at, d.delivery_id
     limit 1
     for update skip locked`,
  );
  return rows[0] && toDelivery(rows[0]);
}

/** Notes how a delivery ended. */
export async function finishDelivery(
  tx: Queryable,
  deliveryId: string,
  outcome: { state: 'done' | 'ignored' | 'dead'; reason?: string },
): Promise<void> {
  await tx.query(
    `update deliveries d set state = $2, reason = $3, processed_at = now()
     where d.delivery_id = $1 and d.state = 'new'`,
    [deliveryId, outcome.state, outcome.reason === undefined ? null : storableText(outcome.reason)],
  );
}

/** Longest wait that anybody may ask for; GitHub's own limits end within the hour. */
const LONGEST_WAIT_MS = 3_600_000;

/**
 * Puts a delivery off after a failure: 2, 4, 8, ... seconds, at most 5 minutes. After the eighth it is dead; one
 * that waits for GitHub (`mayPass`) is kept trying for a day. Call it after the failed transaction was rolled
 * back, not inside.
 *
 * @param how.leastWaitMs it is not tried earlier, such as for as long as GitHub asked; up to an hour
 */
export async function retryDelivery(
  db: Queryable,
  deliveryId: string,
  error: string,
  how: { mayPass?: boolean; leastWaitMs?: number } = {},
): Promise<'retry' | 'dead'> {
  const leastWaitMs = Math.min(LONGEST_WAIT_MS, how.leastWaitMs ?? 0);
  const { rows } = await db.query<{ state: string }>(
    `update deliveries d
     set attempts = d.attempts + 1,
         next_try_at = now()
           + greatest(least(power(2, least(d.attempts + 1, 9)), 300) * 1000, $5) * interval '1 ms',
         reason = $2,
         state = case when f.ends then 'dead' else 'new' end,
         processed_at = case when f.ends then now() end
     from (
       select o.delivery_id,
              case when $4 then o.received_at < now() - interval '24 hours' else o.attempts + 1 >= $3 end as ends
       from deliveries o where o.delivery_id = $1
     ) f
     where d.delivery_id = f.delivery_id and d.state = 'new'
     returning d.state`,
    [deliveryId, storableText(error), MOST_ATTEMPTS, how.mayPass ?? false, leastWaitMs],
  );
  return rows[0]?.state === 'new' ? 'retry' : 'dead';
}

function toDelivery(row: DeliveryRow): Delivery {
  return {
    deliveryId: row.delivery_id,
    event: row.event,
    action: row.action ?? undefined,
    body: row.body,
    attempts: row.attempts,
    receivedAt: row.received_at,
  };
}
