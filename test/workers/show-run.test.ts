import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { setNotice } from '../../src/store/intake.ts';
import { withTransaction } from '../../src/store/pool.ts';
import { passOn } from '../../src/store/runs.ts';
import { showRun, WAITING } from '../../workers/show-run.ts';
import { aPullRequest } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun } from '../helpers/runs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => removeRows(database));
afterAll(() => database.drop());

it('says why a run waits while it waits, and not while it is measured', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  async function shown(): Promise<boolean> {
    await withTransaction(database.pool, (tx) => showRun(tx, run, { publicUrl: undefined }));
    const { rows } = await database.pool.query<{ desired: unknown }>(`select desired from outbox`);
    return rows.length > 0 && rows.every(({ desired }) => JSON.stringify(desired).includes('restless'));
  }

  await setNotice(database.pool, run.id, `${WAITING}the machine is restless`);
  const whileMeasured = await shown();
  await passOn(database.pool, run, { countAttempt: false });
  const whileWaiting = await shown();

  expect([whileMeasured, whileWaiting]).toEqual([false, true]);
});
