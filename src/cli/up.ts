import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { type Config, folders, readConfig, requireSettings } from '../config.ts';
import { PerfCiError } from '../domain/errors.ts';
import { createLog } from '../log.ts';
import { wrapCommand } from '../processes/wrap-command.ts';
import { nodeCommand } from '../node-command.ts';
import { migrate } from '../store/migrate.ts';
import { openPool, waitForDatabase } from '../store/pool.ts';
import { EXIT } from './exit-code.ts';
import { keepDatabase } from './keep-database.ts';
import { environmentFor, ROLES } from './roles.ts';
import { type SupervisedChild, supervise } from './supervise.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const STOP_GRACE_MS = 120_000;
const START_LIMIT_MS = 60_000;
const DATABASE_LIMIT_MS = 15_000;

/** Waits until the web process answers; false when `signal` aborts or the time is over. */
async function listening(url: string, signal: AbortSignal): Promise<boolean> {
  const giveUpMs = performance.now() + START_LIMIT_MS;
  while (!signal.aborted && performance.now() < giveUpMs) {
    try {
      if ((await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1000) })).ok) return true;
    } catch {
      // not yet
    }
    await sleep(50);
  }
  return false;
}

async function prepareSchema(connectionString: string): Promise<void> {
  const pool = openPool({ connectionString }, { max: 2, applicationName: 'perf-ci up' });
  try {
    await waitForDatabase(pool, DATABASE_LIMIT_MS);
    await migrate(pool);
  } finally {
    await pool.end();
  }
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
  stopSignal?: AbortSignal,
): Promise<Running> {
  const config: Config = readConfig(environment);
  requireSettings(config, ['appId', 'privateKeyFile', 'webhookSecrets']);
  const log = createLog('up', config.logLevel);
  const startedMs = performance.now();

  const database =
    config.databaseUrl === undefined ? await keepDatabase(folders(config).postgres, log) : undefined;
  const connectionString = database?.connectionString ?? config.databaseUrl ?? '';
  try {
    await prepareSchema(connectionString);
  } catch (error) {
    await database?.stop();
    throw error;
  }

  const abort = new AbortController();
  let wrong: string | undefined;
  let tellMisconfigured: (name: string) => void = () => undefined;
  const misconfigured = new Promise<string>((resolve) => {
    tellMisconfigured = (name) => {
      wrong = name;
      abort.abort();
      resolve(name);
    };
  });
  const children: SupervisedChild[] = ROLES.map((role) =>
    supervise(
      {
        name: role,
        command: wrapCommand(nodeCommand(MAIN, role), { whenParentDies: 'KILL' }),
        env: environmentFor(role, { ...environment, DATABASE_URL: connectionString }),
      },
      log,
      (name) => tellMisconfigured(name),
    ),
  );

  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop(STOP_GRACE_MS)));
    await database?.stop();
  };
  if (
    !(await listening(
      url,
      AbortSignal.any([abort.signal, ...(stopSignal === undefined ? [] : [stopSignal])]),
    ))
  ) {
    await stop();
    throw whyNotListening(url, wrong);
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

function whyNotListening(url: string, wrong: string | undefined): PerfCiError {
  if (wrong !== undefined) {
    return new PerfCiError(
      'settings-invalid',
      `${wrong} found its settings wrong; its own message is above`,
      {
        blame: 'usage',
      },
    );
  }
  return new PerfCiError(
    'not-listening',
    `expected an answer on ${url}/healthz within ${START_LIMIT_MS / 1000} s`,
    {
      remedy: 'the logs of web above say why it does not start',
    },
  );
}

/** `perf-ci up`: runs until SIGINT or SIGTERM. @returns the exit code */
export async function runUp(): Promise<number> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const stopAsked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopAsked.abort());
  const stopped = new Promise<undefined>((resolve) => {
    stopAsked.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  let running: Running;
  try {
    running = await startAll(process.env, say, stopAsked.signal);
  } catch (error) {
    if (stopAsked.signal.aborted) return EXIT.pass;
    throw error;
  }
  const wrong = await Promise.race([stopped, running.misconfigured]);
  say(
    wrong === undefined
      ? 'stopping: running measurements are handed back'
      : `stopping: ${wrong} found its settings wrong`,
  );
  await running.stop();
  return wrong === undefined ? EXIT.pass : EXIT.usage;
}
