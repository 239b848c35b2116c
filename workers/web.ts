import type { Config } from '../src/config.ts';
import { requireSettings } from '../src/config.ts';
import { PerfCiError } from '../src/domain/errors.ts';
import type { Log } from '../src/log.ts';
import type { RunPageData } from '../src/pages/run-page-data.ts';
import { startServer } from '../src/server.ts';
import { storeDelivery } from '../src/store/deliveries.ts';
import { logsOf } from '../src/store/logs.ts';
import { pendingMigrations } from '../src/store/migrate.ts';
import type { Pool } from '../src/store/pool.ts';
import { profileOf } from '../src/store/profiles.ts';
import { resultOf } from '../src/store/runs.ts';
import { connectDatabase } from './connect.ts';
import type { Service } from './service.ts';

async function readRun(pool: Pool, runId: string): Promise<RunPageData | undefined> {
  try {
    const [found, logs] = await Promise.all([resultOf(pool, runId), logsOf(pool, runId)]);
    return { ...found, logs };
  } catch (error) {
    if (error instanceof PerfCiError && error.code === 'run-unknown') return undefined;
    throw error;
  }
}

/** The door: takes deliveries, serves probes and run pages. Knows the webhook secret, not the App key. */
export async function startWeb(config: Config, log: Log): Promise<Service> {
  requireSettings(config, ['webhookSecrets']);
  const database = connectDatabase(config, 'web', log);
  const { pool } = database;
  const server = await startServer({
    host: config.host,
    port: config.port,
    webhook: { secrets: config.webhookSecrets, store: (delivery) => storeDelivery(pool, delivery) },
    pendingMigrations: () => pendingMigrations(pool),
    readRun: (runId) => readRun(pool, runId),
    readProfile: (runId, scenario, name) => profileOf(pool, runId, scenario, name),
    showRuns: config.showRuns,
    log,
  });
  log.info({ url: server.url }, 'web is ready');
  return {
    async stop() {
      await server.stop();
      await database.close();
    },
  };
}
