import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dispatchRound, type DispatcherPorts } from '../../src/queue/dispatcher.ts';
import { openQueue, type Queue } from '../../src/queue/queue.ts';
import { findViolations } from '../../src/store/fsck.ts';
import { withTransaction, type Queryable } from '../../src/store/pool.ts';
import {
  claimRun,
  closeReported,
  passOn,
  markDispatched,
  reapExpiredLeases,
  runById,
  runsToDispatch,
} from '../../src/store/runs.ts';
import { aPullRequest } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { startRedis } from '../helpers/redis.ts';
import { leasedRun, letLeaseRunOut, queuedRun, statesOf } from '../helpers/runs.ts';

describe.each(['redis', 'postgres'] as const)('with the queue on %s', (kind) => {
  let database: TestDatabase;
  let queue: Queue;
  let emptyQueue: () => Promise<void>;
  let removeServer: () => Promise<void>;

  beforeAll(async () => {
    database = await freshDatabase();
    if (kind === 'redis') {
      const redis = await startRedis();
      const client = new Redis(redis.url);
      queue = await openQueue({ redisUrl: redis.url });
      emptyQueue = () => client.flushall().then(() => undefined);
      removeServer = async () => {
        client.disconnect();
        await redis.remove();
      };
    } else {
      queue = await openQueue({ postgres: { connectionString: database.connectionString } });
      emptyQueue = () => database.pool.query('delete from bullmq.job').then(() => undefined);
      removeServer = () => Promise.resolve();
    }
  });
  beforeEach(async () => {
    await removeRows(database);
    await emptyQueue();
  });
  afterAll(async () => {
    await queue.close();
    await removeServer();
    await database.drop();
  });

  function ports(): DispatcherPorts<Queryable> {
    const { pool } = database;
    return {
      runsToDispatch: (olderThanMs) => runsToDispatch(pool, olderThanMs),
      markDispatched: (id) => markDispatched(pool, id),
      inTransaction: (work) => withTransaction(pool, work),
      reapExpiredLeases: (tx) => reapExpiredLeases(tx),
      closeReported: (tx) => closeReported(tx),
      onRequeued: () => Promise.resolve(),
      onLost: () => Promise.resolve(),
    };
  }

  function round(staleAfterMs = 20_000): Promise<void> {
    return dispatchRound({ ports: ports(), queue, staleAfterMs }, (error) => {
      throw error;
    });
  }

  test('a queued run gets one job, however many dispatchers look', async () => {
    const run = await queuedRun(database.pool, aPullRequest(7).request());

    await Promise.all([round(), round(), round()]);

    expect(await queue.waiting('default')).toBe(1);
    expect((await runById(database.pool, run.id))?.state).toBe('dispatched');
  });

  test('after the queue was emptied every waiting run gets a job again', async () => {
    for (const pull of [1, 2, 3]) await queuedRun(database.pool, aPullRequest(pull).request());
    await round();
    const before = await queue.waiting('default');
    await emptyQueue();
    const emptied = await queue.waiting('default');

    await round();
    const tooSoon = await queue.waiting('default');
    await round(0);
    const repaired = await queue.waiting('default');

    expect([before, emptied, tooSoon, repaired]).toEqual([3, 0, 0, 3]);
    expect(await findViolations(database.pool)).toEqual([]);
  });

  test('the run of a dead worker is dispatched for its next attempt and claimed once', async () => {
    const dead = await leasedRun(database.pool, aPullRequest(7).request());
    await letLeaseRunOut(database.pool, dead.id);
    const claimed: string[] = [];

    await round();
    const worker = await queue.work('default', async (job) => {
      const claim = { runId: job.runId, pool: 'default', workerId: 'worker-2', leaseMs: 60_000 };
      const run = await claimRun(database.pool, claim);
      if (run !== undefined) claimed.push(`${job.attempt} ${run.attempt}`);
    });

    await expect.poll(() => claimed).toEqual(['2 2']);
    await worker.close();
    expect(await statesOf(database.pool, dead.id)).toEqual([
      'received',
      'queued',
      'leased',
      'queued',
      'dispatched',
      'leased',
    ]);
  });

  test('a run that its worker hands back gets its next job while the old one is still ending', async () => {
    await queuedRun(database.pool, aPullRequest(7).request());
    await round();
    const claims: string[] = [];

    const worker = await queue.work('default', async (job) => {
      const claim = { runId: job.runId, pool: 'default', workerId: 'worker-1', leaseMs: 60_000 };
      const run = await claimRun(database.pool, claim);
      claims.push(`job ${job.attempt}, attempt ${run?.attempt ?? 0}`);
      if (run === undefined || claims.length > 1) return;
      await passOn(database.pool, { runId: run.id, leaseEpoch: run.leaseEpoch }, { countAttempt: false });
      await round();
    });

    await expect.poll(() => claims).toEqual(['job 1, attempt 1', 'job 2, attempt 1']);
    await worker.close();
  });

  test('a wake-up for a run that ended meanwhile is harmless', async () => {
    const run = await queuedRun(database.pool, aPullRequest(7).request());
    await round();
    await database.pool.query(`update runs set state = 'cancelled', result = '{}' where id = $1`, [run.id]);
    const outcomes: (string | undefined)[] = [];

    const worker = await queue.work('default', async (job) => {
      const claim = { runId: job.runId, pool: 'default', workerId: 'worker-1', leaseMs: 60_000 };
      outcomes.push((await claimRun(database.pool, claim))?.id);
    });

    await expect.poll(() => outcomes).toEqual([undefined]);
    await worker.close();
  });
});
