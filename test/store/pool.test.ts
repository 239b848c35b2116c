import { afterAll, beforeAll, expect, test } from 'vitest';
import { isDatabaseAway, openPool, waitForDatabase, withTransaction } from '../../src/store/pool.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await database.pool.query('create table notes (note text not null)');
});
afterAll(() => database.drop());

async function notes(): Promise<string[]> {
  const { rows } = await database.pool.query<{ note: string }>('select note from notes order by note');
  return rows.map((row) => row.note);
}

test('a transaction that ends well is committed and gives back its result', async () => {
  const result = await withTransaction(database.pool, async (tx) => {
    await tx.query(`insert into notes values ('kept')`);
    return 7;
  });

  expect(result).toBe(7);
  expect(await notes()).toContain('kept');
});

test('a transaction that throws leaves nothing behind and throws the same error', async () => {
  const error = new Error('on purpose');

  const attempt = withTransaction(database.pool, async (tx) => {
    await tx.query(`insert into notes values ('undone')`);
    throw error;
  });

  await expect(attempt).rejects.toBe(error);
  expect(await notes()).not.toContain('undone');
});

test('a pool survives the death of its idle connections and says so', async () => {
  const errors: Error[] = [];
  const { connectionString } = database;
  const pool = openPool({ connectionString }, { max: 1, onIdleError: (error) => errors.push(error) });
  const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');

  await database.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
  await expect.poll(() => errors.length).toBe(1);

  expect(isDatabaseAway(errors[0])).toBe(true);
  expect((await pool.query('select 1')).rowCount).toBe(1);
  await pool.end();
});

test('a transaction whose connection dies fails without ending the process', async () => {
  const attempt = withTransaction(database.pool, async (tx) => {
    const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
    await database.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    await tx.query('select 1');
  });

  await expect(attempt).rejects.toSatisfy(isDatabaseAway);
  expect((await database.pool.query('select 1')).rowCount).toBe(1);
});

test('a server that is not there is told apart from one that refuses', async () => {
  const nowhere = openPool({ host: '/nonexistent', user: 'app', database: 'postgres' });
  const refusing = openPool({
    connectionString: database.connectionString.replace(/test_[0-9a-f]+/, 'no_such_database'),
  });

  const away = await waitForDatabase(nowhere, 150).catch((error: unknown) => error);
  const refused = await waitForDatabase(refusing, 150).catch((error: unknown) => error);

  expect(away).toMatchObject({ code: 'database-unreachable', retryable: true });
  expect(refused).toMatchObject({ code: 'database-refused', retryable: false });
  await nowhere.end();
  await refusing.end();
});
