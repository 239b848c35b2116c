import { connectQueue } from '../../workers/connect.ts';
import { type Config, readPrivateKey } from '../config.ts';
import { toPerfCiError } from '../domain/errors.ts';
import { openGitHub } from '../github/client.ts';
import { createReads } from '../github/reads.ts';
import { createLog } from '../log.ts';
import { pendingMigrations } from '../store/migrate.ts';
import type { Pool } from '../store/pool.ts';
import { VERSION } from '../version.ts';
import type { Finding } from './findings.ts';
import { withDatabase } from './with-database.ts';

/** What the App needs and nothing more. */
const PERMISSIONS: Readonly<Record<string, 'read' | 'write'>> = {
  metadata: 'read',
  contents: 'read',
  pull_requests: 'write',
  checks: 'write',
};
const EVENTS = ['pull_request', 'push', 'issue_comment', 'check_run'];

function failed(name: string, error: unknown): Finding {
  const { message, remedy } = toPerfCiError(error);
  return { name, state: 'missing', found: message, ...(remedy === undefined ? {} : { todo: remedy }) };
}

/** Database and queue, as the settings name them; both are told of, whichever fails. */
export async function examineStores(config: Config): Promise<Finding[]> {
  try {
    return await withDatabase(config, async (pool, connectionString) => [
      await examineDatabase(config, pool),
      await examineQueue(config, connectionString),
    ]);
  } catch (error) {
    return [failed('database', error), await examineQueueWithoutDatabase(config)];
  }
}

async function examineDatabase(config: Config, pool: Pool): Promise<Finding> {
  const name = 'database';
  const { rows } = await pool.query<{ server_version: string }>('show server_version');
  const pending = await pendingMigrations(pool);
  const where = config.databaseUrl === undefined ? 'private Postgres' : 'DATABASE_URL';
  const found = `${where}, Postgres ${rows[0]?.server_version ?? 'unknown'}`;
  if (pending.length === 0) return { name, state: 'ok', found };
  return {
    name,
    state: 'warn',
    found: `${found}, ${pending.length} migrations to apply`,
    todo: 'perf-ci migrate, or perf-ci up',
  };
}

async function examineQueueWithoutDatabase(config: Config): Promise<Finding> {
  if (config.redisUrl !== undefined) return examineQueue(config, '');
  return {
    name: 'queue',
    state: 'missing',
    found: 'unknown: it lives in the database, which does not answer',
    todo: 'see the database',
  };
}

async function examineQueue(config: Config, connectionString: string): Promise<Finding> {
  const name = 'queue';
  try {
    const queue = await connectQueue(config, connectionString, createLog('doctor', 'silent'));
    try {
      const waiting = await queue.waiting(config.pool);
      return { name, state: 'ok', found: `${queue.kind}, ${waiting} jobs waiting for pool ${config.pool}` };
    } finally {
      await queue.close();
    }
  } catch (error) {
    return failed(name, error);
  }
}

/** The GitHub App: key, permissions, events. */
export async function examineApp(config: Config): Promise<Finding[]> {
  const name = 'GitHub App';
  if (config.appId === undefined || config.privateKeyFile === undefined) {
    const todo = 'set GITHUB_APP_ID and GITHUB_PRIVATE_KEY_FILE; the demo and compare need neither';
    return [{ name, state: 'warn', found: 'not configured', todo }];
  }
  try {
    const reads = createReads(
      openGitHub({
        appId: config.appId,
        privateKeyPem: readPrivateKey(config.privateKeyFile),
        apiUrl: config.apiUrl,
        version: VERSION,
      }),
    );
    const app = await reads.readApp();
    const missing = Object.entries(PERMISSIONS).filter(([permission, level]) => {
      const has = app.permissions[permission];
      return has !== level && has !== 'write';
    });
    const extra = Object.keys(app.permissions).filter((permission) => !(permission in PERMISSIONS));
    const silent = EVENTS.filter((event) => !app.events.includes(event));
    return [
      { name, state: 'ok', found: `${app.slug} (${app.id}) at ${config.apiUrl}` },
      missing.length === 0
        ? { name: 'App permissions', state: 'ok', found: 'all that are needed' }
        : {
            name: 'App permissions',
            state: 'missing',
            found: `without ${missing.map(([permission, level]) => `${permission}: ${level}`).join(', ')}`,
            todo: 'grant them in the settings of the App and accept them in each installation',
          },
      ...(extra.length === 0
        ? []
        : [
            {
              name: 'App permissions',
              state: 'warn' as const,
              found: `more than needed: ${extra.join(', ')}`,
              todo: 'take them away',
            },
          ]),
      silent.length === 0
        ? { name: 'App events', state: 'ok', found: EVENTS.join(', ') }
        : {
            name: 'App events',
            state: 'missing',
            found: `not subscribed: ${silent.join(', ')}`,
            todo: 'subscribe the App to them',
          },
    ];
  } catch (error) {
    return [failed(name, error)];
  }
}

/** The webhook secret: there, and long enough to resist guessing. */
export function examineSecret(config: Config): Finding {
  const name = 'webhook secret';
  const shortest = Math.min(...config.webhookSecrets.map((secret) => secret.length));
  if (config.webhookSecrets.length === 0) {
    return {
      name,
      state: 'warn',
      found: 'not configured',
      todo: 'set GITHUB_WEBHOOK_SECRET to that of the App',
    };
  }
  if (shortest < 20) {
    return {
      name,
      state: 'warn',
      found: `${shortest} characters`,
      todo: 'use at least 20 random characters',
    };
  }
  return {
    name,
    state: 'ok',
    found: config.webhookSecrets.length === 1 ? 'set' : 'two are valid: a change is under way',
  };
}
