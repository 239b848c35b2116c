import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreOutcome, WebhookOptions } from '../../src/webhook/delivery.ts';
import { pullRequest } from '../fixtures/payloads/payloads.ts';
import { deliver, type Door, type DoorAnswer, openDoor } from './door.ts';

const payload = pullRequest('opened');

let door: Door | undefined;
afterEach(async () => {
  await door?.close();
  door = undefined;
});

describe('the answer to a delivery', () => {
  it('comes only after the store has committed', async () => {
    const store = heldStore();
    door = await openDoor(store);
    let answered = false;
    const answer = deliver(door, { payload }).then((came) => {
      answered = true;
      return came;
    });
    await store.holding(1);

    expect(answered).toBe(false);
    store.release('stored');

    expect((await answer).status).toBe(202);
  });

  it.each([
    { outcome: 'stored' as const, status: 202, body: { status: 'accepted' } },
    { outcome: 'repeated' as const, status: 202, body: { status: 'repeated' } },
    { outcome: 'conflict' as const, status: 409, body: { error: { code: 'delivery-conflict' } } },
  ])('is $status when the row was $outcome', async ({ outcome, status, body }) => {
    door = await openDoor({ store: () => Promise.resolve(outcome) });

    const answer = await deliver(door, { payload });

    expect(answer).toMatchObject({ status, body });
  });

  it('says that somebody should look when one id came with two bodies', async () => {
    door = await openDoor({ store: () => Promise.resolve('conflict') });

    await deliver(door, { payload });

    expect(door.log).toMatchObject([{ level: 'error', message: 'two bodies under one delivery id' }]);
  });

  it('is 503 with Retry-After when the database fails, without its message', async () => {
    door = await openDoor({
      store: () => Promise.reject(new Error('connect ECONNREFUSED /var/run/postgres password=x')),
    });

    const answer = await deliver(door, { payload });

    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '30' },
      body: { error: { code: 'not-stored', message: 'the delivery could not be stored' } },
    });
    expect(JSON.stringify(answer.body)).not.toContain('ECONNREFUSED');
  });

  it('is 503 when the database does not answer in time', async () => {
    const store = heldStore();
    door = await openDoor({ ...store, storeDeadlineMs: 50 });

    const answer = await deliver(door, { payload });
    store.release('stored');

    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'not-stored' } } });
  });
});

describe('a flood of deliveries', () => {
  it('is stored in turn, a few at once, in the order of arrival', async () => {
    const store = heldStore();
    door = await openDoor({ ...store, maxInFlight: 2, maxWaiting: 10 });
    const answers = flood(door, 6);
    await store.holding(2);

    expect(store.atOnce()).toBe(2);
    store.releaseAll('stored');

    expect(statuses(await Promise.all(answers))).toEqual({ 202: 6 });
    expect(store.mostAtOnce()).toBe(2);
  });

  it('beyond what may wait is refused at once', async () => {
    const store = heldStore();
    door = await openDoor({ ...store, maxInFlight: 2, maxWaiting: 3 });
    const held = flood(door, 5);
    await store.holding(2);

    const refused = await Promise.all(flood(door, 4));
    store.releaseAll('stored');

    const all = statuses([...refused, ...(await Promise.all(held))]);
    expect(all).toEqual({ 202: 5, 503: 4 });
    for (const { status, headers, body } of refused.filter((answer) => answer.status === 503)) {
      expect({ status, headers, body }).toMatchObject({
        headers: { 'retry-after': '30' },
        body: { error: { code: 'busy' } },
      });
    }
  });

  it('leaves every place free again after failures', async () => {
    let failing = true;
    door = await openDoor({
      store: () => (failing ? Promise.reject(new Error('down')) : Promise.resolve('stored')),
      maxInFlight: 2,
      maxWaiting: 20,
    });

    const during = await Promise.all(flood(door, 10));
    failing = false;
    const after = await Promise.all(flood(door, 10));

    expect(statuses(during)).toEqual({ 503: 10 });
    expect(statuses(after)).toEqual({ 202: 10 });
  });
});

function flood(to: Door, count: number): Promise<DoorAnswer>[] {
  return Array.from({ length: count }, () =>
    deliver(to, { payload, headers: { 'X-GitHub-Delivery': randomUUID() } }),
  );
}

function statuses(answers: DoorAnswer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** A store whose promises are settled by the test. */
function heldStore(): Pick<WebhookOptions, 'store'> & {
  holding(count: number): Promise<void>;
  release(outcome: StoreOutcome): void;
  releaseAll(outcome: StoreOutcome): void;
  atOnce(): number;
  mostAtOnce(): number;
} {
  const held: ((outcome: StoreOutcome) => void)[] = [];
  let open: StoreOutcome | undefined;
  let active = 0;
  let most = 0;
  return {
    store: async () => {
      active += 1;
      most = Math.max(most, active);
      const outcome = open ?? (await new Promise<StoreOutcome>((resolve) => held.push(resolve)));
      await new Promise(setImmediate);
      active -= 1;
      return outcome;
    },
    async holding(count) {
      while (held.length < count) await new Promise(setImmediate);
    },
    release: (outcome) => held.shift()?.(outcome),
    releaseAll(outcome) {
      open = outcome;
      for (const resolve of held.splice(0)) resolve(outcome);
    },
    atOnce: () => active,
    mostAtOnce: () => most,
  };
}
