import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

import { type Config, readPrivateKey, requireSettings } from '../src/config.ts';
import type { Run } from '../src/domain/run.ts';
import { openGitHub } from '../src/github/client.ts';
import { createHookDeliveries } from '../src/github/hook-deliveries.ts';
import { createReads } from '../src/github/reads.ts';
import { createWrites } from '../src/github/writes.ts';
import { type Intake, startIntake } from '../src/intake/loop.ts';
import type { IntakeStore, ShowPorts } from '../src/intake/ports.ts';
import type { Log } from '../src/log.ts';
import { startDispatcher } from '../src/queue/dispatcher.ts';
import { startReporter } from '../src/report/reporter-loop.ts';
import * as deliveries from '../src/store/deliveries.ts';
import * as intakeStore from '../src/store/intake.ts';
import { startListening } from '../src/store/listen.ts';
import * as outbox from '../src/store/outbox.ts';
import { type Pool, type Queryable, withTransaction } from '../src/store/pool.ts';
import * as repositories from '../src/store/repositories.ts';
import * as runs from '../src/store/runs.ts';
import { settingOrMake } from '../src/store/settings.ts';
import { saveVerdicts } from '../src/store/verdicts.ts';
import { VERSION } from '../src/version.ts';
import { readEvent } from '../src/webhook/payload.ts';
import { connectDatabase, connectQueue, type Database } from './connect.ts';
import { startControlSchedule } from './control-schedule.ts';
import { startDeliverySweep } from './delivery-sweep.ts';
import type { Service } from './service.ts';
import { type ShowContext, showNotice, showRun } from './show-run.ts';
import { startTokenBroker } from './token-broker.ts';

const STORE: IntakeStore = { withTransaction, ...deliveries, ...repositories, ...runs, ...intakeStore };

function intakeShows(context: ShowContext): ShowPorts {
  return {
    showRun: (tx, run) => showRun(tx, run, context),
    showNotice: (tx, { installationId, repoId, repoFullName, pullNumber, notice }) =>
      showNotice(tx, { installationId, repoId, repoFullName, pullNumber }, notice.text, context),
  };
}

function outboxPort(pool: Pool): Parameters<typeof startReporter>[0]['outbox'] {
  return {
    takeOutboxItem: (claim) => outbox.takeOutboxItem(pool, claim),
    markSent: (item, sent) => outbox.markSent(pool, item, sent),
    markUnknown: (item, why) => outbox.markUnknown(pool, item, why),
    markRetry: (item, why) => outbox.markRetry(pool, item, why),
    markDead: (item, error) => outbox.markDead(pool, item, error),
    takeRecheck: (claimMs) => outbox.takeRecheck(pool, claimMs),
    finishRecheck: (outboxId, externalId) => outbox.finishRecheck(pool, outboxId, externalId),
  };
}

function dispatcherPorts(pool: Pool, show: (tx: Queryable, run: Run) => Promise<void>) {
  return {
    runsToDispatch: (olderThanMs: number) => runs.runsToDispatch(pool, olderThanMs),
    markDispatched: (id: string) => runs.markDispatched(pool, id),
    inTransaction: <T>(work: (tx: Queryable) => Promise<T>) => withTransaction(pool, work),
    async reapExpiredLeases(tx: Queryable) {
      const reaped = await runs.reapExpiredLeases(tx);
      for (const run of reaped.judged) {
        const { result } = await runs.resultOf(tx, run.id);
        if (result?.kind === 'judged')
          await saveVerdicts(tx, { runId: run.id, leaseEpoch: run.leaseEpoch }, result.verdicts);
        await show(tx, run);
      }
      return reaped;
    },
    closeReported: (tx: Queryable) => runs.closeReported(tx),
    onRequeued: show,
    onLost: show,
  };
}

/** Everything that talks to GitHub or decides what to run; parts share one database and one App client. */
async function startParts(config: Config, database: Database, log: Log): Promise<Service> {
  const { pool } = database;
  const client = openGitHub({
    appId: config.appId as number,
    privateKeyPem: readPrivateKey(config.privateKeyFile as string),
    apiUrl: config.apiUrl,
    version: VERSION,
    timeoutMs: Math.min(10_000, config.leaseMs),
  });
  const context: ShowContext = { publicUrl: config.publicUrl };
  const markerKey = await settingOrMake(pool, 'marker-key', () => randomBytes(32).toString('hex'));
  const queue = await connectQueue(config, database.connectionString, log);

  const intake: Intake = startIntake({
    pool,
    store: STORE,
    github: createReads(client),
    appId: String(config.appId),
    show: intakeShows(context),
    readEvent,
    pollMs: config.pollMs,
    log: log.child({ part: 'intake' }),
  });
  const dispatcher = startDispatcher({
    ports: dispatcherPorts(pool, (tx, run) => showRun(tx, run, context)),
    queue,
    pollMs: config.pollMs,
    log: log.child({ part: 'dispatcher' }),
  });
  const reporter = startReporter({
    name: `${hostname()}-${process.pid}`,
    outbox: outboxPort(pool),
    writes: createWrites(client),
    identity: { appId: String(config.appId) },
    markerKey,
    pollMs: config.pollMs,
    lookAgainAfterMs: config.lookAgainMs,
    recheckAfterMs: config.lookAgainMs * 6,
    // One request must fit into a claim with room to note its outcome.
    claimMs: config.leaseMs * 2,
    firstRetryMs: config.lookAgainMs / 2,
    log: log.child({ part: 'reporter' }),
    // A run is done as soon as GitHub shows it, not a poll later.
    onSettled: async () => dispatcher.wake(),
  });
  const broker = startTokenBroker({
    pool,
    client,
    pollMs: config.pollMs,
    log: log.child({ part: 'tokens' }),
  });
  const sweep = startDeliverySweep({
    hooks: createHookDeliveries(client),
    intervalMs: config.sweepMs,
    log: log.child({ part: 'sweep' }),
  });
  const control = startControlSchedule({
    pool,
    settings: { everyRuns: config.controlEvery, hour: config.controlHour },
    // A minute as it comes: nobody waits for a control run.
    intervalMs: config.pollMs * 12,
    log: log.child({ part: 'control' }),
  });
  const wakes = {
    deliveries: () => intake.notify(),
    runs: () => dispatcher.wake(),
    outbox: () => reporter.wake(),
    'fetch-tokens': () => broker.wake(),
  };
  const listener = startListening(database.target, (what) => {
    if (what === undefined) for (const wake of Object.values(wakes)) wake();
    else wakes[what]?.();
  });
  log.info({ queue: queue.kind, appId: config.appId }, 'reporter is ready');

  return {
    async stop() {
      await listener.stop();
      await Promise.all([
        intake.stop(),
        dispatcher.stop(),
        reporter.stop(),
        broker.stop(),
        sweep.stop(),
        control.stop(),
      ]);
      await queue.close();
    },
  };
}

/** The process that holds the App key: intake, dispatcher, fetch tokens, missed deliveries, comments and checks. */
export async function startReporterRole(config: Config, log: Log): Promise<Service> {
  requireSettings(config, ['appId', 'privateKeyFile']);
  const database = connectDatabase(config, 'reporter', log);
  const parts = await startParts(config, database, log);
  return {
    async stop() {
      await parts.stop();
      await database.close();
    },
  };
}
