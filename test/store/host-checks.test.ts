import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { firstLeasedAt, saveHostCheck, steadyHostChecks } from '../../src/store/host-checks.ts';
import { passOn } from '../../src/store/pass-on.ts';
import { claimRun } from '../../src/store/runs.ts';
import { aPullRequest } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun, queuedRun } from '../helpers/runs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => removeRows(database));
afterAll(() => database.drop());

const look = (load1: number, steady = true) => ({ facts: { load1 }, outcome: 'accepted' as const, steady });

test('of each machine the newest steady looks come back, newest first', async () => {
  for (const load1 of [1, 2, 3]) await saveHostCheck(database.pool, 'a', look(load1));
  await saveHostCheck(database.pool, 'a', { ...look(4, false), outcome: 'refused' });
  await saveHostCheck(database.pool, 'b', look(5));

  expect(await steadyHostChecks(database.pool, 'a', 2)).toEqual([{ load1: 3 }, { load1: 2 }]);
  expect(await steadyHostChecks(database.pool, 'b', 2)).toEqual([{ load1: 5 }]);
  expect(await steadyHostChecks(database.pool, 'c', 2)).toEqual([]);
});

test('a machine keeps five hundred looks, and none of them for another', async () => {
  await saveHostCheck(database.pool, 'b', look(1));
  await database.pool.query(
    `insert into host_checks (machine_id, facts, outcome)
     select 'a', '{"load1": 0, "steady": true}', 'accepted' from generate_series(1, 600)`,
  );
  await saveHostCheck(database.pool, 'a', look(7));

  const { rows } = await database.pool.query<{ machine_id: string; kept: number }>(
    `select machine_id, count(*)::int as kept from host_checks group by 1 order by 1`,
  );
  expect(rows).toEqual([
    { machine_id: 'a', kept: 500 },
    { machine_id: 'b', kept: 1 },
  ]);
  expect(await steadyHostChecks(database.pool, 'a', 1)).toEqual([{ load1: 7 }]);
});

test('the first time a worker took a run stays the first, however often it is put back', async () => {
  const waiting = await queuedRun(database.pool, aPullRequest(8).request());
  expect(await firstLeasedAt(database.pool, waiting.id)).toBeUndefined();

  const run = await leasedRun(database.pool, aPullRequest(7).request());
  const first = await firstLeasedAt(database.pool, run.id);
  await passOn(database.pool, run, { countAttempt: false });
  await claimRun(database.pool, { runId: run.id, pool: 'default', workerId: 'worker-2', leaseMs: 60_000 });

  expect(first).toBeInstanceOf(Date);
  expect(await firstLeasedAt(database.pool, run.id)).toEqual(first);
});
