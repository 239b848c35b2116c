import type { OutboxItem } from './ports.ts';
import type { RemoteSlot } from './remote-slot.ts';

export type Rechecked =
  /** `kept` is undefined when nothing of ours is there. */
  { state: 'done'; kept: string | undefined; discarded: string[] } | { state: 'again'; error: string };

/**
 * Looks once more after a create and does away with copies: a list that lagged behind may have led to a second
 * create. The copy that is kept gets the wanted content first, so that at no moment only an outdated one is left.
 */
export async function recheck(item: OutboxItem, slot: RemoteSlot): Promise<Rechecked> {
  const looked = await slot.look();
  if (!looked.ok) {
    const { kind, message } = looked.failure;
    const hopeless = kind === 'rejected' || kind === 'gone';
    return hopeless ? { state: 'done', kept: undefined, discarded: [] } : { state: 'again', error: message };
  }
  const [keep, ...extras] = looked.value;
  if (keep === undefined) return { state: 'done', kept: undefined, discarded: [] };
  if (keep.id !== item.externalId && !keep.upToDate) {
    const updated = await slot.update(keep.id);
    if (!updated.ok) return { state: 'again', error: updated.failure.message };
  }
  const discarded: string[] = [];
  for (const extra of extras) {
    const answer = await slot.discard(extra.id);
    const isGone = !answer.ok && answer.failure.kind === 'rejected' && answer.failure.status === 404;
    if (!answer.ok && !isGone) return { state: 'again', error: answer.failure.message };
    discarded.push(extra.id);
  }
  return { state: 'done', kept: keep.id, discarded };
}
