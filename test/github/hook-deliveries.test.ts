import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createHookDeliveries,
  type HookAttempt,
  type HookDeliveries,
} from '../../src/github/hook-deliveries.ts';
import { type Receiver, SECRET, startReceiver } from '../github-double/setup.ts';
import type { Room } from './helpers/room.ts';
import { clientOf, countRequests, openRoom } from './helpers/room.ts';

const LIST = /^\/app\/hook\/deliveries$/;
const EVENTS = 230;

let room: Room;
let receiver: Receiver;
let hooks: HookDeliveries;
beforeAll(async () => {
  room = await openRoom();
  receiver = await startReceiver();
  room.double.webhookTarget(receiver.url, SECRET);
  for (let count = 0; count < EVENTS; count += 1) tellOfSomething();
  await room.double.deliveriesSettled();
});
beforeEach(() => {
  hooks = createHookDeliveries(clientOf(room));
  room.double.faults.clear();
  receiver.answerWith(202);
});
afterAll(async () => {
  await room.stop();
  await receiver.stop();
});

/** One delivery. */
function tellOfSomething(): void {
  room.double.comment('acme/ranking', room.pull.number, 'ada', 'a word');
}

async function listed(sinceMs = 0): Promise<HookAttempt[]> {
  const answer = await hooks.listAttempts(sinceMs);
  if (!answer.ok) throw new Error(answer.failure.message);
  return answer.value.attempts;
}

describe('the list of attempts', () => {
  it('is read over all of its pages, newest first, each attempt once', async () => {
    const from = room.double.requests.length;

    const attempts = await listed();

    expect(new Set(attempts.map(({ guid }) => guid))).toEqual(
      new Set(room.double.deliveries.map(({ id }) => id)),
    );
    expect(new Set(attempts.map(({ id }) => id)).size).toBe(attempts.length);
    expect(attempts.map(({ id }) => Number(id))).toEqual(
      attempts.map(({ id }) => Number(id)).toSorted((one, other) => other - one),
    );
    expect(countRequests(room, from, 'GET', LIST)).toBe(3);
  });

  it('ends with the page on which the time begins that is asked about', async () => {
    const from = room.double.requests.length;

    const attempts = await listed(Date.now() + 60_000);

    expect(attempts).toEqual([]);
    expect(countRequests(room, from, 'GET', LIST)).toBe(1);
  });

  it('says when it is longer than what is read at once', async () => {
    const short = createHookDeliveries(clientOf(room), { mostPages: 2 });

    expect(await short.listAttempts(0)).toMatchObject({ ok: true, value: { isWhole: false } });
    expect(await hooks.listAttempts(0)).toMatchObject({ ok: true, value: { isWhole: true } });
  });

  it('is not begun after an abort', async () => {
    const from = room.double.requests.length;

    const answer = await hooks.listAttempts(0, AbortSignal.abort());

    expect(answer).toEqual({ ok: true, value: { attempts: [], isWhole: false } });
    expect(countRequests(room, from, 'GET', LIST)).toBe(0);
  });

  it('shows what was answered, and when', async () => {
    receiver.answerWith(503);
    const beforeMs = Date.now();
    tellOfSomething();
    await room.double.deliveriesSettled();

    const [newest] = await listed();

    expect(newest).toMatchObject({
      guid: room.double.deliveries.at(-1)?.id,
      statusCode: 503,
      isRedelivery: false,
    });
    // GitHub gives whole seconds.
    expect(newest?.deliveredAtMs).toBeGreaterThan(beforeMs - 1_001);
    expect(newest?.deliveredAtMs).toBeLessThanOrEqual(Date.now());
  });

  it('fails as a whole when a page does', async () => {
    const strikes = { match: { path: LIST }, kind: 'slow', durationMs: 0 } as const;
    room.double.faults.add({ ...strikes, times: 1 });
    room.double.faults.add({ match: { path: LIST }, kind: '502', times: 1 });

    expect(await hooks.listAttempts(0)).toMatchObject({ ok: false, failure: { kind: 'unknown-outcome' } });
  });
});

describe('a redelivery', () => {
  it('is another attempt of the same event', async () => {
    receiver.answerWith(503);
    tellOfSomething();
    await room.double.deliveriesSettled();
    const [failed] = await listed();
    receiver.answerWith(202);

    const answer = await hooks.redeliver(failed?.id ?? '');
    await room.double.deliveriesSettled();

    expect(answer).toEqual({ ok: true, value: undefined });
    const [again] = await listed();
    expect(again).toMatchObject({ guid: failed?.guid, statusCode: 202, isRedelivery: true });
    expect(again?.id).not.toBe(failed?.id);
  });

  it('of an attempt that GitHub does not know is refused for good', async () => {
    expect(await hooks.redeliver('1')).toMatchObject({
      ok: false,
      failure: { kind: 'rejected', status: 404 },
    });
  });

  it('is asked for once, also when the answer is lost', async () => {
    const [newest] = await listed();
    const from = room.double.requests.length;
    room.double.faults.add({ match: { path: /\/attempts$/ }, kind: 'commit-then-502', times: 1 });

    const answer = await hooks.redeliver(newest?.id ?? '');

    expect(answer).toMatchObject({ ok: false, failure: { kind: 'unknown-outcome' } });
    expect(countRequests(room, from, 'POST', /\/attempts$/)).toBe(1);
  });
});
