// A worker process that takes one job, says so on stdout and then hangs until it is killed.
// Arguments: the queue's target as JSON, the pool.
import { openQueue, type QueueTarget } from '../../src/queue/queue.ts';

const [target = '', pool = ''] = process.argv.slice(2);
const queue = await openQueue(JSON.parse(target) as QueueTarget, { lockMs: 1000, stalledCheckMs: 500 });
await queue.work(pool, async (job) => {
  process.stdout.write(`${job.runId}\n`);
  await new Promise(() => undefined);
});
