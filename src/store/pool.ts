import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { PerfCiError } from '../domain/errors.ts';

export type Pool = pg.Pool;

/** What every store function takes first: the pool, or a client inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

/** One database, as an address or in parts. */
export type DatabaseTarget =
  { connectionString: string } | { host: string; user: string; database: string; port?: number };

export interface PoolOptions {
  /** Connections at most. */
  max?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  /** Learns of idle connections that broke; the pool opens new ones by itself. */
  onIdleError?: (error: Error) => void;
}

/** No statement of ours takes long; one that does is a mistake or a dead connection. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** The client's own limit, for connections on which no answer ever comes. */
const ANSWER_TIMEOUT_MS = 15_000;

/** Opens a pool; connections are made when first needed, so this never fails. */
export function openPool(target: DatabaseTarget, options: PoolOptions = {}): Pool {
  const pool = new pg.Pool({
    ...target,
    max: options.max ?? 10,
    application_name: options.applicationName ?? 'perf-ci',
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    idle_in_transaction_session_timeout: 60_000,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // Without a listener an idle connection that breaks would end the process.
  pool.on('error', (error) => options.onIdleError?.(error));
  return pool;
}

/** Runs `work` between BEGIN and COMMIT on one connection; any error rolls back and is thrown on. */
export async function withTransaction<T>(pool: Pool, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // A connection that breaks between two statements reports it as an event; the next statement fails too.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  let broken = false;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    // A connection that does not answer would not answer to a rollback either.
    broken = isDatabaseAway(error) || !(await rollsBack(client));
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}

async function rollsBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('rollback');
    return true;
  } catch {
    return false;
  }
}

/** Runs `work` on a connection of its own, to the pool's database, without any time limit. */
export async function withUnhurriedClient<T>(
  pool: Pool,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ ...pool.options, statement_timeout: 0, query_timeout: 0 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

// Class 08: connection trouble; 57P01-03: shutdown, crash, still starting; 53300: no free connection.
const AWAY_SQL_STATES = /^(08...|57P0[123]|53300)$/;
const AWAY_SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Whether the error says that the database could not be reached: the same call may work later. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') {
    return AWAY_SQL_STATES.test(error.code) || AWAY_SYSTEM_CODES.has(error.code);
  }
  return /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/.test(
    error.message,
  );
}

/**
 * Waits until the database answers, for processes that start beside it.
 *
 * @throws PerfCiError `database-unreachable` after `limitMs`; any other trouble (wrong password, no such
 *   database) as code `database-refused` at once.
 */
export async function waitForDatabase(pool: Pool, limitMs: number): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    try {
      await pool.query('select 1');
      return;
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      if (!isDatabaseAway(error)) {
        throw new PerfCiError('database-refused', `expected the database to let us in, found: ${found}`, {
          remedy: 'Check user, password and database name in DATABASE_URL.',
          cause: error,
        });
      }
      if (performance.now() > giveUpAt) {
        throw new PerfCiError(
          'database-unreachable',
          `expected the database to answer within ${limitMs} ms, found: ${found}`,
          { remedy: 'Check that it runs and that DATABASE_URL names it.', retryable: true, cause: error },
        );
      }
    }
    await sleep(100);
  }
}
