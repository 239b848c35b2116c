import type { OutboxItem } from './ports.ts';

/**
 * Keeps edits of one item apart, so that progress which changes faster than that is sent once, in its newest
 * version. What ends something is never held back.
 *
 * @param spacingMs least time between two sends of one item
 */
export function createSpacing(spacingMs: number, now: () => number = Date.now) {
  const sentAtMs = new Map<string, number>();
  return {
    /** Milliseconds that the item should still wait; 0: send it. */
    waitMs(item: OutboxItem): number {
      if (item.externalId === undefined || isEnding(item)) return 0;
      return Math.max(0, (sentAtMs.get(item.outboxId) ?? Number.NEGATIVE_INFINITY) + spacingMs - now());
    },
    noteSent(item: OutboxItem): void {
      for (const [outboxId, atMs] of sentAtMs) if (atMs + spacingMs <= now()) sentAtMs.delete(outboxId);
      sentAtMs.set(item.outboxId, now());
    },
  };
}

function isEnding({ kind, desired }: OutboxItem): boolean {
  return kind === 'check' && (desired as { status?: unknown } | null)?.status === 'completed';
}
