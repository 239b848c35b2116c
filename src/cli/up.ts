import { fileURLToPath } from 'node:url';

import { type Config, folders, readConfig, requireSettings } from '../config.ts';
import { PerfCiError } from '../domain/errors.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/start.ts';
import { createLog, type Log } from '../log.ts';
import { wrapCommand } from '../measure/pinning.ts';
import { migrate } from '../store/migrate.ts';
import { openPool } from '../store/pool.ts';
import { environmentFor, ROLES } from './roles.ts';
import { type SupervisedChild, supervise } from './supervise.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const STOP_GRACE_MS = 120_000;
const DATABASE_RESTART_MS = 300;

interface Database {
  connectionString: string;
  stop(): Promise<void>;
}

/** The private Postgres, started again whenever it ends by anything but our own stop. */
async function keepDatabase(folder: string, log: Log): Promise<Database> {
  let stopping = false;
  const start = () => startEmbeddedPostgres({ folder, log: (line) => log.debug({ line }, 'postgres') });
  let server = await start();
  const watch = async (): Promise<void> => {
    while (!stopping) {
      const end = await server.exited;
      if (stopping) return;
      log.error({ end }, 'the private Postgres ended and is started again');
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, DATABASE_RESTART_MS));
        if (stopping) return;
        try {
          server = await start();
          break;
        } catch (error) {
          log.error({ error }, 'the private Postgres could not be started');
        }
      }
    }
  };
  const watched = watch();
  return {
    connectionString: server.connectionString,
    async stop() {
      stopping = true;
      await server.stop();
      await watched;
    },
  };
}

async function listening(url: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      if ((await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1000) })).ok) return true;
    } catch {
      // not yet
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

export interface Running {
  url: string;
  /** Of the database in use. */
  connectionString: string;
  /** Process ids by role, as far as they run. */
  pids(): Record<string, number | undefined>;
  /** Settles when a child found its settings wrong. */
  misconfigured: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts everything on this machine: database (unless DATABASE_URL names one), migrations, web, reporter and
 * worker, each a process of its own with only the settings that it needs, each started again when it ends.
 */
export async function startAll(
  environment: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<Running> {
  const config: Config = readConfig(environment);
  requireSettings(config, ['appId', 'privateKeyFile', 'webhookSecrets']);
  const log = createLog('up', config.logLevel);
  const startedMs = performance.now();

  const database =
    config.databaseUrl === undefined ? await keepDatabase(folders(config).postgres, log) : undefined;
  const connectionString = database?.connectionString ?? config.databaseUrl ?? '';
  const pool = openPool({ connectionString }, { max: 2, applicationName: 'perf-ci up' });
  try {
    await migrate(pool);
  } catch (error) {
    await database?.stop();
    throw error;
  } finally {
    await pool.end();
  }

  let tellMisconfigured: (name: string) => void = () => undefined;
  const misconfigured = new Promise<string>((resolve) => {
    tellMisconfigured = resolve;
  });
  const children: SupervisedChild[] = ROLES.map((role) =>
    supervise(
      {
        name: role,
        command: wrapCommand([process.execPath, MAIN, role], undefined),
        env: environmentFor(role, { ...environment, DATABASE_URL: connectionString }),
      },
      log,
      tellMisconfigured,
    ),
  );

  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
  const abort = new AbortController();
  void misconfigured.then(() => abort.abort());
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop(STOP_GRACE_MS)));
    await database?.stop();
  };
  if (!(await listening(url, abort.signal))) {
    await stop();
    throw new PerfCiError(
      'settings-invalid',
      `${await misconfigured} found its settings wrong; its own message is above`,
      {
        blame: 'usage',
      },
    );
  }
  const elapsedS = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(`perf-ci listens on ${url} after ${elapsedS} s (webhook: ${url}/webhooks/github)`);
  say(`database: ${database ? 'private Postgres in ' + folders(config).postgres : 'DATABASE_URL'}`);
  say(`queue: ${config.redisUrl === undefined ? 'Postgres' : 'Redis'}`);
  return {
    url,
    connectionString,
    pids: () => Object.fromEntries(children.map((child) => [child.name, child.pid])),
    misconfigured,
    stop,
  };
}

/** `perf-ci up`: runs until SIGINT or SIGTERM. @returns the exit code */
export async function runUp(): Promise<number> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const stopAsked = new Promise<'stop'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('stop'));
  });
  const running = await startAll(process.env, say);
  const end = await Promise.race([stopAsked, running.misconfigured]);
  say(
    end === 'stop'
      ? 'stopping: running measurements are handed back'
      : `stopping: ${end} found its settings wrong`,
  );
  await running.stop();
  return end === 'stop' ? 0 : 3;
}
