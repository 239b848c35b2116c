import { type Config, folders } from '../config.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/start.ts';
import { openPool, type Pool, waitForDatabase } from '../store/pool.ts';

const ANSWER_LIMIT_MS = 5000;

/** Runs `work` on the configured database; the private one is started for as long as needed, or joined. */
export async function withDatabase<T>(
  config: Config,
  work: (pool: Pool, connectionString: string) => Promise<T>,
): Promise<T> {
  const server =
    config.databaseUrl === undefined
      ? await startEmbeddedPostgres({ folder: folders(config).postgres })
      : undefined;
  const connectionString = server?.connectionString ?? config.databaseUrl ?? '';
  const pool = openPool({ connectionString }, { max: 2 });
  try {
    await waitForDatabase(pool, ANSWER_LIMIT_MS);
    return await work(pool, connectionString);
  } finally {
    await pool.end();
    await server?.stop();
  }
}
