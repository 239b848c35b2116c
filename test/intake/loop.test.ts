import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PerfCiError } from '../../src/domain/errors.ts';
import { type Intake, processNext, startIntake } from '../../src/intake/loop.ts';
import type { IntakeStore } from '../../src/intake/ports.ts';
import { comment, pullRequest } from '../fixtures/payloads/payloads.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Harness, makeHarness, openPull, STORE } from './harness.ts';

let database: TestDatabase;
let bot: Harness;
let intake: Intake | undefined;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(async () => {
  await database.pool.query('truncate runs, deliveries, installations, repositories, pull_requests cascade');
  bot = makeHarness(database.pool);
});
afterEach(async () => {
  await intake?.stop();
  intake = undefined;
});
afterAll(() => database.drop());

function opened(number: number): Record<string, unknown> {
  return pullRequest('opened', { number, 'pull_request.number': number });
}

const DOWN = new PerfCiError('github-unavailable', 'GitHub answered 502', { retryable: true });

describe('processNext', () => {
  it('says when there is nothing to do', async () => {
    expect(await processNext(bot.ports)).toBe('none');
  });

  it('puts a delivery off when GitHub is down, and leaves no trace of the attempt', async () => {
    bot.github.broken = DOWN;

    const end = await bot.handle('pull_request', opened(1));

    expect(end).toEqual({ state: 'new', reason: 'GitHub answered 502' });
    expect(await bot.runs(1)).toEqual([]);
    expect((await bot.pool.query('select 1 from repositories')).rowCount).toBe(0);
  });

  it('leaves GitHub alone for as long as it asked', async () => {
    const details = { retryAfterMs: 120_000 };
    bot.github.broken = new PerfCiError('github-unavailable', 'slow down', { retryable: true, details });

    const id = await bot.store('pull_request', opened(1));
    await bot.drain();

    const { rows } = await bot.pool.query<{ early: boolean; late: boolean }>(
      `select next_try_at < now() + interval '110 s' as early, next_try_at > now() + interval '120 s' as late
       from deliveries where delivery_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ early: false, late: false }]);
  });

  it('handles it once GitHub is back', async () => {
    bot.github.broken = DOWN;
    const id = await bot.store('pull_request', opened(1));
    await bot.drain();
    bot.github.broken = undefined;
    bot.github.pulls.set(1, openPull());
    await bot.hurry();

    await bot.drain();

    expect(await bot.delivery(id)).toMatchObject({ state: 'done' });
    expect(await bot.runs(1)).toHaveLength(1);
  });

  it('gives a delivery up after eight tries and says that somebody should look', async () => {
    bot.github.broken = new TypeError('poison');
    const id = await bot.store('pull_request', opened(1));

    const ends: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      ends.push(...(await bot.drain()));
      await bot.hurry();
    }

    expect(ends).toEqual([...Array(7).fill('retry'), 'dead']);
    expect(await bot.delivery(id)).toEqual({ state: 'dead', reason: 'poison' });
    expect(bot.log).toContainEqual({ level: 'error', message: 'delivery given up' });
  });

  it('is not held up by a poisoned delivery', async () => {
    bot.github.readPullRequest = ({ number }) =>
      number === 1 ? Promise.reject(new TypeError('poison')) : Promise.resolve(openPull());
    await bot.store('pull_request', opened(1));
    const healthy = await bot.store('pull_request', opened(2));

    await bot.drain();

    expect(await bot.delivery(healthy)).toMatchObject({ state: 'done' });
  });

  it('undoes everything of a delivery whose last write fails', async () => {
    bot.github.pulls.set(1, openPull());
    bot.ports.show.showRun = () => Promise.reject(new Error('cannot show'));

    await bot.handle('pull_request', opened(1));

    expect(await bot.runs(1)).toEqual([]);
  });

  it('calls a body dead that does not pass the door any more', async () => {
    const end = await bot.handle('pull_request', { ...opened(1), pull_request: null });

    expect(end).toEqual({ state: 'dead', reason: 'pull_request: object expected, found null' });
  });

  it('ignores for good what GitHub refuses for good', async () => {
    bot.github.broken = new PerfCiError('github-refused', 'the App lacks the permission pull_requests');

    const end = await bot.handle('pull_request', opened(1));

    expect(end.state).toBe('ignored');
    expect(bot.log).toContainEqual({ level: 'error', message: 'GitHub refuses to tell the App' });
  });

  it('handles one of fifty copies of a command that arrive together', async () => {
    bot.github.pulls.set(2, openPull());
    bot.github.permissions.set('21031067', 'write');
    const payload = comment('/perf run');
    for (let copy = 0; copy < 50; copy += 1) await bot.store('issue_comment', payload, randomUUID());

    const ends = await Promise.all(Array.from({ length: 4 }, () => bot.drain()));

    expect(ends.flat().sort()).toEqual(['done', ...Array(49).fill('ignored')]);
    expect(await bot.runs(2)).toHaveLength(1);
    expect(bot.notices).toEqual([]);
  });
});

describe('startIntake', () => {
  it('handles what is there at its start and, when woken, what comes later', async () => {
    for (const number of [1, 2]) bot.github.pulls.set(number, openPull());
    await bot.store('pull_request', opened(1));

    intake = startIntake({ ...bot.ports, pollMs: 60_000 });
    await vi.waitFor(async () => expect(await bot.runs(1)).toHaveLength(1));
    await bot.store('pull_request', opened(2));
    intake.notify();

    await vi.waitFor(async () => expect(await bot.runs(2)).toHaveLength(1));
  });

  it('finds by itself what nobody woke it for', async () => {
    bot.github.pulls.set(1, openPull());
    intake = startIntake({ ...bot.ports, pollMs: 20 });
    await bot.store('pull_request', opened(1));

    await vi.waitFor(async () => expect(await bot.runs(1)).toHaveLength(1));
  });

  it('finishes the delivery in hand when it is stopped, and takes no other', async () => {
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const readPullRequest = vi.fn(async () => {
      await held;
      return openPull();
    });
    bot.github.readPullRequest = readPullRequest;
    const first = await bot.store('pull_request', opened(1));
    intake = startIntake({ ...bot.ports, pollMs: 20 });
    await vi.waitFor(() => expect(readPullRequest).toHaveBeenCalled());
    const second = await bot.store('pull_request', opened(2));

    const stopping = intake.stop();
    letGo();
    await stopping;

    expect(await bot.delivery(first)).toMatchObject({ state: 'done' });
    expect(await bot.delivery(second)).toMatchObject({ state: 'new' });
  });

  it('puts a delivery off when GitHub never answers', async () => {
    bot.github.readPullRequest = () => new Promise(() => undefined);
    const id = await bot.store('pull_request', opened(1));

    intake = startIntake({ ...bot.ports, pollMs: 20, githubDeadlineMs: 20 });

    await vi.waitFor(async () =>
      expect(await bot.delivery(id)).toEqual({
        state: 'new',
        reason: 'an answer of GitHub expected within 20 ms',
      }),
    );
  });

  it('goes on after an outage of the database, and speaks of it once', async () => {
    let away = 3;
    const store: IntakeStore = {
      ...STORE,
      takeDelivery: (tx) => (away-- > 0 ? Promise.reject(new Error('away')) : STORE.takeDelivery(tx)),
    };
    bot.github.pulls.set(1, openPull());
    await bot.store('pull_request', opened(1));

    intake = startIntake({ ...bot.ports, store, pollMs: 5 });

    await vi.waitFor(async () => expect(await bot.runs(1)).toHaveLength(1));
    expect(bot.log.filter(({ level }) => level === 'error')).toEqual([
      { level: 'error', message: 'intake cannot reach the database' },
    ]);
  });
});
