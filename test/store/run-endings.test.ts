import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { withTransaction } from '../../src/store/pool.ts';
import { cancelRunsOfRemoved, finishRun, renewLease, resultOf } from '../../src/store/runs.ts';
import { aPullRequest, aPush } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun, queuedRun, statesOf } from '../helpers/runs.ts';

const BY = 'App removed from the repository';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => removeRows(database));
afterAll(() => database.drop());

async function cancel(removed: { installationId: string; repoIds?: string[] }): Promise<string[]> {
  const ended = await withTransaction(database.pool, (tx) => cancelRunsOfRemoved(tx, { ...removed, by: BY }));
  return ended.map((run) => run.id).sort();
}

test('a removed installation ends all that it has open, pushes too, and says why', async () => {
  const leased = await leasedRun(database.pool, aPullRequest(7).request());
  const push = await queuedRun(database.pool, aPush('merged').request());
  const other = await queuedRun(database.pool, aPullRequest(8).with({ installationId: '901' }).request());

  const ended = await cancel({ installationId: '900' });

  expect(ended).toEqual([leased.id, push.id].sort());
  expect((await resultOf(database.pool, push.id)).result).toEqual({ kind: 'cancelled', by: BY });
  expect(await statesOf(database.pool, other.id)).toEqual(['received', 'queued']);
});

test('the worker that holds such a run learns it at its next heartbeat', async () => {
  const leased = await leasedRun(database.pool, aPullRequest(7).request());

  await cancel({ installationId: '900' });

  expect(await renewLease(database.pool, { ...leased, leaseMs: 60_000 })).toEqual({
    held: false,
    state: 'cancelled',
    cancelledBy: BY,
  });
});

test('a repository that was taken from an installation ends its own runs only', async () => {
  const taken = await queuedRun(database.pool, aPullRequest(7).request());
  const kept = aPullRequest(7).inRepository('5002', 'acme/other').request();
  const moved = aPullRequest(9).with({ installationId: '901' }).request();
  await queuedRun(database.pool, kept);
  await queuedRun(database.pool, moved);

  expect(await cancel({ installationId: '900', repoIds: ['5001'] })).toEqual([taken.id]);
  expect(await cancel({ installationId: '900', repoIds: [] })).toEqual([]);
});

test('a run that has its answer keeps it', async () => {
  const leased = await leasedRun(database.pool, aPullRequest(7).request());
  const result = { kind: 'skipped', reason: 'nothing to measure' } as const;
  await finishRun(database.pool, leased, { state: 'reporting', result, timings: {} });

  expect(await cancel({ installationId: '900' })).toEqual([]);
  expect((await resultOf(database.pool, leased.id)).result).toEqual(result);
});
