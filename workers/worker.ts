import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import type { Config } from '../src/config.ts';
import type { Run } from '../src/domain/run.ts';
import type { Log } from '../src/log.ts';
import { describeEnvironment, machineId } from '../src/measure/host/environment.ts';
import { choosePinning } from '../src/measure/host/pinning.ts';
import { startListening } from '../src/store/listen.ts';
import { withTransaction } from '../src/store/pool.ts';
import { claimRun, waitingRuns } from '../src/store/runs.ts';
import { heartbeatWorker } from '../src/store/workers.ts';
import { connectDatabase, connectQueue } from './connect.ts';
import { keepLease, type LeaseKeeper } from './lease-keeper.ts';
import { measureRun } from './measure-run.ts';
import { removeLeftovers } from './work-folder.ts';
import type { Service } from './service.ts';
import { showRun } from './show-run.ts';

const HEARTBEAT_MS = 5000;
/** Further back nobody counts places, and each costs two edits at GitHub. */
const PLACES_SHOWN = 5;

/**
 * A worker: claims one run at a time and measures it. Runs come by the queue's wake-up and, should the queue have
 * lost one, by asking the database; the claim in SQL decides who gets it.
 */
export async function startWorker(config: Config, log: Log): Promise<Service> {
  const database = connectDatabase(config, 'worker', log);
  const { pool } = database;
  const workerId = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const environment = describeEnvironment({ pinning: choosePinning(), hugePages: true });
  let stopping = false;
  let current: LeaseKeeper | undefined;
  // One run at a time, whichever way it came: each caller waits for the one before.
  let turn: Promise<unknown> = Promise.resolve();

  async function work(run: Run): Promise<void> {
    const runLog = log.child({ runId: run.id, attempt: run.attempt });
    const keeper = keepLease(pool, run, config.leaseMs, runLog);
    current = keeper;
    await refreshQueue();
    if (stopping) keeper.interrupt({ kind: 'stopping' });
    try {
      await measureRun(run, { config, pool, log: runLog }, keeper);
    } catch (error) {
      runLog.error({ error }, 'the run could not be ended: its lease runs out and it is taken back');
    } finally {
      current = undefined;
      keeper.stop();
    }
  }

  /**
   * Claims the next run by priority and age; false when there was none. Whichever run a wake-up was sent for:
   * the order is the database's, not the queue's.
   */
  function takeOne(): Promise<boolean> {
    const mine = turn.then(async () => {
      if (stopping) return false;
      const run = await claimRun(pool, { pool: config.pool, workerId, leaseMs: config.leaseMs });
      if (run === undefined) return false;
      await work(run);
      return true;
    });
    turn = mine.catch(() => undefined);
    return mine;
  }

  /** Whoever waits behind the run that was just taken is one place nearer. */
  async function refreshQueue(): Promise<void> {
    try {
      for (const waiting of await waitingRuns(pool, config.pool, PLACES_SHOWN)) {
        await withTransaction(pool, (tx) => showRun(tx, waiting, { publicUrl: config.publicUrl }));
      }
    } catch (error) {
      log.warn({ error }, 'the places in the queue could not be shown');
    }
  }

  async function takeAll(): Promise<void> {
    // While a run is measured, polls would only line up behind it.
    if (current !== undefined) return;
    try {
      while (!stopping && (await takeOne()));
    } catch (error) {
      log.warn({ error }, 'the database could not be asked for work');
    }
  }

  async function beat(): Promise<void> {
    const { fingerprint: _fingerprint, ...capabilities } = environment;
    await heartbeatWorker(pool, { workerId, pool: config.pool, machineId: machineId(), capabilities }).catch(
      (error: unknown) => log.warn({ error }, 'the heartbeat could not be written'),
    );
  }

  await beat();
  await removeLeftovers(config, pool, log);
  const queue = await connectQueue(config, database.connectionString, log);
  const consumer = await queue.work(config.pool, async () => {
    await takeOne();
  });
  const polls = [
    setInterval(() => void takeAll(), config.pollMs),
    setInterval(() => void beat(), HEARTBEAT_MS),
  ];
  const listener = startListening(database.target, (what) => {
    // Only after a reconnect: otherwise the queue's own wake-up is as quick and goes to a worker that is free.
    if (what === undefined) void takeAll();
  });
  log.info(
    { workerId, pool: config.pool, queue: queue.kind, pinning: environment.pinning },
    'worker is ready',
  );

  return {
    async stop() {
      stopping = true;
      for (const poll of polls) clearInterval(poll);
      current?.interrupt({ kind: 'stopping' });
      await turn;
      await Promise.all([consumer.close(), listener.stop()]);
      await queue.close();
      await database.close();
    },
  };
}
