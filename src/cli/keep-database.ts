import { setTimeout as sleep } from 'node:timers/promises';

import { startEmbeddedPostgres } from '../embedded-postgres/start.ts';
import type { Log } from '../log.ts';

const RESTART_MS = 300;

export interface KeptDatabase {
  connectionString: string;
  stop(): Promise<void>;
}

/** The private Postgres, started again whenever it ends by anything but our own stop. */
export async function keepDatabase(folder: string, log: Log): Promise<KeptDatabase> {
  let stopping = false;
  const start = () => startEmbeddedPostgres({ folder, log: (line) => log.debug({ line }, 'postgres') });
  let server = await start();

  async function startAgain(): Promise<void> {
    while (!stopping) {
      await sleep(RESTART_MS);
      try {
        server = await start();
        return;
      } catch (error) {
        log.error({ error }, 'the private Postgres could not be started');
      }
    }
  }

  async function watch(): Promise<void> {
    while (!stopping) {
      const end = await server.exited;
      if (stopping) return;
      log.error({ end }, 'the private Postgres ended and is started again');
      await startAgain();
    }
    // Asked to stop in the middle of a restart: the new server has to go as well.
    await server.stop();
  }

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
