import type { RemoteRef } from './remote-slot.ts';

/** What is known of GitHub's side within one attempt. */
export interface Known {
  /** What we noted as ours is not there any more. */
  notedIsMissing: boolean;
  /** Ours, best first; undefined: not looked yet. */
  listed: readonly RemoteRef[] | undefined;
}

export type Action =
  | { do: 'update'; id: string }
  | { do: 'look' }
  /** One of ours exists already; `upToDate` ones need no request. */
  | { do: 'adopt'; id: string; upToDate: boolean }
  | { do: 'create' };

/**
 * The next step towards what GitHub should show. Pure. Nothing is ever created without having looked in the same
 * attempt: an earlier create may have got through though its answer was lost, or its note.
 *
 * ```
 * noted id ──► update ──404──┐
 * no id    ──────────────────┴─► look ──found──► adopt
 *                                     └─none───► create
 * ```
 */
export function nextAction(item: { externalId?: string }, known: Known): Action {
  if (item.externalId !== undefined && !known.notedIsMissing) return { do: 'update', id: item.externalId };
  if (known.listed === undefined) return { do: 'look' };
  const [best] = known.listed;
  return best === undefined ? { do: 'create' } : { do: 'adopt', ...best };
}
