import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunResult } from '../../src/domain/run.ts';
import { markDead, markSent, putDesired, takeOutboxItem } from '../../src/store/outbox.ts';
import {
  claimRun,
  closeReported,
  finishRun,
  markDispatched,
  queuePosition,
  runById,
  runsToDispatch,
} from '../../src/store/runs.ts';
import { aPullRequest, aPush } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun, queuedRun } from '../helpers/runs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => removeRows(database));
afterAll(() => database.drop());

const skipped: RunResult = { kind: 'skipped', reason: 'only documents changed' };

test('queued runs are to be dispatched, the most urgent first, for their next attempt', async () => {
  const push = await queuedRun(database.pool, aPush('merged').request());
  const pull = await queuedRun(database.pool, aPullRequest(7).request());

  const waiting = await runsToDispatch(database.pool, 20_000);

  expect(waiting).toEqual([
    { id: pull.id, attempt: 1, pool: 'default', priority: 10 },
    { id: push.id, attempt: 1, pool: 'default', priority: 50 },
  ]);
});

test('a dispatched run comes up again only when no worker took it for a while', async () => {
  const run = await queuedRun(database.pool, aPullRequest(7).request());
  const marked = await markDispatched(database.pool, run.id);

  const fresh = await runsToDispatch(database.pool, 20_000);
  await database.pool.query(`update runs set dispatched_at = now() - interval '21 s'`);
  const stale = await runsToDispatch(database.pool, 20_000);
  const markedAgain = await markDispatched(database.pool, run.id);
  const afterwards = await runsToDispatch(database.pool, 20_000);

  expect([marked, markedAgain]).toEqual([true, true]);
  expect([fresh.length, stale.length, afterwards.length]).toEqual([0, 1, 0]);
});

test('a run that a worker took meanwhile is not marked dispatched', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());

  expect(await markDispatched(database.pool, run.id)).toBe(false);
  expect((await runById(database.pool, run.id))?.state).toBe('leased');
});

async function reportingRun(pull: number): Promise<{ id: string; wish: Parameters<typeof putDesired>[1] }> {
  const run = await leasedRun(database.pool, aPullRequest(pull).request());
  await finishRun(database.pool, run, { state: 'reporting', result: skipped, timings: {} });
  return {
    id: run.id,
    wish: {
      kind: 'check',
      installationId: run.installationId,
      repoId: run.repoId,
      repoFullName: run.repoFullName,
      slot: `run/${run.id}`,
      runId: run.id,
      sourceSequence: run.sequence,
      desired: { status: 'completed' },
    },
  };
}

test('a reported run is closed when all of it is sent, not before', async () => {
  const { id, wish } = await reportingRun(7);
  await putDesired(database.pool, wish);
  const before = await closeReported(database.pool);
  const item = await takeOutboxItem(database.pool, { claimedBy: 'reporter', claimMs: 1000 });
  const whileSending = await closeReported(database.pool);
  if (item !== undefined) await markSent(database.pool, item, { externalId: '1', version: 1 });

  const after = await closeReported(database.pool);

  expect([before, whileSending, after]).toEqual([[], [], [id]]);
  expect(await runById(database.pool, id)).toMatchObject({ state: 'done', finishedAt: expect.any(Date) });
});

test('what GitHub will never take does not keep a run open', async () => {
  const { id, wish } = await reportingRun(7);
  await putDesired(database.pool, wish);
  const item = await takeOutboxItem(database.pool, { claimedBy: 'reporter', claimMs: 1000 });
  if (item !== undefined) await markDead(database.pool, item, 'installation removed');

  expect(await closeReported(database.pool)).toEqual([id]);
});

test('the queue position counts who goes first, and no time is guessed without history', async () => {
  await leasedRun(database.pool, aPullRequest(1).request());
  const push = await queuedRun(database.pool, aPush('merged').request());
  const first = await queuedRun(database.pool, aPullRequest(2).request());
  const second = await queuedRun(database.pool, aPullRequest(3).request());

  const positions = await Promise.all(
    [first, second, push].map((run) => queuePosition(database.pool, run.id)),
  );

  expect(positions).toEqual([1, 2, 3].map((position) => ({ position, typicalMs: undefined })));
});

test('the typical time is the median of what runs of this repository took from claim to result', async () => {
  for (const [pull, seconds] of [
    [1, 100],
    [2, 300],
    [3, 200],
  ] as const) {
    const { id } = await reportingRun(pull);
    await database.pool.query(
      `update runs r set started_at = m.moved_at - $2 * interval '1 s'
       from run_moves m where m.run_id = r.id and m.to_state = 'reporting' and r.id = $1`,
      [id, seconds],
    );
  }
  const run = await queuedRun(database.pool, aPullRequest(9).request());

  expect(await queuePosition(database.pool, run.id)).toEqual({ position: 1, typicalMs: 200_000 });
});

test('a run that does not wait has no place in the queue', async () => {
  const run = await queuedRun(database.pool, aPullRequest(7).request());
  await claimRun(database.pool, { pool: 'default', workerId: 'worker-1', leaseMs: 1000 });

  expect(await queuePosition(database.pool, run.id)).toBeUndefined();
});
