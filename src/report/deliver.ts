import { afterCreateFailure, afterFailure, retryLater } from './after-failure.ts';
import type { Patience, Postponed } from './after-failure.ts';
import type { Known } from './next-action.ts';
import { nextAction } from './next-action.ts';
import type { Answer, Failure, OutboxItem } from './ports.ts';
import type { RemoteRef, RemoteSlot } from './remote-slot.ts';

/** What became of one attempt, for the outbox. `mayHaveCopies`: look once more, the listing may have been behind. */
export type Delivered = { state: 'sent'; externalId: string; mayHaveCopies: boolean } | Postponed;

export interface DeliverOptions extends Omit<Patience, 'attempts'> {
  /** False once the claim on the item is about to run out: nothing may be created any more. */
  mayCreate: () => boolean;
}

/** Noted and gone, looked, adopted and gone, create: more steps than that would be a circle. */
const MOST_STEPS = 6;

/**
 * Brings one outbox item to GitHub: at most one create, and each request at most once. Whatever GitHub or the
 * network do is in the result; nothing is thrown for it.
 */
export async function deliver(
  item: OutboxItem,
  slot: RemoteSlot,
  options: DeliverOptions,
): Promise<Delivered> {
  const patience = { attempts: item.attempts, ...options };
  const known: Known = { notedIsMissing: false, listed: undefined };
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const action = nextAction(item, known);
    switch (action.do) {
      case 'update': {
        const answer = await slot.update(action.id);
        if (answer.ok) return { state: 'sent', externalId: action.id, mayHaveCopies: false };
        if (!isMissing(answer.failure)) return afterFailure(answer.failure, patience);
        known.notedIsMissing = true;
        break;
      }
      case 'look': {
        const answer = await slot.look();
        if (!answer.ok) return afterFailure(answer.failure, patience);
        known.listed = answer.value;
        break;
      }
      case 'adopt': {
        const answer = await adopt(slot, action);
        if (answer.ok) return { state: 'sent', externalId: action.id, mayHaveCopies: true };
        if (!isMissing(answer.failure)) return afterFailure(answer.failure, patience);
        // The list was behind: it still held what somebody deleted.
        known.listed = known.listed?.filter(({ id }) => id !== action.id);
        break;
      }
      case 'create': {
        if (!options.mayCreate()) return retryLater('the claim on this item is about to run out', patience);
        const answer = await slot.create();
        if (answer.ok) return { state: 'sent', externalId: answer.value.id, mayHaveCopies: true };
        return afterCreateFailure(answer.failure, patience);
      }
    }
  }
  return retryLater(`no end after ${MOST_STEPS} steps`, patience);
}

function adopt(slot: RemoteSlot, ref: RemoteRef): Promise<Answer<{ id: string }>> {
  return ref.upToDate ? Promise.resolve({ ok: true, value: { id: ref.id } }) : slot.update(ref.id);
}

function isMissing(failure: Failure): boolean {
  return failure.kind === 'rejected' && (failure.status === 404 || failure.status === 410);
}
