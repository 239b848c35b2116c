import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Run } from '../../src/domain/run.ts';
import { findViolations } from '../../src/store/fsck.ts';
import { latestRunOfPull } from '../../src/store/runs.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { statesOf } from '../helpers/runs.ts';
import { type Loop, startFile, startLoop } from '../helpers/whole-loop.ts';

vi.setConfig({ testTimeout: 150_000 });

/** Main burns 500: this is slower beyond doubt, which takes the fewest pairs. */
const SLOW = { 'start.mjs': startFile({ BURN: '1500' }) };
/** Too near to main to be decided at once: there is time to do something to the run. */
const NEARLY_MAIN = { 'start.mjs': startFile({ BURN: '505' }) };
/** A head that ends a run as quickly as one can. */
const EXITS = { 'start.mjs': startFile({ BEHAVIOUR: 'exit' }) };

let database: TestDatabase;
let loop: Loop;

beforeAll(async () => {
  database = await freshDatabase();
  loop = await startLoop({
    databaseUrl: database.connectionString,
    redisUrl: process.env['PERF_CI_TEST_REDIS_URL'],
  });
});

afterAll(async () => {
  await loop?.stop();
  await database?.drop();
});

async function countRows(table: 'pairs' | 'verdicts', runId: string): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    `select count(*)::int as count from ${table} where run_id = $1`,
    [runId],
  );
  return rows[0]?.count ?? 0;
}

function newestRun(number: number): Promise<Run | undefined> {
  return latestRunOfPull(database.pool, String(loop.repository.id), number);
}

/** Waits until everything that GitHub told has been read; what was decided about the newest `event`. */
async function lastDecision(event: string): Promise<string | undefined> {
  await loop.github.deliveriesSettled();
  await expect
    .poll(() => database.pool.query(`select 1 from deliveries where state = 'new'`), { timeout: 20_000 })
    .toMatchObject({ rowCount: 0 });
  const { rows } = await database.pool.query<{ reason: string }>(
    `select reason from deliveries where event = $1 order by received_at desc limit 1`,
    [event],
  );
  return rows[0]?.reason;
}

describe('pushes', () => {
  it('measures a push to the default branch against its first parent and comments nowhere', async () => {
    const repository = await loop.addRepository('acme/trunk');
    const parent = await loop.github.commit(repository, 'main', { files: { 'README.md': 'before\n' } });
    const pull = await loop.propose('topic', SLOW, { repository, draft: true });

    const merged = await loop.github.mergePullRequest(repository, pull, 'dev');
    const { run, result, check } = await loop.concludedPush(merged, { repository });

    expect(run).toMatchObject({ kind: 'push', baseSha: parent, mergeBaseSha: parent, priority: 50 });
    expect(result).toMatchObject({ kind: 'judged', gate: 'fail', baseSha: parent });
    expect(check).toMatchObject({ headSha: merged, conclusion: 'failure' });
    expect(check.title).toMatch(/Slower/);
    expect(check.summary).toContain('first parent');
    expect(await countRows('verdicts', run.id)).toBeGreaterThan(0);
    expect(await countRows('pairs', run.id)).toBeGreaterThan(0);
    const { rows } = await database.pool.query(
      `select slot from outbox where repo_id = $1 and kind = 'comment'`,
      [repository.id],
    );
    expect(rows).toEqual([]);
    expect(loop.github.comments(repository, pull)).toEqual([]);
  });

  it('leaves a push to another branch alone', async () => {
    const headSha = await loop.github.commit(loop.repository, 'no-pull-request', {
      files: SLOW,
      from: 'main',
    });

    const decision = await lastDecision('push');

    expect(decision).toContain('not a push to the default branch');
    expect(loop.github.checkRuns(loop.repository, headSha)).toEqual([]);
  });
});

describe('asked by people', () => {
  it('measures a head once more when its check is re-run, with a check of its own', async () => {
    const number = await loop.propose('pressed-again', EXITS);
    const first = await loop.concluded(number);

    loop.github.requestCheckRerun(first.check.id, 'dev');
    await expect.poll(async () => (await newestRun(number))?.rerunNumber, { timeout: 20_000 }).toBe(1);
    const second = await loop.concluded(number);

    expect(second.run.headSha).toBe(first.run.headSha);
    expect(second.check.conclusion).toBe('failure');
    const checks = loop.github.checkRuns(loop.repository, first.run.headSha);
    expect(checks.map(({ externalId }) => externalId).sort()).toEqual([first.run.id, second.run.id].sort());
    expect(loop.ourComments(number)).toHaveLength(1);
  });

  it('stops at "/perf cancel" while it measures, and the worker is free for the next', async () => {
    const number = await loop.propose('called-off', NEARLY_MAIN);
    const measured = await loop.measuring(number);

    loop.github.comment(loop.repository, number, 'dev', '/perf cancel');
    const { run, check } = await loop.concluded(number);
    const next = await loop.concluded(await loop.propose('after-the-cancelled', EXITS));

    expect(run).toMatchObject({ id: measured.id, state: 'cancelled' });
    expect(check).toMatchObject({ conclusion: 'cancelled' });
    expect(check.title).toContain('Cancelled by `dev`');
    expect(loop.ourComments(number).map(({ body }) => body)).toEqual([
      expect.stringContaining('Cancelled by `dev`'),
    ]);
    expect(await countRows('verdicts', run.id)).toBe(0);
    expect(next.check.conclusion).toBe('failure');
  });

  it('leaves a draft alone until it is ready for review', async () => {
    const number = await loop.propose('unfinished', EXITS, { draft: true });

    const decision = await lastDecision('pull_request');
    const before = await newestRun(number);
    const commentsBefore = loop.github.comments(loop.repository, number);
    await loop.github.readyForReview(loop.repository, number);
    const { run, check } = await loop.concluded(number);

    expect(decision).toContain('draft');
    expect(before).toBeUndefined();
    expect(commentsBefore).toEqual([]);
    expect(run.rerunNumber).toBe(0);
    expect(check.conclusion).toBe('failure');
    expect(loop.ourComments(number)).toHaveLength(1);
  });
});

describe('while a run is being measured', () => {
  it('gives it up for a newer head, ends its check as superseded and judges the newer one', async () => {
    const number = await loop.propose('overtaken', NEARLY_MAIN);
    const old = await loop.measuring(number);

    const headSha = await loop.github.commit(loop.repository, 'overtaken', { files: SLOW });
    const { check, result } = await loop.concluded(number, { headSha });

    expect(result).toMatchObject({ kind: 'judged', headSha });
    expect(check.conclusion).toBe('failure');
    const [oldCheck, ...others] = loop.github.checkRuns(loop.repository, old.headSha);
    expect(others).toEqual([]);
    expect(oldCheck).toMatchObject({ externalId: old.id, status: 'completed', conclusion: 'neutral' });
    expect(oldCheck?.title).toMatch(/superseded/);
    expect(oldCheck?.title).toContain(headSha.slice(0, 7));
    const [comment, ...more] = loop.ourComments(number);
    expect(more).toEqual([]);
    expect(comment?.body).toContain(headSha.slice(0, 7));
    expect(comment?.body).not.toContain(old.headSha.slice(0, 7));
  });

  it('hands it back when its worker is told to stop, and the next worker finishes it', async () => {
    const number = await loop.propose('worker-stops', SLOW);
    const measured = await loop.measuring(number);
    const pid = loop.running.pids()['worker'];

    process.kill(pid as number, 'SIGTERM');
    const { run, result, check } = await loop.concluded(number);

    expect(loop.running.pids()['worker']).not.toBe(pid);
    expect(run).toMatchObject({ id: measured.id, state: 'done', attempt: 1 });
    const states = await statesOf(database.pool, run.id);
    expect(states.filter((state) => state === 'leased')).toHaveLength(2);
    expect(states.slice(states.indexOf('leased'))[1]).toBe('queued');
    expect(result?.kind).toBe('judged');
    expect(check.conclusion).toBe('failure');
    expect(loop.github.checkRuns(loop.repository, run.headSha)).toHaveLength(1);
    expect(loop.ourComments(number)).toHaveLength(1);
  });
});

it('keeps every promise that the database makes, and talks to GitHub as GitHub describes itself', async () => {
  await expect.poll(() => findViolations(database.pool), { timeout: 10_000 }).toEqual([]);

  expect(loop.github.violations).toEqual([]);
});
