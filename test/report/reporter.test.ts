import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Reporting } from './helpers/reporting.ts';
import { openReporting } from './helpers/reporting.ts';

const REPOSITORY = 'acme/ranking';
const COMMENTS = /\/comments$/;
let room: Reporting;
let pull: number;
beforeAll(async () => {
  room = await openReporting(6);
  pull = room.pulls[0] ?? 0;
});
afterEach(() => room.reset());
afterAll(() => room.close());

/** Each pull request has one comment of ours, with this first line. */
function expectOneCommentEach(line: string): void {
  expect(room.pulls.map((number) => room.ours(number))).toEqual(room.pulls.map(() => [line]));
}

async function wishAll(line: string): Promise<void> {
  for (const number of room.pulls) await room.wishComment(number, line);
}

describe('the reporter', () => {
  it('brings comment and check to GitHub and edits them in place', async () => {
    const reporter = room.start();
    await room.wishComment(pull, 'queued');
    await room.wishCheck(pull);
    await room.settled('sent');
    const first = room.double.comments(REPOSITORY, pull).map(({ id }) => id);

    await room.wishComment(pull, 'verdict');
    await room.wishCheck(pull, { status: 'completed', conclusion: 'success', title: 'Done' });
    reporter.wake();
    await room.settled('sent');

    expect(room.ours(pull)).toEqual(['verdict']);
    expect(room.double.comments(REPOSITORY, pull).map(({ id }) => id)).toEqual(first);
    expect(room.double.checkRuns(REPOSITORY)).toMatchObject([
      { status: 'completed', conclusion: 'success', title: 'Done' },
    ]);
  });

  it('writes once when GitHub does what it is asked and then answers 502, resets or says nothing', async () => {
    const commits = ['commit-then-502', 'commit-then-reset', 'commit-then-timeout'] as const;
    for (const kind of commits) {
      room.double.faults.add({ match: { method: 'POST', path: COMMENTS }, kind, times: 2 });
    }
    await wishAll('verdict');
    room.start();

    await room.settled('sent');

    expectOneCommentEach('verdict');
    expect(room.double.faults.struck.filter(({ kind }) => kind.startsWith('commit-'))).toHaveLength(6);
  });

  it('ends with one comment each under any mixture of faults', async () => {
    const writes = { match: { path: /comments/ } };
    room.double.faults.add({ ...writes, kind: 'commit-then-502', probability: 0.2, times: 8 });
    room.double.faults.add({ ...writes, kind: 'reset', probability: 0.2, times: 8 });
    room.double.faults.add({
      match: { method: 'GET', path: COMMENTS },
      kind: 'stale-list',
      probability: 0.5,
      durationMs: 100,
      times: 12,
    });
    await wishAll('queued');
    room.start({ recheckAfterMs: 200, claimMs: 800 });
    await wishAll('verdict');

    await room.settled('sent');

    expectOneCommentEach('verdict');
  });

  it('removes the copy that a list behind its writes led to', async () => {
    const path = new RegExp(`/${pull}/comments$`);
    room.double.faults.add({ match: { method: 'POST', path }, kind: 'commit-then-502', times: 1 });
    // Both looks before a create; the recheck sees everything.
    room.double.faults.add({
      match: { method: 'GET', path },
      kind: 'stale-list',
      durationMs: 60_000,
      times: 2,
    });
    await wishAll('verdict');
    room.start();

    await room.settled('sent');

    expectOneCommentEach('verdict');
    expect(room.logged.some(({ message }) => message === 'copies were removed')).toBe(true);
  });

  it('finds what it wrote when it could not note it', async () => {
    let broken = true;
    room.start({
      claimMs: 300,
      outbox: {
        ...room.outbox,
        async markSent(item, sent) {
          if (!broken) return room.outbox.markSent(item, sent);
          broken = false;
          throw new Error('the database went away');
        },
      },
    });
    await room.wishComment(pull, 'verdict');

    await room.settled('sent');

    expect(room.ours(pull)).toEqual(['verdict']);
    expect(room.logged.map(({ message }) => message)).toContain('an outbox item was left unfinished');
  });

  it('writes a comment again that somebody deleted, with the next change', async () => {
    room.start();
    await room.wishComment(pull, 'queued');
    await room.settled('sent');
    for (const { id } of room.double.comments(REPOSITORY, pull)) room.double.deleteComment(id, 'ada');

    await room.wishComment(pull, 'verdict');
    await room.settled('sent');

    expect(room.ours(pull)).toEqual(['verdict']);
  });

  it('tells its own comment from copies of it by the author of the pull request', async () => {
    room.start();
    await room.wishComment(pull, 'queued');
    await room.settled('sent');
    const copy = room.double.comments(REPOSITORY, pull)[0]?.body ?? '';
    for (let index = 0; index < 120; index += 1) room.double.comment(REPOSITORY, pull, 'ada', copy);
    await room.database.pool.query('update outbox set external_id = null');

    await room.wishComment(pull, 'verdict');
    await room.settled('sent');

    expect(room.ours(pull)).toEqual(['verdict']);
    expect(room.double.comments(REPOSITORY, pull).filter(({ body }) => body === copy)).toHaveLength(120);
  });

  it('sends nothing while a rate limit lasts, and everything afterwards', async () => {
    const clock = { nowMs: Date.now() };
    const storm = { kind: '403-secondary', times: 1, retryAfterSeconds: 1 } as const;
    room.double.faults.add({ match: { method: 'POST', path: COMMENTS }, ...storm });
    await wishAll('verdict');
    room.start({ concurrency: 1 }, { now: () => clock.nowMs });
    while (room.double.faults.struck.every(({ kind }) => kind !== '403-secondary')) await sleep(5);
    const from = room.double.requests.length;
    await sleep(300);
    const meanwhile = room.double.requests.length - from;
    clock.nowMs += 1_000;

    await room.settled('sent');

    expect(meanwhile).toBe(0);
    expectOneCommentEach('verdict');
  });

  it('gives up on what GitHub refuses, says why, and takes it up again when it changes', async () => {
    room.start();
    await room.wishComment(pull, 'x'.repeat(70_000));
    await room.settled('dead');
    const refusal = room.logged.find(({ level }) => level === 'error');
    expect(refusal).toMatchObject({ message: 'an outbox item cannot be brought to GitHub' });
    expect(JSON.stringify(refusal?.fields)).toContain('GitHub answered 422');

    await room.wishComment(pull, 'verdict');
    await room.settled('sent');

    expect(room.ours(pull)).toEqual(['verdict']);
  });

  it('stops without leaving a claim behind', async () => {
    room.double.faults.add({
      match: { method: 'POST', path: COMMENTS },
      kind: 'slow',
      durationMs: 200,
      times: 1,
    });
    const reporter = room.start();
    await room.wishComment(pull, 'verdict');
    while (room.double.faults.struck.every(({ kind }) => kind !== 'slow')) await sleep(5);

    await reporter.stop();

    const { rows } = await room.database.pool.query('select state from outbox');
    expect(rows).toEqual([{ state: 'sent' }]);
  });

  it('works beside a second one', async () => {
    room.start();
    room.start();
    await wishAll('queued');
    await wishAll('verdict');

    await room.settled('sent');

    expectOneCommentEach('verdict');
  });

  it('sends progress that changes fast once per interval, in its newest version', async () => {
    room.start({ spacingMs: 300 });
    await room.wishComment(pull, 'version 0');
    await room.settled('sent');
    const from = room.double.requests.length;

    for (let version = 1; version <= 10; version += 1) await room.wishComment(pull, `version ${version}`);
    await room.settled('sent');

    const edits = room.double.requests.slice(from).filter(({ method }) => method === 'PATCH');
    expect(room.ours(pull)).toEqual(['version 10']);
    expect(edits.length).toBeLessThan(10);
  });

  it('tells after each attempt, so that runs can be closed', async () => {
    const settled: string[] = [];
    room.start({ onSettled: async (item) => void settled.push(item.slot) });
    await room.wishComment(pull, 'verdict');

    await room.settled('sent');
    while (settled.length === 0) await sleep(5);

    expect(settled).toEqual([`pull/${pull}`]);
  });

  it('goes on after the database did not answer', async () => {
    let refusals = 3;
    room.start({
      outbox: {
        ...room.outbox,
        takeOutboxItem: (claim) =>
          refusals-- > 0 ? Promise.reject(new Error('no connection')) : room.outbox.takeOutboxItem(claim),
      },
    });
    await room.wishComment(pull, 'verdict');

    await room.settled('sent');

    expect(room.ours(pull)).toEqual(['verdict']);
  });
});
