import { afterEach, expect, it } from 'vitest';

import { emptyDatabase, freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { perfCi } from './helpers.ts';

let database: TestDatabase;
afterEach(() => database.drop());

it('perf-ci migrate names what it applied, and then has nothing to do', async () => {
  database = await emptyDatabase();
  const env = { DATABASE_URL: database.connectionString };

  const first = await perfCi(['migrate'], { env });
  const second = await perfCi(['migrate'], { env });

  expect(first.stdout).toMatch(/^applied:\n {2}0001_deliveries-and-runs\n/);
  expect(second.stdout).toBe('the schema is up to date\n');
  expect([first.code, second.code]).toEqual([0, 0]);
});

it('perf-ci fsck finds nothing in a clean database', async () => {
  database = await freshDatabase();

  const { code, stdout } = await perfCi(['fsck'], { env: { DATABASE_URL: database.connectionString } });

  expect(stdout).toBe('0 promises broken\n');
  expect(code).toBe(0);
});
