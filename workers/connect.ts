import type { Config } from '../src/config.ts';
import { PerfCiError } from '../src/domain/errors.ts';
import type { Log } from '../src/log.ts';
import { openQueue, type Queue } from '../src/queue/queue.ts';
import { type DatabaseTarget, openPool, type Pool } from '../src/store/pool.ts';

export interface Database {
  pool: Pool;
  connectionString: string;
  target: DatabaseTarget;
  close(): Promise<void>;
}

/**
 * The database of a role. A role alone needs DATABASE_URL: only `perf-ci up` starts a private Postgres.
 * @throws PerfCiError `settings-missing`
 */
export function connectDatabase(config: Config, role: string, log: Log): Database {
  if (config.databaseUrl === undefined) {
    throw new PerfCiError('settings-missing', `perf-ci ${role} alone needs DATABASE_URL`, {
      blame: 'usage',
      remedy: 'set DATABASE_URL, or run perf-ci up, which starts a private Postgres',
    });
  }
  const target = { connectionString: config.databaseUrl };
  const pool = openPool(target, {
    applicationName: `perf-ci ${role}`,
    onIdleError: (error) => log.warn({ error }, 'a database connection broke'),
  });
  return { pool, connectionString: config.databaseUrl, target, close: () => pool.end() };
}

/** The queue: Redis when REDIS_URL is set, else the same Postgres. */
export function connectQueue(config: Config, connectionString: string, log: Log): Promise<Queue> {
  const target =
    config.redisUrl === undefined ? { postgres: { connectionString } } : { redisUrl: config.redisUrl };
  return openQueue(target, {
    log: {
      info: (fields, message) => log.info(fields, message),
      warn: (fields, message) => log.warn(fields, message),
    },
  });
}
