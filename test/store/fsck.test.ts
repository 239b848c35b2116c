import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { storeDelivery } from '../../src/store/deliveries.ts';
import { findViolations } from '../../src/store/fsck.ts';
import { markSent, putDesired, takeOutboxItem } from '../../src/store/outbox.ts';
import { withTransaction } from '../../src/store/pool.ts';
import { closeReported, finishRun, markDispatched } from '../../src/store/runs.ts';
import { saveEnvironment, savePair } from '../../src/store/trials.ts';
import { saveVerdicts } from '../../src/store/verdicts.ts';
import { heartbeatWorker } from '../../src/store/workers.ts';
import { anEnvironment, aPair, aPullRequest, aVerdict } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun, queuedRun } from '../helpers/runs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => removeRows(database));
afterAll(() => database.drop());

/** One run from request to reported check, with everything that belongs to it. */
async function wholeRun(pull: number): Promise<string> {
  const { pool } = database;
  const run = await leasedRun(pool, aPullRequest(pull).request());
  const environment = anEnvironment();
  await saveEnvironment(pool, environment);
  await savePair(pool, run, aPair(1), environment.fingerprint);
  await withTransaction(pool, async (tx) => {
    await finishRun(tx, run, { state: 'reporting', result: { kind: 'skipped', reason: 'x' }, timings: {} });
    await saveVerdicts(tx, run, [aVerdict('unchanged')]);
    await putDesired(tx, {
      kind: 'check',
      installationId: run.installationId,
      repoId: run.repoId,
      repoFullName: run.repoFullName,
      slot: `run/${run.id}`,
      runId: run.id,
      sourceSequence: run.sequence,
      desired: { status: 'completed' },
    });
  });
  const item = await takeOutboxItem(pool, { claimedBy: 'reporter', claimMs: 1000 });
  if (item !== undefined) await markSent(pool, item, { externalId: String(pull), version: 1 });
  await closeReported(pool);
  return run.id;
}

async function violated(): Promise<string[]> {
  const found = await findViolations(database.pool, { graceMs: 0 });
  return [...new Set(found.map((violation) => violation.invariant))].sort();
}

/** Breaks rows behind the back of the triggers, as a bug or a hand would. */
async function tamper(statement: string): Promise<void> {
  await withTransaction(database.pool, async (tx) => {
    await tx.query('set local session_replication_role = replica');
    await tx.query(statement);
  });
}

test('a database that lived through whole runs has no violations', async () => {
  await wholeRun(1);
  await wholeRun(2);
  const waiting = await queuedRun(database.pool, aPullRequest(3).request());
  await markDispatched(database.pool, waiting.id);
  await leasedRun(database.pool, aPullRequest(4).request());

  expect(await findViolations(database.pool, { graceMs: 0 })).toEqual([]);
});

test.each([
  ['the-last-move-is-the-state', `update runs set state = 'failed'`],
  [
    'moves-follow-each-other',
    `update run_moves set from_state = 'received', to_state = 'queued' where to_state = 'leased'`,
  ],
  ['moves-are-legal', `update run_moves set to_state = 'lost' where to_state = 'done'`],
  ['a-lease-belongs-to-a-leased-run', `update runs set lease_owner = 'w', lease_until = now()`],
  ['a-verdict-is-of-the-last-lease', `update runs set lease_epoch = 9`],
  ['a-verdict-belongs-to-a-judged-run', `update runs set state = 'cancelled'`],
  ['a-pair-has-two-trials', `delete from trials where side = 'base'`],
  ['an-ended-run-says-how', `update runs set result = null`],
  ['an-ended-run-has-its-check', `delete from outbox`],
  ['a-check-of-an-ended-run-is-completed', `update outbox set desired = '{"status": "in_progress"}'`],
  ['no-more-is-sent-than-desired', `update outbox set sent_version = 5`],
  ['sent-means-the-newest', `update outbox set desired_version = 5`],
  [
    'one-slot-an-external-id',
    `insert into outbox (kind, installation_id, repo_id, repo_full_name, slot, run_id,
     source_sequence, desired, external_id) select kind, installation_id, repo_id, repo_full_name, 'run/other',
     run_id, source_sequence, desired, external_id from outbox`,
  ],
] as const)('it is found when %s is broken', async (invariant, statement) => {
  await wholeRun(1);

  await tamper(statement);

  expect(await violated()).toContain(invariant);
});

test('a reported run that nobody closes is found', async () => {
  await wholeRun(1);
  await tamper(`update runs set state = 'reporting', finished_at = null;
    delete from run_moves where to_state = 'done';
    update outbox set updated_at = now() - interval '1 hour'`);

  expect(await violated()).toEqual(['a-reported-run-is-closed']);
});

test('a dead worker, a forgotten run and an endless one are found', async () => {
  await queuedRun(database.pool, aPullRequest(1).request());
  await leasedRun(database.pool, aPullRequest(2).request());
  await database.pool.query(
    `update runs set lease_until = now() - interval '1 s', started_at = now() - interval '6 hours'
     where state = 'leased'`,
  );

  expect(await violated()).toEqual([
    'a-lost-lease-is-taken-back',
    'a-queued-run-is-dispatched',
    'no-run-is-measured-for-ever',
  ]);
});

test('what the loops have not done yet is no violation within its grace', async () => {
  await queuedRun(database.pool, aPullRequest(1).request());
  await storeDelivery(database.pool, { deliveryId: randomUUID(), event: 'push', body: Buffer.from('{}') });

  const within = await findViolations(database.pool, { graceMs: 60_000 });
  const without = await violated();

  expect(within).toEqual([]);
  expect(without).toEqual(['a-delivery-is-understood-soon', 'a-queued-run-is-dispatched']);
});

test('two measurements on one machine and an older head beside a newer are found', async () => {
  for (const workerId of ['w1', 'w2']) {
    await heartbeatWorker(database.pool, { workerId, pool: 'default', machineId: 'm', capabilities: {} });
  }
  await leasedRun(database.pool, aPullRequest(1).withHead('one').request(), { workerId: 'w1' });
  await leasedRun(database.pool, aPullRequest(1).withHead('two').request(), { workerId: 'w2' });
  await database.pool.query(`update runs set phase = 'measuring'`);

  expect(await violated()).toEqual(['an-older-head-is-superseded', 'one-measurement-a-machine']);
});
