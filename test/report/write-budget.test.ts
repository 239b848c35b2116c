import { describe, expect, it } from 'vitest';
import { createWriteBudget } from '../../src/report/write-budget.ts';

/** Lets items come until each was written, as the outbox would; returns when, and how often each came. */
function writeAll(count: number, more: { externalId?: string } = {}) {
  const clock = { nowMs: 1_000_000 };
  const budget = createWriteBudget(() => clock.nowMs);
  const due = Array.from({ length: count }, (_, index) => ({
    outboxId: String(index),
    atMs: clock.nowMs,
    tries: 0,
  }));
  const writtenAtMs: number[] = [];
  const tries: number[] = [];
  while (due.length > 0) {
    due.sort((left, right) => left.atMs - right.atMs);
    const next = due.shift();
    if (next === undefined) break;
    clock.nowMs = Math.max(clock.nowMs, next.atMs);
    next.tries += 1;
    const waitMs = budget.waitMs({ outboxId: next.outboxId, installationId: '7', ...more });
    if (waitMs > 0) due.push({ ...next, atMs: clock.nowMs + waitMs });
    else {
      writtenAtMs.push(clock.nowMs);
      tries.push(next.tries);
    }
  }
  return { writtenAtMs, mostTries: Math.max(...tries), tookMs: clock.nowMs - 1_000_000 };
}

function mostWithin(timesMs: readonly number[], windowMs: number): number {
  return Math.max(
    ...timesMs.map((endMs) => timesMs.filter((atMs) => atMs > endMs - windowMs && atMs <= endMs).length),
  );
}

describe('the budget of writes', () => {
  it('keeps 600 creations at 60 a minute and 400 an hour, and each comes at most twice', () => {
    const { writtenAtMs, mostTries, tookMs } = writeAll(600);

    expect(writtenAtMs).toHaveLength(600);
    expect(mostWithin(writtenAtMs, 60_000)).toBe(60);
    expect(mostWithin(writtenAtMs, 3_600_000)).toBe(400);
    expect(mostTries).toBe(2);
    expect(tookMs).toBeLessThan(2 * 3_600_000);
  });

  it('keeps edits at 90 a minute', () => {
    const { writtenAtMs, mostTries } = writeAll(300, { externalId: '1' });

    expect(mostWithin(writtenAtMs, 60_000)).toBe(90);
    expect(mostTries).toBe(2);
  });

  it('lets no installation wait for another', () => {
    const budget = createWriteBudget(() => 1_000_000);
    for (let index = 0; index < 100; index += 1)
      budget.waitMs({ outboxId: `a${index}`, installationId: '7' });

    expect(budget.waitMs({ outboxId: 'b', installationId: '7' })).toBeGreaterThan(0);
    expect(budget.waitMs({ outboxId: 'c', installationId: '8' })).toBe(0);
  });
});
