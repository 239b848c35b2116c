import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';
import type { NewRunJob, RunJob } from '../../src/queue/jobs.ts';
import { openQueue, type Queue } from '../../src/queue/queue.ts';
import { startRedis } from '../helpers/redis.ts';

/** Undone in reverse order after each test, also after one that failed. */
const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function aJob(): NewRunJob {
  return { runId: randomUUID(), attempt: 1, pool: 'default', priority: 10 };
}

function complaints(): { lines: string[]; log: { info: () => void; warn: (f: object, m: string) => void } } {
  const lines: string[] = [];
  return { lines, log: { info: () => undefined, warn: (_fields, message) => lines.push(message) } };
}

/** Adds a job again and again, as the dispatcher does, until a worker has it. */
async function untilHandled(queue: Queue, handled: RunJob[]): Promise<void> {
  const job = aJob();
  const isHandled = async (): Promise<boolean> => {
    await queue.enqueue(job).catch(() => undefined);
    return handled.some((one) => one.runId === job.runId);
  };
  await expect.poll(isHandled, { timeout: 20_000, interval: 200 }).toBe(true);
}

test('while Redis is away adding fails in words, and afterwards the same worker goes on', async () => {
  const redis = await startRedis();
  undo.push(() => redis.remove());
  const { lines, log } = complaints();
  const queue = await openQueue({ redisUrl: redis.url }, { log });
  undo.push(() => queue.close());
  const handled: RunJob[] = [];
  await queue.work('default', (job) => Promise.resolve(void handled.push(job)));
  await untilHandled(queue, handled);
  await redis.kill();

  const away = queue.enqueue(aJob());
  await expect(away).rejects.toMatchObject({ code: 'queue-unavailable', retryable: true });
  await expect.poll(() => lines.length).toBeGreaterThan(0);
  await redis.start();

  await untilHandled(queue, handled);
  expect(lines.length).toBeLessThan(20);
});

test('a queue can be opened while Redis is away, and works once it is there', async () => {
  const redis = await startRedis();
  undo.push(() => redis.remove());
  await redis.kill();

  const queue = await openQueue({ redisUrl: redis.url }, { deadlineMs: 300 });
  undo.push(() => queue.close());
  const handled: RunJob[] = [];
  await queue.work('default', (job) => Promise.resolve(void handled.push(job)));
  await expect(queue.enqueue(aJob())).rejects.toMatchObject({ code: 'queue-unavailable' });
  await redis.start();

  await untilHandled(queue, handled);
});

test('a queue whose Redis never comes back can be closed', async () => {
  const redis = await startRedis();
  undo.push(() => redis.remove());
  const queue = await openQueue({ redisUrl: redis.url });
  const handled: RunJob[] = [];
  await queue.work('default', (job) => Promise.resolve(void handled.push(job)));
  await untilHandled(queue, handled);
  await redis.kill();

  await expect(queue.close()).resolves.toBeUndefined();
});

test('a killed Postgres that comes back finds the same worker waiting, without a flood of complaints', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perf-ci-outage-'));
  undo.push(() => Promise.resolve(rmSync(folder, { recursive: true, force: true })));
  const first = await startEmbeddedPostgres({ folder });
  undo.push(() => first.stop());
  const { lines, log } = complaints();
  const queue = await openQueue({ postgres: first }, { log });
  undo.push(() => queue.close());
  const handled: RunJob[] = [];
  await queue.work('default', (job) => Promise.resolve(void handled.push(job)));
  await untilHandled(queue, handled);

  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const away = queue.enqueue(aJob());
  await expect(away).rejects.toMatchObject({ code: 'queue-unavailable', retryable: true });
  const second = await startEmbeddedPostgres({ folder });
  undo.push(() => second.stop());

  await untilHandled(queue, handled);
  expect(lines.length).toBeLessThan(20);
});

test('a Postgres that is not there is said in words', async () => {
  const opening = openQueue({ postgres: { host: '/nonexistent', user: 'app', database: 'postgres' } });

  await expect(opening).rejects.toMatchObject({ code: 'queue-unavailable', retryable: true });
});
