import type { OutboxItem } from './ports.ts';

interface Window {
  most: number;
  lengthMs: number;
}

/**
 * GitHub allows 80 creations of content a minute and 500 an hour, and 900 points a minute of which a write costs 5
 * (docs.github.com, "Rate limits for the REST API", secondary limits). What is kept here leaves room for the looks
 * before creations and for other uses of the App.
 */
const WINDOWS: Readonly<Record<'create' | 'edit', readonly Window[]>> = {
  create: [
    { most: 60, lengthMs: 60_000 },
    { most: 400, lengthMs: 3_600_000 },
  ],
  edit: [{ most: 90, lengthMs: 60_000 }],
};

const LONGEST_WINDOW_MS = 3_600_000;

/**
 * Spreads the writes of each installation over time. An item that has to wait gets a time of its own, so that a
 * hundred waiting items come back one after the other and not all at once, each to be sent away again.
 *
 * @param now milliseconds since the epoch
 */
export function createWriteBudget(now: () => number = Date.now) {
  /** Times of sent and promised writes, oldest first, by installation and kind. */
  const times = new Map<string, number[]>();
  const promises = new Map<string, number>();

  function promise(account: string, windows: readonly Window[]): number {
    const taken = (times.get(account) ?? []).filter((atMs) => atMs > now() - LONGEST_WINDOW_MS);
    const atMs = Math.max(
      now(),
      ...windows.map(
        ({ most, lengthMs }) => (taken[taken.length - most] ?? Number.NEGATIVE_INFINITY) + lengthMs,
      ),
    );
    // Sorted stays sorted: each window ends no earlier for the next write than it did for the last one.
    times.set(account, [...taken, atMs]);
    return atMs;
  }

  return {
    /** Milliseconds until the item may be written; 0: now, and the write is counted. */
    waitMs(item: Pick<OutboxItem, 'outboxId' | 'installationId' | 'externalId'>): number {
      const kind = item.externalId === undefined ? 'create' : 'edit';
      const atMs = promises.get(item.outboxId) ?? promise(`${kind} ${item.installationId}`, WINDOWS[kind]);
      const waitMs = Math.max(0, atMs - now());
      if (waitMs > 0) promises.set(item.outboxId, atMs);
      else promises.delete(item.outboxId);
      return waitMs;
    },
  };
}
