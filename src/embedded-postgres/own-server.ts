import { setTimeout as sleep } from 'node:timers/promises';
import { PerfCiError } from '../domain/errors.ts';
import { findBinaries, linkLibraries, type Binaries } from './binaries.ts';
import { prepareCluster } from './cluster.ts';
import {
  connectionFacts,
  publishConnection,
  withdrawConnection,
  type ConnectionFacts,
} from './connection.ts';
import { makePrivateFolder, type Folders } from './folders.ts';
import { chooseLauncher, mayUse, type Launcher } from './launcher.ts';
import { clearLeftover } from './leftover.ts';
import { startServer, type ServerExit, type ServerProcess } from './server-process.ts';

export interface OwnServerOptions {
  folders: Folders;
  /** Ways to start the programs, best first. */
  candidates: readonly Launcher[];
  /** Where PG_BIN and PATH are looked up. */
  env: NodeJS.ProcessEnv;
  log: (line: string) => void;
  readyTimeoutMs: number;
  stopGraceMs: number;
  /** Gives the folder up; called once, when the start failed or the server is gone. */
  releaseLock: () => void;
}

/** A server that this process started and may stop. */
export interface OwnServer extends ConnectionFacts {
  role: 'owner';
  exited: Promise<ServerExit>;
  stop(): Promise<void>;
}

/** How long the leavings of a killed server may stand in the way of a start, and how often to look. */
const LEAVINGS_MS = 10_000;
const RETRY_MS = 150;

// After kill -9 of a server its children hold the shared memory, and its socket, for a moment longer.
const PASSES_BY_ITSELF =
  /pre-existing shared memory block|is another postmaster|could not create any Unix-domain sockets|lock file .* already exists/i;

/** Starts the server of a folder whose owner lock is held, and announces it to others. */
export async function startOwnServer(options: OwnServerOptions): Promise<OwnServer> {
  const { folders, releaseLock } = options;
  let server: ServerProcess;
  try {
    server = await prepareAndStart(options);
  } catch (error) {
    releaseLock();
    throw error;
  }
  const facts = connectionFacts(folders, server.pid);
  publishConnection(folders, facts);
  const exited = server.exited.then((exit) => {
    withdrawConnection(folders, server.pid);
    releaseLock();
    return exit;
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await exited;
  };
  return { ...facts, role: 'owner', exited, stop };
}

async function prepareAndStart(options: OwnServerOptions): Promise<ServerProcess> {
  const { folders } = options;
  const binaries = findBinaries(options.env);
  const env = serverEnvironment(binaries, folders, options.env);
  const { launcher, majorVersion } = await chooseLauncher(
    options.candidates.filter((candidate) => mayUse(candidate, folders.data)),
    binaries.postgres,
    env,
  );
  if (launcher.identity !== undefined) makePrivateFolder(folders.root, launcher.identity);
  await prepareCluster({ folders, initdb: binaries.initdb, launcher, majorVersion, env });
  await clearLeftover(folders.data);
  makePrivateFolder(folders.socket, launcher.identity);
  const { log, readyTimeoutMs, stopGraceMs } = options;
  const giveUpAt = performance.now() + LEAVINGS_MS;
  for (;;) {
    const outcome = await startServer({
      folders,
      postgres: binaries.postgres,
      launcher,
      env,
      log,
      readyTimeoutMs,
      stopGraceMs,
    });
    if (outcome.state === 'ready') return outcome.server;
    const passes = outcome.lines.some((line) => PASSES_BY_ITSELF.test(line));
    if (!passes || performance.now() > giveUpAt) throw startFailure(folders, outcome.lines);
    await sleep(RETRY_MS);
  }
}

function startFailure(folders: Folders, lines: string[]): PerfCiError {
  const told = lines.findLast((line) => /FATAL|PANIC/.test(line)) ?? lines.at(-1) ?? 'it wrote nothing';
  return new PerfCiError(
    'embedded-postgres-start-failed',
    `expected the server in ${folders.data} to start, found: ${told}`,
    {
      remedy:
        'Usual causes are a full disk or another server on this folder. Moving the folder away starts with an empty database.',
      details: { serverLines: lines.slice(-12) },
    },
  );
}

/** The server gets nothing of our environment but PATH: settings such as PGPORT would change it. */
function serverEnvironment(
  binaries: Binaries,
  folders: Folders,
  hostEnv: NodeJS.ProcessEnv,
): Record<string, string> {
  const libraries =
    binaries.packageFolder === undefined
      ? undefined
      : linkLibraries(binaries.packageFolder, folders.libraries);
  return {
    PATH: hostEnv['PATH'] ?? '/usr/bin:/bin',
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }),
  };
}
