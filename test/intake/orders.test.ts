import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processNext } from '../../src/intake/loop.ts';
import { pullRequest } from '../fixtures/payloads/payloads.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Harness, makeHarness, openPull, SHA } from './harness.ts';

let database: TestDatabase;
let bot: Harness;
beforeAll(async () => {
  database = await freshDatabase();
  bot = makeHarness(database.pool);
});
afterAll(() => database.drop());

const STORY = [
  { action: 'opened', head: SHA.a },
  { action: 'synchronize', head: SHA.b, before: SHA.a },
  { action: 'synchronize', head: SHA.c, before: SHA.b },
  { action: 'edited', head: SHA.c, changes: { base: { ref: { from: 'old' } } } },
] as const;

describe('the events of one pull request', () => {
  it('give the same state in each of their 24 orders', async () => {
    const outcomes = new Set<string>();

    for (const [at, order] of permutations(STORY).entries()) {
      const number = 1_000 + at;
      bot.github.pulls.set(number, openPull({ headSha: SHA.c }));
      for (const step of order) await bot.handle('pull_request', payloadOf(step, number));
      outcomes.add(JSON.stringify(await bot.runs(number)));
    }

    expect([...outcomes]).toEqual([JSON.stringify([{ head: 'c', rerun: 0, state: 'queued' }])]);
  });

  it('give the same state when the pull request is closed in the end', async () => {
    const outcomes = new Set<string>();

    for (const [at, order] of permutations([...STORY.slice(0, 3), CLOSED]).entries()) {
      const number = 2_000 + at;
      bot.github.pulls.set(number, openPull({ headSha: SHA.c, state: 'closed' }));
      for (const step of order) await bot.handle('pull_request', payloadOf(step, number));
      outcomes.add(JSON.stringify(await bot.runs(number)));
    }

    expect([...outcomes]).toEqual(['[]']);
  });

  it('end at the newest head when each is handled as soon as it happens and the rest comes twice and late', async () => {
    const number = 3_000;
    for (const step of STORY) {
      bot.github.pulls.set(number, openPull({ headSha: step.head }));
      await bot.handle('pull_request', payloadOf(step, number));
    }

    for (const step of STORY.toReversed()) {
      await bot.handle('pull_request', { ...payloadOf(step, number), late: randomUUID() });
    }

    expect(await bot.runs(number)).toEqual([
      { head: 'a', rerun: 0, state: 'superseded' },
      { head: 'b', rerun: 0, state: 'superseded' },
      { head: 'c', rerun: 0, state: 'queued' },
    ]);
  });

  it('give one run when ten processes handle ten deliveries of them at once', async () => {
    const number = 4_000;
    bot.github.pulls.set(number, openPull({ headSha: SHA.c }));
    const steps = Array.from({ length: 10 }, (_, at) => STORY[at % STORY.length] ?? STORY[0]);
    for (const step of steps) {
      await bot.store('pull_request', { ...payloadOf(step, number), copy: randomUUID() });
    }

    await Promise.all(Array.from({ length: 10 }, () => bot.drain()));

    expect(await bot.runs(number)).toEqual([{ head: 'c', rerun: 0, state: 'queued' }]);
  });
});

describe('two deliveries of one pull request at once', () => {
  it('cannot let an answer of GitHub that is older win over a newer one', async () => {
    const number = 5_000;
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const heads: string[] = [SHA.b, SHA.a];
    const github = {
      ...bot.github,
      async readPullRequest() {
        const headSha = heads.pop() ?? SHA.b;
        asked.resolve();
        if (headSha === SHA.a) await gate.promise;
        return openPull({ headSha });
      },
    };
    const ports = { ...bot.ports, github };
    await bot.store('pull_request', payloadOf(STORY[0], number));
    await bot.store('pull_request', payloadOf({ ...STORY[1], before: SHA.c }, number));

    const first = processNext(ports);
    await asked.promise;
    const second = processNext(ports);
    // The second either waits for the first, as it should, or is through by now.
    await Promise.race([second, sleep(200)]);
    gate.resolve();
    await Promise.all([first, second]);

    expect(await bot.runs(number)).toEqual([
      { head: 'a', rerun: 0, state: 'superseded' },
      { head: 'b', rerun: 0, state: 'queued' },
    ]);
  });
});

const CLOSED = { action: 'closed', head: SHA.c } as const;

interface Step {
  action: string;
  head: string;
  before?: string;
  changes?: object;
}

function payloadOf(step: Step, number: number): Record<string, unknown> {
  return pullRequest(step.action, {
    number,
    'pull_request.number': number,
    'pull_request.head.sha': step.head,
    before: step.before,
    changes: step.changes,
  });
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) =>
    permutations(items.filter((_, other) => other !== at)).map((rest) => [item, ...rest]),
  );
}
