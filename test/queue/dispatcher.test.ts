import { expect, test } from 'vitest';
import { PerfCiError } from '../../src/domain/errors.ts';
import type { Run } from '../../src/domain/run.ts';
import { dispatchRound, startDispatcher, type DispatcherPorts } from '../../src/queue/dispatcher.ts';
import { aPullRequest } from '../helpers/builders.ts';

function aRun(id: string): Run {
  return {
    ...aPullRequest(7).request(),
    id,
    sequence: '1',
    pool: 'default',
    state: 'queued',
    attempt: 1,
    leaseEpoch: '1',
    createdAt: new Date(0),
  };
}

/** Ports that note in `told` what they were asked, and answer as little as possible unless told otherwise. */
function portsWith(changes: Partial<DispatcherPorts<string>>, told: string[] = []): DispatcherPorts<string> {
  return {
    runsToDispatch: () => Promise.resolve([]),
    markDispatched: (id) => Promise.resolve(told.push(`mark ${id}`) > 0),
    inTransaction: async (work) => {
      const result = await work('tx');
      told.push('commit');
      return result;
    },
    reapExpiredLeases: () => Promise.resolve({ requeued: [], lost: [] }),
    closeReported: () => Promise.resolve([]),
    onRequeued: (tx, run) => Promise.resolve(void told.push(`${tx}: requeued ${run.id}`)),
    onLost: (tx, run) => Promise.resolve(void told.push(`${tx}: lost ${run.id}`)),
    ...changes,
  };
}

const waiting = ['a', 'b', 'c'].map((id) => ({ id, attempt: 1, pool: 'default', priority: 10 }));

test('a run is marked only after its job is in the queue', async () => {
  const told: string[] = [];
  const ports = portsWith({ runsToDispatch: () => Promise.resolve(waiting.slice(0, 1)) }, told);
  const queue = { enqueue: () => Promise.resolve(void told.push('enqueue a')) };

  await dispatchRound({ ports, queue }, fail);

  expect(told.filter((line) => line !== 'commit')).toEqual(['enqueue a', 'mark a']);
});

function fail(error: unknown): never {
  throw error;
}

test('what people see of a lost run is set in the transaction that gives it up', async () => {
  const told: string[] = [];
  const ports = portsWith(
    { reapExpiredLeases: () => Promise.resolve({ requeued: [aRun('a')], lost: [aRun('b')] }) },
    told,
  );

  await dispatchRound({ ports, queue: { enqueue: () => Promise.resolve() } }, fail);

  expect(told.slice(0, 3)).toEqual(['tx: requeued a', 'tx: lost b', 'commit']);
});

test('a queue that is away is asked once a round, marks nothing, and the other steps go on', async () => {
  const told: string[] = [];
  const errors: unknown[] = [];
  const ports = portsWith(
    {
      runsToDispatch: () => Promise.resolve(waiting),
      closeReported: () => Promise.resolve([String(told.push('closed'))]),
    },
    told,
  );
  let asked = 0;
  const away = new PerfCiError('queue-unavailable', 'expected the queue to answer, found nothing');
  const queue = { enqueue: () => Promise.reject(away).finally(() => (asked += 1)) };

  await dispatchRound({ ports, queue }, (error) => errors.push(error));

  expect(asked).toBe(1);
  expect(errors).toEqual([away]);
  expect(told).toContain('closed');
  expect(told.filter((line) => line.startsWith('mark'))).toEqual([]);
});

test('a pool that no queue can have does not stand in the way of the others', async () => {
  const told: string[] = [];
  const ports = portsWith({ runsToDispatch: () => Promise.resolve(waiting) }, told);
  const refused = new PerfCiError('pool-name-invalid', 'expected a pool name, found another');
  const queue = {
    enqueue: (job: { runId: string }) => (job.runId === 'a' ? Promise.reject(refused) : Promise.resolve()),
  };

  await dispatchRound({ ports, queue }, fail);

  expect(told.filter((line) => line.startsWith('mark'))).toEqual(['mark b', 'mark c']);
});

test('the dispatcher looks at once, again when it is woken, and not after it was stopped', async () => {
  let rounds = 0;
  const ports = portsWith({ closeReported: () => Promise.resolve([String((rounds += 1))]) });
  const queue = { enqueue: () => Promise.resolve() };

  const dispatcher = startDispatcher({ ports, queue, pollMs: 3_600_000 });
  await expect.poll(() => rounds).toBe(1);
  dispatcher.wake();
  await expect.poll(() => rounds).toBe(2);
  await dispatcher.stop();
  dispatcher.wake();
  await new Promise((resolve) => setTimeout(resolve, 20));

  expect(rounds).toBe(2);
});

test('a wake-up during a round is not lost', async () => {
  let rounds = 0;
  let dispatcher: { wake(): void; stop(): Promise<void> } | undefined;
  const ports = portsWith({
    closeReported: () => {
      rounds += 1;
      if (rounds === 2) dispatcher?.wake();
      return Promise.resolve([]);
    },
  });

  dispatcher = startDispatcher({ ports, queue: { enqueue: () => Promise.resolve() }, pollMs: 3_600_000 });
  await expect.poll(() => rounds).toBe(1);
  dispatcher.wake();

  await expect.poll(() => rounds).toBe(3);
  await dispatcher.stop();
});

test('a database that is away is logged calmly and asked again', async () => {
  const warnings: string[] = [];
  let asked = 0;
  const ports = portsWith({
    inTransaction: () => {
      asked += 1;
      return Promise.reject(new Error('the database system is starting up'));
    },
  });
  const log = { info: () => undefined, warn: (_: object, message: string) => void warnings.push(message) };

  const dispatcher = startDispatcher({ ports, queue: { enqueue: () => Promise.resolve() }, pollMs: 1, log });
  await expect.poll(() => asked).toBeGreaterThan(6);
  await dispatcher.stop();

  expect(warnings).toEqual(['a round of the dispatcher failed in part']);
});
