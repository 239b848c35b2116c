import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { openPool, type Pool } from '../../src/store/pool.ts';
import { TEMPLATE, withDatabaseName } from './database-name.ts';

export interface TestDatabase {
  pool: Pool;
  connectionString: string;
  /** Closes the pool and removes the database, also under connections that others left open. */
  drop: () => Promise<void>;
}

/** A fresh migrated database of its own: a clone of the template that global-setup.ts made. */
export function freshDatabase(): Promise<TestDatabase> {
  return createDatabase(TEMPLATE);
}

/**
 * Removes all rows that tests make: quicker than another {@link freshDatabase} for each test of a file. Rows of
 * migrations (legal moves, what was applied) stay.
 */
export async function removeRows(database: TestDatabase): Promise<void> {
  // One text, one round trip, one commit; deletes are quicker than truncate on tables this small.
  await database.pool.query(`
    delete from fetch_token_requests; delete from outbox; delete from run_logs; delete from run_profiles;
    delete from control_outcomes; delete from host_checks; delete from verdicts;
    delete from trials; delete from pairs; delete from environments; delete from run_moves;
    delete from runs; delete from deliveries; delete from pull_requests; delete from repositories;
    delete from installations; delete from workers; delete from installation_settings`);
}

/** A fresh database without any table. */
export function emptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template0');
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const server = inject('databaseServer');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `create database ${name} template ${template} strategy wal_log`);
  const connectionString = withDatabaseName(server, name);
  const pool = openPool({ connectionString }, { max: 5, applicationName: name });
  return {
    pool,
    connectionString,
    drop: async () => {
      await pool.end();
      await onServer(server, `drop database if exists ${name} with (force)`);
    },
  };
}

async function onServer(server: string, statement: string): Promise<void> {
  const admin = openPool({ connectionString: server }, { max: 1 });
  try {
    await admin.query(statement);
  } finally {
    await admin.end();
  }
}
