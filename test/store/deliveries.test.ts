import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { finishDelivery, retryDelivery, storeDelivery, takeDelivery } from '../../src/store/deliveries.ts';
import { withTransaction } from '../../src/store/pool.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => removeRows(database));
afterAll(() => database.drop());

const body = Buffer.from([0x7b, 0xff, 0x00, 0x7d]);

function aDelivery(deliveryId = randomUUID()): { deliveryId: string; event: string; body: Buffer } {
  return { deliveryId, event: 'pull_request', body };
}

async function takeOne(): Promise<string | undefined> {
  return withTransaction(database.pool, async (tx) => (await takeDelivery(tx))?.deliveryId);
}

test('a delivery is stored once, and its body comes back byte for byte', async () => {
  const delivery = { ...aDelivery(), action: 'opened' };

  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () => storeDelivery(database.pool, delivery)),
  );
  const taken = await withTransaction(database.pool, takeDelivery);

  expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === 'repeated')).toHaveLength(19);
  expect(taken).toMatchObject({ deliveryId: delivery.deliveryId, action: 'opened', body, attempts: 0 });
});

test('the same id with another body is a conflict and changes nothing', async () => {
  const delivery = aDelivery();
  await storeDelivery(database.pool, delivery);

  const outcome = await storeDelivery(database.pool, { ...delivery, body: Buffer.from('{}') });

  expect(outcome).toBe('conflict');
  expect((await withTransaction(database.pool, takeDelivery))?.body).toEqual(body);
});

test('an ignored delivery is kept and never taken', async () => {
  await storeDelivery(database.pool, { ...aDelivery(), ignoredBecause: 'event star is of no use' });

  const { rows } = await database.pool.query('select state, reason, processed_at from deliveries');

  expect(await takeOne()).toBeUndefined();
  expect(rows).toMatchObject([{ state: 'ignored', reason: 'event star is of no use' }]);
  expect(rows[0]).toHaveProperty('processed_at', expect.any(Date));
});

test('two takers never hold the same delivery, and the oldest goes first', async () => {
  const first = aDelivery();
  const second = aDelivery();
  await storeDelivery(database.pool, first);
  await storeDelivery(database.pool, second);

  const held = await withTransaction(database.pool, async (tx) => {
    const mine = await takeDelivery(tx);
    return [mine?.deliveryId, await takeOne()];
  });

  expect(held).toEqual([first.deliveryId, second.deliveryId]);
});

test('a finished delivery is not taken again, an unfinished one is', async () => {
  const done = aDelivery();
  await storeDelivery(database.pool, done);
  await withTransaction(database.pool, async (tx) => {
    await takeDelivery(tx);
    await finishDelivery(tx, done.deliveryId, { state: 'done' });
  });
  const left = aDelivery();
  await storeDelivery(database.pool, left);

  expect(await takeOne()).toBe(left.deliveryId);
  expect(await takeOne()).toBe(left.deliveryId);
});

test('a delivery that fails waits, and after the eighth failure it is dead and the next one is served', async () => {
  const poison = aDelivery();
  await storeDelivery(database.pool, poison);
  const next = aDelivery();
  await storeDelivery(database.pool, next);

  const first = await retryDelivery(database.pool, poison.deliveryId, 'it broke');
  const takenMeanwhile = await takeOne();
  const later: string[] = [];
  for (let attempt = 2; attempt <= 8; attempt += 1) {
    later.push(await retryDelivery(database.pool, poison.deliveryId, 'it broke again'));
  }

  expect(first).toBe('retry');
  expect(takenMeanwhile).toBe(next.deliveryId);
  expect(later).toEqual([...Array.from({ length: 6 }, () => 'retry'), 'dead']);
  const { rows } = await database.pool.query(
    'select state, attempts, reason from deliveries where state = $1',
    ['dead'],
  );
  expect(rows).toEqual([{ state: 'dead', attempts: 8, reason: 'it broke again' }]);
});

test('keeps trying what only waits for GitHub, for a day and not for ever', async () => {
  const patient = { deliveryId: randomUUID(), event: 'push', body: Buffer.from('{"n":"patient"}') };
  await storeDelivery(database.pool, patient);

  const outcomes: string[] = [];
  for (let tries = 0; tries < 12; tries += 1) {
    outcomes.push(
      await retryDelivery(database.pool, patient.deliveryId, 'GitHub is away', { mayPass: true }),
    );
  }
  await database.pool.query(
    `update deliveries set received_at = now() - interval '25 hours' where delivery_id = $1`,
    [patient.deliveryId],
  );
  outcomes.push(await retryDelivery(database.pool, patient.deliveryId, 'GitHub is away', { mayPass: true }));

  expect(outcomes).toEqual([...Array.from({ length: 12 }, () => 'retry'), 'dead']);
});

test.each([
  { asked: 'for longer than its own pause', leastWaitMs: 60_000, waitMs: 60_000 },
  { asked: 'for less', leastWaitMs: 10, waitMs: 2_000 },
  { asked: 'for a year', leastWaitMs: 365 * 86_400_000, waitMs: 3_600_000 },
])('a delivery that GitHub asked to put off $asked waits $waitMs ms', async ({ leastWaitMs, waitMs }) => {
  const delivery = aDelivery();
  await storeDelivery(database.pool, delivery);

  const outcome = await retryDelivery(database.pool, delivery.deliveryId, 'slow down', {
    mayPass: true,
    leastWaitMs,
  });

  expect(outcome).toBe('retry');
  const { rows } = await database.pool.query<{ wait_ms: number }>(
    `select (extract(epoch from next_try_at - now()) * 1000)::float8 as wait_ms from deliveries`,
  );
  expect(rows[0]?.wait_ms).toBeGreaterThan(waitMs - 1_500);
  expect(rows[0]?.wait_ms).toBeLessThanOrEqual(waitMs);
});
