import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PerfCiError } from '../domain/errors.ts';
import { runningConnection, type ConnectionFacts } from './connection.ts';
import { foldersOf, makePrivateFolder, userId } from './folders.ts';
import { launchersFor, ownerOf, type Launcher } from './launcher.ts';
import { tryOwnerLock } from './owner-lock.ts';
import { startOwnServer } from './own-server.ts';
import { isAlive } from './process-identity.ts';
import type { ServerExit } from './server-process.ts';

export interface EmbeddedPostgresOptions {
  /** Holds data, socket and lock; made when absent. */
  folder: string;
  /** Receives each line that the server writes. */
  log?: (line: string) => void;
  /** Environment in which PG_BIN and PATH are looked up; this process's own unless given. */
  env?: NodeJS.ProcessEnv;
  /** How long a start, crash recovery included, may take. */
  readyTimeoutMs?: number;
  /** Waits between the signals INT, QUIT and KILL when stopping. */
  stopGraceMs?: number;
  /** Ways to start the programs, best first; chosen by the user id unless given. */
  launchers?: readonly Launcher[];
}

export interface EmbeddedPostgres extends ConnectionFacts {
  /** `owner`: this call started the server; `guest`: it was running already, and belongs to another call. */
  role: 'owner' | 'guest';
  /** Settles when the server is gone, for whatever reason. A guest learns neither code nor signal. */
  exited: Promise<ServerExit>;
  /** Stops the server; a guest only lets go of it. */
  stop(): Promise<void>;
}

const RETRY_MS = 150;

/**
 * Starts a private Postgres server in `folder`, or joins the one that another process of ours runs there.
 * It listens on a unix socket with mode 0700 only, keeps its data, and dies with this process (on Linux).
 * Call it from the main thread.
 *
 * @throws PerfCiError `embedded-postgres-not-found`, `-cannot-run`, `-folder`, `-init-failed`,
 *   `-version-mismatch`, `-start-failed` (each with the prefix `embedded-postgres`) with a remedy; the last
 *   words of the server or of initdb are in `details.serverLines`.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folders = foldersOf(resolve(options.folder));
  const candidates = options.launchers ?? launchersFor(userId());
  const readyTimeoutMs = options.readyTimeoutMs ?? 60_000;
  makePrivateFolder(folders.root, undefined, candidates.map(ownerOf));
  const giveUpAt = performance.now() + readyTimeoutMs;
  for (;;) {
    const lock = tryOwnerLock(folders.lockFile);
    if (lock.state === 'taken') {
      return startOwnServer({
        folders,
        candidates,
        env: options.env ?? process.env,
        log: options.log ?? (() => undefined),
        readyTimeoutMs,
        stopGraceMs: options.stopGraceMs ?? 5000,
        releaseLock: lock.release,
      });
    }
    const running = runningConnection(folders);
    if (running !== undefined) return asGuest(running);
    if (performance.now() > giveUpAt) {
      throw new PerfCiError(
        'embedded-postgres-start-failed',
        `expected process ${lock.pid} to start the server in ${folders.root}, found none after ${readyTimeoutMs} ms`,
        { remedy: `Look at what process ${lock.pid} does, or stop it and try again.`, retryable: true },
      );
    }
    await sleep(RETRY_MS);
  }
}

function asGuest(facts: ConnectionFacts): EmbeddedPostgres {
  const exited = new Promise<ServerExit>((settle) => {
    const timer = setInterval(() => {
      if (isAlive(facts.pid)) return;
      clearInterval(timer);
      settle({ code: null, signal: null });
    }, 500);
    timer.unref();
  });
  return { ...facts, role: 'guest', exited, stop: () => Promise.resolve() };
}
