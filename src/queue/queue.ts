import { PerfCiError } from '../domain/errors.ts';
import type { ConsumerTimes, JobProducer, QueueBackend } from './backend.ts';
import { startConsumer } from './consumer.ts';
import { jobIdOf, queueNameOf, type NewRunJob, type RunJob } from './jobs.ts';
import { calmly, type QueueLog } from './log.ts';
import { openPostgresBackend, type PostgresTarget } from './postgres-backend.ts';
import { openRedisBackend } from './redis-backend.ts';

/** Wakes workers up. It may lose everything at any time: the rows in the database are the truth. */
export interface Queue {
  kind: 'redis' | 'postgres';
  /**
   * Adds a job once for each run and attempt; a job of that name that is done may be added again.
   *
   * @throws PerfCiError `queue-unavailable` within two seconds (unless set otherwise) when the queue is away.
   */
  enqueue(job: NewRunJob): Promise<void>;
  /**
   * Calls `handler` for the jobs of a pool, one at a time, each at least once. `close` takes no more jobs
   * and waits for the handler that is running.
   */
  work(pool: string, handler: (job: RunJob) => Promise<void>): Promise<{ close(): Promise<void> }>;
  /** Jobs of a pool that no worker has taken. */
  waiting(pool: string): Promise<number>;
  /** Closes workers (see {@link Queue.work}) and connections. */
  close(): Promise<void>;
}

export type QueueTarget = { redisUrl: string } | { postgres: PostgresTarget };

export interface QueueOptions extends Partial<ConsumerTimes> {
  log?: QueueLog;
  /** How long {@link Queue.enqueue} waits for an answer. */
  deadlineMs?: number;
}

const DEFAULT_DEADLINE_MS = 2000;
const DEFAULT_TIMES: ConsumerTimes = { lockMs: 15_000, stalledCheckMs: 10_000 };

/**
 * Opens the queue on Redis or on Postgres.
 *
 * @throws PerfCiError `queue-unavailable` when Postgres is away; Redis may be away at the start.
 */
export async function openQueue(target: QueueTarget, options: QueueOptions = {}): Promise<Queue> {
  const onError = calmly(options.log, 'the queue had an error');
  const backend = await openBackend(target, onError);
  const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const times = { ...DEFAULT_TIMES, ...options };
  const producers = new Map<string, JobProducer>();
  const workers = new Set<{ close(): Promise<void> }>();

  const producerOf = (pool: string): JobProducer => {
    const name = queueNameOf(pool);
    const known = producers.get(name);
    if (known !== undefined) return known;
    const producer = backend.producer(name);
    producer.on('error', onError);
    producers.set(name, producer);
    return producer;
  };

  return {
    kind: backend.kind,
    enqueue: async (job) => {
      const { runId, attempt } = job;
      const adding = producerOf(job.pool).add(
        'run',
        { runId, attempt },
        {
          jobId: jobIdOf(job),
          priority: job.priority,
          // Whether to try again is decided in the database only; and a job that is kept after its end
          // would swallow the next one of the same id.
          attempts: 1,
          removeOnComplete: true,
          removeOnFail: true,
        },
      );
      await withinDeadline(adding, deadlineMs);
    },
    work: (pool, handler) => {
      const consumer = startConsumer(backend, queueNameOf(pool), handler, {
        times,
        onError,
        log: options.log,
      });
      const worker = {
        close: async () => {
          workers.delete(worker);
          await consumer.close();
        },
      };
      workers.add(worker);
      return Promise.resolve(worker);
    },
    waiting: async (pool) => {
      const counts = await withinDeadline(
        producerOf(pool).getJobCounts('waiting', 'prioritized'),
        deadlineMs,
      );
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    close: async () => {
      await Promise.all([...workers].map((worker) => worker.close()));
      await Promise.all([...producers.values()].map((producer) => producer.close()));
      await backend.close();
    },
  };
}

async function openBackend(target: QueueTarget, onError: (error: Error) => void): Promise<QueueBackend> {
  if ('redisUrl' in target) return openRedisBackend(target.redisUrl, onError);
  try {
    return await openPostgresBackend(target.postgres, onError);
  } catch (error) {
    throw unavailable(error);
  }
}

async function withinDeadline<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } catch (error) {
    throw unavailable(error);
  } finally {
    clearTimeout(timer);
  }
}

function unavailable(error: unknown): PerfCiError {
  if (error instanceof PerfCiError) return error;
  const found = error instanceof Error ? error.message : String(error);
  return new PerfCiError('queue-unavailable', `expected the queue to answer, found: ${found}`, {
    remedy: 'Nothing is lost: runs wait in the database. Check the server of REDIS_URL or DATABASE_URL.',
    retryable: true,
    cause: error,
  });
}
