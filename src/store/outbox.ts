import type { OutboxKind } from './outbox-item.ts';
import type { Queryable } from './pool.ts';
import { storableJson, storableText } from './storable.ts';

export type { OutboxItem, OutboxKind, OutboxState } from './outbox-item.ts';
export {
  finishRecheck,
  markDead,
  markRetry,
  markSent,
  markUnknown,
  takeOutboxItem,
  takeRecheck,
} from './outbox-delivery.ts';

/**
 * Sets what a slot should show. An older run never overwrites what a newer one set, and the same desired
 * state again is no new version. What is being sent, or may have been, keeps its state: its version tells
 * that there is more to send. A wait that GitHub asked for stays.
 */
export async function putDesired(
  tx: Queryable,
  wish: {
    kind: OutboxKind;
    installationId: string;
    repoId: string;
    repoFullName: string;
    slot: string;
    /** Undefined: an answer to a command where no run is. */
    runId?: string;
    /** `sequence` of the run. */
    sourceSequence: string;
    desired: unknown;
  },
): Promise<void> {
  await tx.query(
    `insert into outbox as o
       (kind, installation_id, repo_id, repo_full_name, slot, run_id, source_sequence, desired)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (repo_id, slot) do update
     set installation_id = excluded.installation_id,
         repo_full_name = excluded.repo_full_name,
         run_id = excluded.run_id,
         source_sequence = excluded.source_sequence,
         desired = excluded.desired,
         desired_version = o.desired_version + (o.desired is distinct from excluded.desired)::int,
         state = case
           when o.state = 'dead' then 'pending'
           when o.state = 'sent' and o.desired is distinct from excluded.desired then 'pending'
           else o.state
         end,
         attempts = case when o.state = 'dead' then 0 else o.attempts end,
         next_try_at = case when o.state in ('dead', 'sent') then now() else o.next_try_at end,
         updated_at = now()
     where o.source_sequence <= excluded.source_sequence`,
    [
      wish.kind,
      wish.installationId,
      wish.repoId,
      storableText(wish.repoFullName),
      wish.slot,
      wish.runId ?? null,
      wish.sourceSequence,
      storableJson(wish.desired),
    ],
  );
}

/** Whether something was ever to be shown in this slot. */
export async function hasSlot(db: Queryable, repoId: string, slot: string): Promise<boolean> {
  const { rowCount } = await db.query(`select 1 from outbox o where o.repo_id = $1 and o.slot = $2`, [
    repoId,
    slot,
  ]);
  return rowCount === 1;
}
