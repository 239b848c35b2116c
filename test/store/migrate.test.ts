import { afterEach, expect, test } from 'vitest';
import { migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { openPool } from '../../src/store/pool.ts';
import { emptyDatabase, freshDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase | undefined;
afterEach(async () => {
  await database?.drop();
  database = undefined;
});

test('an empty database gets every migration once, in order', async () => {
  database = await emptyDatabase();
  const pendingBefore = await pendingMigrations(database.pool);

  const first = await migrate(database.pool);
  const second = await migrate(database.pool);

  expect(pendingBefore.length).toBeGreaterThan(0);
  expect(first.applied).toEqual(pendingBefore);
  expect(second.applied).toEqual([]);
  expect(await pendingMigrations(database.pool)).toEqual([]);
});

test('twenty processes that start at once on an empty database all succeed and apply each file once', async () => {
  database = await emptyDatabase();
  const { connectionString } = database;
  const pending = await pendingMigrations(database.pool);
  const pools = Array.from({ length: 20 }, () => openPool({ connectionString }, { max: 1 }));

  const outcomes = await Promise.all(pools.map((pool) => migrate(pool)));

  expect(outcomes.flatMap((outcome) => outcome.applied)).toEqual(pending);
  const recorded = await database.pool.query<{ name: string }>(
    'select name from schema_migrations order by id',
  );
  expect(recorded.rows.map((row) => row.name)).toEqual(pending);
  await Promise.all(pools.map((pool) => pool.end()));
});

test('a clone of the template lacks nothing', async () => {
  database = await freshDatabase();

  expect(await pendingMigrations(database.pool)).toEqual([]);
});

test('a database with a migration that we do not know is refused in words', async () => {
  database = await freshDatabase();
  await database.pool.query(`update schema_migrations set name = '0000_from-another-time' where id = 1`);

  const attempt = migrate(database.pool);

  await expect(attempt).rejects.toMatchObject({ code: 'migration-failed' });
});
