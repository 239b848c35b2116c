import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunJob } from '../../src/queue/jobs.ts';
import { openQueue, type Queue, type QueueTarget } from '../../src/queue/queue.ts';
import { freshDatabase } from '../helpers/database.ts';
import { startRedis } from '../helpers/redis.ts';

const backends = {
  redis: async (): Promise<{ target: QueueTarget; remove: () => Promise<void> }> => {
    const redis = await startRedis();
    return { target: { redisUrl: redis.url }, remove: () => redis.remove() };
  },
  postgres: async (): Promise<{ target: QueueTarget; remove: () => Promise<void> }> => {
    const { connectionString, drop } = await freshDatabase();
    return { target: { postgres: { connectionString } }, remove: drop };
  },
};

describe.each(['redis', 'postgres'] as const)('on %s', (kind) => {
  let target: QueueTarget;
  let remove: () => Promise<void>;
  let queue: Queue;
  let pool: string;

  beforeAll(async () => {
    ({ target, remove } = await backends[kind]());
    queue = await openQueue(target, { lockMs: 1000, stalledCheckMs: 500 });
  });
  afterAll(async () => {
    await queue.close();
    await remove();
  });

  // A pool of its own for each test: what one leaves behind is not found by the next.
  let workers: { close(): Promise<void> }[] = [];
  beforeEach(() => {
    pool = `p${randomUUID().slice(0, 8)}`;
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    workers = [];
  });

  function aJob(priority = 10): RunJob & { pool: string; priority: number } {
    return { runId: randomUUID(), attempt: 1, pool, priority };
  }

  async function collect(handled: RunJob[], then?: (job: RunJob) => Promise<void>): Promise<void> {
    workers.push(
      await queue.work(pool, async (job) => {
        handled.push(job);
        await then?.(job);
      }),
    );
  }

  test('it says what it runs on', () => {
    expect(queue.kind).toBe(kind);
  });

  test('a job reaches a worker with its ids and nothing else', async () => {
    const handled: RunJob[] = [];
    const job = aJob();
    await queue.enqueue(job);

    await collect(handled);

    await expect.poll(() => handled).toEqual([{ runId: job.runId, attempt: 1 }]);
    await expect.poll(() => queue.waiting(pool)).toBe(0);
  });

  test('the most urgent job goes first', async () => {
    const handled: RunJob[] = [];
    const [push, pull] = [aJob(50), aJob(10)];
    await queue.enqueue(push);
    await queue.enqueue(pull);
    const waiting = await queue.waiting(pool);

    await collect(handled);

    expect(waiting).toBe(2);
    await expect.poll(() => handled.map((job) => job.runId)).toEqual([pull.runId, push.runId]);
  });

  test('the same run and attempt twice is one job, another attempt is another', async () => {
    const job = aJob();
    await queue.enqueue(job);
    await queue.enqueue(job);
    await queue.enqueue({ ...job, attempt: 2 });

    expect(await queue.waiting(pool)).toBe(2);
  });

  test('a job that is done can be added again, also after it failed', async () => {
    const handled: RunJob[] = [];
    const job = aJob();
    await collect(handled, async () => {
      if (handled.length === 2) throw new Error('on purpose');
      return Promise.resolve();
    });

    // The end of a job is noted a moment after its handler, so an add may come too early: it is repeated, as
    // the dispatcher does.
    for (const times of [1, 2, 3]) {
      const handledSoOften = async (): Promise<boolean> => {
        if (handled.length < times) await queue.enqueue(job);
        return handled.length >= times;
      };
      await expect.poll(handledSoOften, { timeout: 5000 }).toBe(true);
    }
  });

  test('a worker handles one job at a time', async () => {
    const handled: RunJob[] = [];
    let running = 0;
    let most = 0;
    await Promise.all([queue.enqueue(aJob()), queue.enqueue(aJob()), queue.enqueue(aJob())]);

    await collect(handled, async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 30));
      running -= 1;
    });

    await expect.poll(() => handled.length, { timeout: 5000 }).toBe(3);
    expect(most).toBe(1);
  });

  test('closing a worker waits for the job that it handles and takes no other', async () => {
    let finish: () => void = () => undefined;
    const handled: RunJob[] = [];
    let finished = false;
    await queue.enqueue(aJob());
    await queue.enqueue(aJob());
    await collect(handled, async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      finished = true;
    });
    await expect.poll(() => handled.length).toBe(1);

    const closing = workers.pop()?.close();
    finish();
    await closing;

    expect(finished).toBe(true);
    expect(handled).toHaveLength(1);
    expect(await queue.waiting(pool)).toBe(1);
  });

  test('the job of a worker that was killed is given to another', async () => {
    const job = aJob();
    await queue.enqueue(job);
    const script = fileURLToPath(new URL('../helpers/hanging-worker.ts', import.meta.url));
    const victim = spawn(process.execPath, [script, JSON.stringify(target), pool], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(victim.stdout, 'data')) as [Buffer];
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    const handled: RunJob[] = [];

    await collect(handled);

    expect(said.toString().trim()).toBe(job.runId);
    await expect
      .poll(() => handled, { timeout: 10_000 })
      .toEqual([{ runId: job.runId, attempt: job.attempt }]);
  });

  test('a pool that cannot name a queue is refused', async () => {
    for (const name of ['', 'a:b', 'Ä', 'x'.repeat(64), '-a', '../etc']) {
      await expect(queue.enqueue({ ...aJob(), pool: name })).rejects.toMatchObject({
        code: 'pool-name-invalid',
      });
    }
  });
});
