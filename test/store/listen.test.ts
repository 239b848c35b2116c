import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { storeDelivery } from '../../src/store/deliveries.ts';
import { askFetchToken } from '../../src/store/fetch-tokens.ts';
import { startListening, type WakeUp } from '../../src/store/listen.ts';
import { putDesired } from '../../src/store/outbox.ts';
import { withTransaction } from '../../src/store/pool.ts';
import { closeReported, createRun, markDispatched, reapExpiredLeases } from '../../src/store/runs.ts';
import { aPullRequest } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { queuedRun } from '../helpers/runs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => removeRows(database));
afterAll(() => database.drop());

let heard: (WakeUp | undefined)[] = [];
let listener: { stop(): Promise<void> } | undefined;
afterEach(() => listener?.stop());

async function listen(): Promise<void> {
  heard = [];
  listener = startListening({ connectionString: database.connectionString }, (what) => heard.push(what));
  await expect.poll(() => heard).toEqual([undefined]);
  heard = [];
}

test('each kind of new work wakes whoever listens, at commit', async () => {
  await listen();

  await storeDelivery(database.pool, { deliveryId: randomUUID(), event: 'push', body: Buffer.from('{}') });
  await expect.poll(() => heard).toEqual(['deliveries']);
  const run = await queuedRun(database.pool, aPullRequest(7).request());
  await expect.poll(() => heard).toContain('runs');
  await askFetchToken(database.pool, { runId: run.id, leaseEpoch: '1', publicKey: Buffer.from([1]) });
  await expect.poll(() => heard).toContain('fetch-tokens');
  await putDesired(database.pool, {
    kind: 'comment',
    installationId: '1',
    repoId: run.repoId,
    repoFullName: run.repoFullName,
    slot: 'pull/7',
    runId: run.id,
    sourceSequence: run.sequence,
    desired: { text: 'queued' },
  });

  await expect.poll(() => heard).toContain('outbox');
});

test('a look that changes nothing wakes nobody, or the lookers would wake themselves for ever', async () => {
  const run = await queuedRun(database.pool, aPullRequest(7).request());
  await listen();

  await closeReported(database.pool);
  await markDispatched(database.pool, run.id);
  await markDispatched(database.pool, run.id);
  await withTransaction(database.pool, (tx) => reapExpiredLeases(tx));
  await storeDelivery(database.pool, { deliveryId: randomUUID(), event: 'push', body: Buffer.from('{}') });

  await expect.poll(() => heard).toEqual(['deliveries']);
});

test('nothing is heard of what was rolled back', async () => {
  await listen();
  const undone = withTransaction(database.pool, async (tx) => {
    await createRun(tx, aPullRequest(7).request(), 'queued');
    throw new Error('on purpose');
  });
  await expect(undone).rejects.toThrow('on purpose');

  await storeDelivery(database.pool, { deliveryId: randomUUID(), event: 'push', body: Buffer.from('{}') });

  await expect.poll(() => heard).toEqual(['deliveries']);
});

test('a connection that breaks is made again, and then anything may have changed', async () => {
  await listen();

  await database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'perf-ci listen' and datname = current_database()`,
  );
  await expect.poll(() => heard, { timeout: 5000 }).toEqual([undefined]);
  await storeDelivery(database.pool, { deliveryId: randomUUID(), event: 'push', body: Buffer.from('{}') });

  await expect.poll(() => heard).toContain('deliveries');
});
