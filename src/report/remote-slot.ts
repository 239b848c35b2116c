import type { Answer } from './ports.ts';

/** One of ours on GitHub. */
export interface RemoteRef {
  id: string;
  /** It shows what it should already. */
  upToDate: boolean;
}

/** The place on GitHub that one outbox item fills, with the wanted content bound to it. */
export interface RemoteSlot {
  /** Everything of ours in this place, the one to keep first. */
  look(): Promise<Answer<RemoteRef[]>>;
  create(): Promise<Answer<{ id: string }>>;
  update(id: string): Promise<Answer<{ id: string }>>;
  /** Does away with a copy too many. */
  discard(id: string): Promise<Answer<unknown>>;
}

/** Ids of GitHub compare as numbers; they may be longer than a double holds. */
export function compareIds(left: string, right: string): number {
  return Number(BigInt(left) - BigInt(right));
}
