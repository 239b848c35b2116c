import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openPool } from '../../src/store/pool.ts';
import { TEMPLATE, withDatabaseName } from './database-name.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of the server on which every test makes its own databases. */
    databaseServer: string;
  }
}

/**
 * One Postgres server for the whole run, with a migrated template to clone. PERF_CI_TEST_DATABASE_URL names
 * another server to use, with a user who may create databases.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['PERF_CI_TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') {
    await makeTemplate(given);
    project.provide('databaseServer', given);
    return () => Promise.resolve();
  }
  const folder = mkdtempSync(join(tmpdir(), 'perf-ci-test-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const server = await startEmbeddedPostgres({ folder }).catch((error: unknown) => {
    remove();
    throw error;
  });
  await forgetSafety(server.connectionString);
  await makeTemplate(server.connectionString);
  project.provide('databaseServer', server.connectionString);
  return async () => {
    await server.stop();
    remove();
  };
}

/** A server that lives for one test run need not wait for the disk at each commit. */
async function forgetSafety(server: string): Promise<void> {
  const admin = openPool({ connectionString: server }, { max: 1 });
  await admin.query('alter system set synchronous_commit = off');
  await admin.query('select pg_reload_conf()');
  await admin.end();
}

async function makeTemplate(server: string): Promise<void> {
  const admin = openPool({ connectionString: server }, { max: 1 });
  await admin.query(`drop database if exists ${TEMPLATE} with (force)`);
  await admin.query(`create database ${TEMPLATE}`);
  await admin.end();
  const template = openPool({ connectionString: withDatabaseName(server, TEMPLATE) }, { max: 1 });
  await migrate(template);
  await template.end();
}
