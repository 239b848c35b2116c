import { createPostgresBackend, runMigrations, withBackend, type PgPool } from 'bullmq';
import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerOptions, type QueueBackend } from './backend.ts';

/** Where the database is, as an address or in parts. */
export type PostgresTarget =
  { connectionString: string } | { host: string; user: string; database: string; port?: number };

/** BullMQ expects this schema, first on the search path, on connections that it did not make itself. */
const SCHEMA = 'bullmq';

/** Queues, workers and a listening connection for each worker share one pool. */
const CONNECTIONS = 12;

/** Waits this long after each connection that failed. */
const PAUSE_AFTER_FAILURE_MS = 250;

/**
 * BullMQ on Postgres; makes its schema when absent, safe when many processes start at once.
 *
 * @throws the database's error when it is away or forbids to make the schema.
 */
export async function openPostgresBackend(
  target: PostgresTarget,
  onError: (error: Error) => void,
): Promise<QueueBackend> {
  const pool = new pg.Pool({
    ...target,
    max: CONNECTIONS,
    application_name: 'perf-ci-queue',
    options: `-c search_path=${SCHEMA}`,
    statement_timeout: 10_000,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    Client: PatientClient,
  });
  pool.on('error', onError);
  // Every queue and worker adds a listener of its own.
  pool.setMaxListeners(0);
  try {
    await makeSchema(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const { Queue, Worker } = withBackend(createPostgresBackend);
  // BullMQ describes a pool by a type of its own, which leaves out what pg's overloads say.
  const connection = pool as unknown as PgPool;
  return {
    kind: 'postgres',
    producer: (name) => new Queue(name, { connection }),
    consumer: (name, handle, times) => {
      const worker = new Worker(name, (job) => handle(job.data), { connection, ...workerOptions(times) });
      return {
        on: (event, listener) => worker.on(event, listener),
        // Unlike Redis's, a connection to Postgres that is away fails instead of waiting.
        isReachable: () => true,
        close: (force) => worker.close(force),
      };
    },
    close: () => pool.end(),
  };
}

async function makeSchema(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('set statement_timeout = 0');
    await runMigrations(client, SCHEMA);
  } finally {
    // Not given back: its time limit is off.
    client.release(true);
  }
}

/**
 * Takes its time to report that it cannot connect. BullMQ's worker asks again at once after most errors,
 * which would keep a core busy for as long as the database is away.
 */
class PatientClient extends pg.Client {
  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<pg.Client> | void {
    if (callback === undefined) {
      return super.connect().catch(async (error: unknown) => {
        await sleep(PAUSE_AFTER_FAILURE_MS);
        throw error;
      });
    }
    // The type says otherwise, but a connection that was made has no error.
    super.connect((error?: Error | null) => {
      if (error == null) (callback as () => void)();
      else setTimeout(callback, PAUSE_AFTER_FAILURE_MS, error);
    });
  }
}
