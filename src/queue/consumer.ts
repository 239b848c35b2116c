import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerTimes, QueueBackend } from './backend.ts';
import { parseRunJob, type RunJob } from './jobs.ts';
import type { QueueLog } from './log.ts';

/** How long a worker may take to say goodbye to its queue once it has nothing in hand. */
const GOODBYE_MS = 1000;

/** Calls `handler` for the jobs of a queue; see `Queue.work`. */
export function startConsumer(
  backend: QueueBackend,
  queueName: string,
  handler: (job: RunJob) => Promise<void>,
  context: { times: ConsumerTimes; onError: (error: Error) => void; log: QueueLog | undefined },
): { close(): Promise<void> } {
  let inHand: Promise<void> = Promise.resolve();
  const handle = (data: unknown): Promise<void> => {
    const job = parseRunJob(data);
    if (job === undefined) {
      context.log?.warn({ queueName }, 'a job that is not ours was dropped');
      return Promise.resolve();
    }
    const handling = handler(job);
    inHand = handling.catch(() => undefined);
    return handling;
  };
  const consumer = backend.consumer(queueName, handle, context.times);
  consumer.on('error', context.onError);
  return {
    close: async () => {
      // BullMQ says goodbye to its server, and for one that is away it would wait for ever.
      if (!consumer.isReachable()) {
        await inHand;
        await consumer.close(true);
        return;
      }
      const closing = consumer.close(false).catch(context.onError);
      await inHand;
      if (await settlesWithin(closing, GOODBYE_MS)) return;
      context.log?.warn({ queueName }, 'the queue went away while a worker was being closed');
    },
  };
}

async function settlesWithin(work: Promise<void>, limitMs: number): Promise<boolean> {
  const waiting = new AbortController();
  const settled = await Promise.race([
    work.then(() => true),
    sleep(limitMs, false, { signal: waiting.signal }).catch(() => false),
  ]);
  waiting.abort();
  return settled;
}
