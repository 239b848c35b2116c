import { describe, expect, it } from 'vitest';

import { whenAgain } from '../../workers/measure-run.ts';
import { measureLimitMs, RunDeadline } from '../../workers/run-deadline.ts';

const createdAt = new Date('2026-01-01T00:00:00Z');
const soon = createdAt.getTime() + 60_000;
const nextWeek = createdAt.getTime() + 7 * 24 * 60 * 60_000;

describe('a run that failed', () => {
  it('is not tried again when trying again cannot help', () => {
    expect(
      whenAgain({ code: 'access-denied', retryable: false }, { attempt: 1, createdAt }, soon),
    ).toBeUndefined();
  });

  it('is tried three times in all when the failure may pass, with growing pauses', () => {
    const failure = { code: 'runner-failed', retryable: true };

    const plans = [1, 2, 3].map((attempt) => whenAgain(failure, { attempt, createdAt }, soon));

    expect(plans).toEqual([
      { countAttempt: true, delayMs: 5000 },
      { countAttempt: true, delayMs: 10_000 },
      undefined,
    ]);
  });

  it.each(['github-unavailable', 'fetch-token-late', 'repository-unreachable'])(
    'waits a day for GitHub to come back (%s), without using up attempts',
    (code) => {
      const failure = { code, retryable: true };

      expect(whenAgain(failure, { attempt: 3, createdAt }, soon)).toEqual({
        countAttempt: false,
        delayMs: 30_000,
      });
      expect(whenAgain(failure, { attempt: 1, createdAt }, nextWeek)).toBeUndefined();
    },
  );
});

describe('the deadline of a run', () => {
  const scenario = {
    name: 'a',
    requests: [],
    load: {
      warmUpMs: 2500,
      warmUpRequests: 1200,
      connections: 5,
      measuredMs: 3000,
      requestTimeoutMs: 10_000,
    },
    gates: [],
    budgetMs: 120_000,
  };
  const service = {
    directory: '',
    build: [],
    buildTimeoutMs: 300_000,
    start: ['x'],
    port: 'auto' as const,
    readyPath: '/',
    readyTimeoutMs: 20_000,
    env: {},
    hugePages: true,
  };

  it('has room for both builds and for every budget, with one pair beyond each', () => {
    const limitMs = measureLimitMs({ service, scenarios: [scenario, { ...scenario, name: 'b' }] });

    expect(limitMs).toBeGreaterThan(2 * 300_000 + 2 * 120_000);
    expect(limitMs).toBeLessThan(40 * 60_000);
  });

  it('never exceeds four hours, whatever a configuration asks for', () => {
    const scenarios = Array.from({ length: 200 }, () => ({ ...scenario, budgetMs: 600_000 }));

    expect(measureLimitMs({ service, scenarios })).toBe(4 * 60 * 60_000);
  });

  it('fires once, for the last limit that was set, and not after it was cleared', async () => {
    const over: number[] = [];
    const deadline = new RunDeadline((limitMs) => over.push(limitMs));

    deadline.set(60_000);
    deadline.set(10);
    await new Promise((resolve) => setTimeout(resolve, 40));
    deadline.set(5);
    deadline.clear();
    await new Promise((resolve) => setTimeout(resolve, 30));

    expect(over).toEqual([10]);
  });
});
