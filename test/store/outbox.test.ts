import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Run } from '../../src/domain/run.ts';
import {
  finishRecheck,
  markDead,
  markRetry,
  markSent,
  markUnknown,
  putDesired,
  takeOutboxItem,
  takeRecheck,
  type OutboxItem,
} from '../../src/store/outbox.ts';
import { aPullRequest } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { queuedRun } from '../helpers/runs.ts';

let database: TestDatabase;
let older: Run;
let newer: Run;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(async () => {
  await removeRows(database);
  older = await queuedRun(database.pool, aPullRequest(7).withHead('one').request());
  newer = await queuedRun(database.pool, aPullRequest(7).withHead('two').request());
});
afterAll(() => database.drop());

function wish(run: Run, text: string): Promise<void> {
  return putDesired(database.pool, {
    kind: 'comment',
    installationId: run.installationId,
    repoId: run.repoId,
    repoFullName: run.repoFullName,
    slot: 'pull/7',
    runId: run.id,
    sourceSequence: run.sequence,
    desired: { text },
  });
}

async function take(claimMs = 60_000): Promise<OutboxItem> {
  const item = await takeOutboxItem(database.pool, { claimedBy: 'reporter', claimMs });
  if (item === undefined) throw new Error('nothing was due');
  return item;
}

function nothingDue(): Promise<undefined | OutboxItem> {
  return takeOutboxItem(database.pool, { claimedBy: 'another', claimMs: 1000 });
}

async function stored(): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query<Record<string, unknown>>(
    'select state, desired, desired_version, sent_version, external_id, attempts from outbox',
  );
  expect(rows).toHaveLength(1);
  return rows[0] ?? {};
}

test('a newer wish overwrites an unsent older one, and one send brings the newest', async () => {
  await wish(older, 'queued');
  await wish(older, 'measuring');
  await wish(newer, 'queued again');

  const item = await take();
  await markSent(database.pool, item, { externalId: '55', version: item.desiredVersion });

  expect(item).toMatchObject({ desired: { text: 'queued again' }, desiredVersion: 3, runId: newer.id });
  expect(await stored()).toMatchObject({ state: 'sent', sent_version: 3, external_id: '55', attempts: 0 });
  expect(await nothingDue()).toBeUndefined();
});

test('an older run never overwrites a newer one', async () => {
  await wish(newer, 'new figures');
  await wish(older, 'old figures');

  expect(await stored()).toMatchObject({ desired: { text: 'new figures' }, desired_version: 1 });
});

test('the same wish again is no new version and sends nothing', async () => {
  await wish(older, 'queued');
  const item = await take();
  await markSent(database.pool, item, { externalId: '55', version: 1 });

  await wish(newer, 'queued');

  expect(await stored()).toMatchObject({ state: 'sent', desired_version: 1 });
  expect(await nothingDue()).toBeUndefined();
});

test('a wish that changes while it is being sent is sent again afterwards', async () => {
  await wish(older, 'queued');
  const item = await take();
  await wish(older, 'measuring');

  await markSent(database.pool, item, { externalId: '55', version: item.desiredVersion });

  const next = await take();
  expect(next).toMatchObject({
    desired: { text: 'measuring' },
    desiredVersion: 2,
    sentVersion: 1,
    externalId: '55',
    wasUnknown: false,
  });
});

test('of two reporters one gets the item', async () => {
  await wish(older, 'queued');

  const taken = await Promise.all([1, 2, 3, 4].map(() => nothingDue()));

  expect(taken.filter((item) => item !== undefined)).toHaveLength(1);
});

test('an item of a reporter that died comes back as unknown, and the late one changes nothing', async () => {
  await wish(older, 'queued');
  const late = await take(0);
  const heir = await take();

  const lateMark = await markSent(database.pool, late, { externalId: '1', version: 1 });
  const heirMark = await markSent(database.pool, heir, { externalId: '2', version: 1 });

  expect([late.wasUnknown, heir.wasUnknown]).toEqual([false, true]);
  expect([lateMark, heirMark]).toEqual([false, true]);
  expect(await stored()).toMatchObject({ state: 'sent', external_id: '2' });
});

test('an unknown outcome stays unknown through failed tries and newer wishes until it is sent', async () => {
  await wish(older, 'queued');
  await markUnknown(database.pool, await take(), { error: '502', retryAfterMs: 0 });
  const second = await take();
  await markRetry(database.pool, second, { error: 'listing failed', retryAfterMs: 0 });
  await wish(newer, 'queued anew');
  const third = await take();
  await markSent(database.pool, third, { externalId: '55', version: third.desiredVersion });
  await wish(newer, 'measuring');

  const fourth = await take();

  expect([second, third, fourth].map((item) => item.wasUnknown)).toEqual([true, true, false]);
  expect([second, third, fourth].map((item) => item.attempts)).toEqual([2, 3, 1]);
});

test('a wait that GitHub asked for is kept when the wish changes', async () => {
  await wish(older, 'queued');
  await markRetry(database.pool, await take(), { error: '403 secondary limit', retryAfterMs: 3_600_000 });

  await wish(older, 'measuring');

  expect(await stored()).toMatchObject({ state: 'pending', desired_version: 2 });
  expect(await nothingDue()).toBeUndefined();
});

test('a dead item is not sent until something is wished for again', async () => {
  await wish(older, 'queued');
  await markDead(database.pool, await take(), 'installation removed');
  const whileDead = await nothingDue();
  await wish(newer, 'queued');

  const revived = await take();

  expect(whileDead).toBeUndefined();
  expect(revived).toMatchObject({ attempts: 1, wasUnknown: false });
});

test('after a create the item comes up once more, until the recheck is finished', async () => {
  await wish(older, 'queued');
  const item = await take();
  await markSent(database.pool, item, { externalId: '55', version: 1, recheckAfterMs: 0 });

  const first = await takeRecheck(database.pool, 0);
  const again = await takeRecheck(database.pool, 60_000);
  const claimed = await takeRecheck(database.pool, 60_000);
  await finishRecheck(database.pool, item.outboxId, '54');

  expect(first).toMatchObject({ outboxId: item.outboxId, externalId: '55' });
  expect(again?.outboxId).toBe(item.outboxId);
  expect(claimed).toBeUndefined();
  expect(await stored()).toMatchObject({ external_id: '54', state: 'sent' });
});

test('a recheck that is not due yet is not given out', async () => {
  await wish(older, 'queued');
  await markSent(database.pool, await take(), { externalId: '55', version: 1, recheckAfterMs: 60_000 });

  expect(await takeRecheck(database.pool, 1000)).toBeUndefined();
});
