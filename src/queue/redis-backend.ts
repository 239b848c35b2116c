import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { workerOptions, type ConsumerTimes, type JobConsumer, type QueueBackend } from './backend.ts';

/** Keys in Redis start with this, so that others may share the server. */
const PREFIX = 'perf-ci';

/**
 * BullMQ on Redis. `redisUrl` is an address such as `redis://host:6379/0`, or the path of a unix socket.
 * Redis may be away at any time, at the start too: producers fail at once, workers wait for it.
 */
export function openRedisBackend(redisUrl: string, onError: (error: Error) => void): QueueBackend {
  // A producer must not collect jobs for a Redis that is away: the rows in the database wait anyway.
  const producing = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 1 });
  producing.on('error', onError);
  return {
    kind: 'redis',
    producer: (name) => new Queue(name, { connection: producing, prefix: PREFIX }),
    consumer: (name, handle, times) => startWorker(redisUrl, onError, name, handle, times),
    close: () => {
      producing.disconnect();
      return Promise.resolve();
    },
  };
}

function startWorker(
  redisUrl: string,
  onError: (error: Error) => void,
  name: string,
  handle: (data: unknown) => Promise<void>,
  times: ConsumerTimes,
): JobConsumer {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  connection.on('error', onError);
  const worker = new Worker(name, (job) => handle(job.data), {
    connection,
    prefix: PREFIX,
    ...workerOptions(times),
  });
  return {
    on: (event, listener) => worker.on(event, listener),
    isReachable: () => connection.status === 'ready',
    close: async (force) => {
      await worker.close(force);
      connection.disconnect();
    },
  };
}
