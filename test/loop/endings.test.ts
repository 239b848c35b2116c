import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { runById } from '../../src/store/runs.ts';
import { findViolations } from '../../src/store/fsck.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Loop, startFile, startLoop, TINY_CONFIG } from '../helpers/whole-loop.ts';

// A run that cannot be decided takes its whole budget.
vi.setConfig({ testTimeout: 150_000 });

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

describe('what cannot be measured ends in a stated reason, a concluded check and no red for the innocent', () => {
  it.each([
    ['docs-only', { 'README.md': 'new words\n' }, 'success', /paths|ignore|matter/i],
    [
      'does-not-start',
      { 'start.mjs': startFile({ BEHAVIOUR: 'exit' }) },
      'failure',
      /cannot open the catalogue/,
    ],
    ['never-ready', { 'start.mjs': startFile({ BEHAVIOUR: 'never-ready' }) }, 'failure', /status 503/],
    ['dies', { 'start.mjs': startFile({ BEHAVIOUR: 'die' }) }, 'failure', /exited with code 9/],
    ['errors', { 'start.mjs': startFile({ BEHAVIOUR: 'errors' }) }, 'failure', /2xx/],
    [
      'garbage',
      {
        'tiny.mjs':
          'import net from "node:net"; net.createServer((s) => s.end("no http")).listen(Number(process.env.PORT), "127.0.0.1");',
      },
      'failure',
      /healthz/,
    ],
  ])('%s', async (branch, files, conclusion, words) => {
    const number = await loop.propose(branch, files);

    const { check, comments } = await loop.concluded(number);

    expect(check.conclusion).toBe(conclusion);
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).toMatch(words);
    expect(comments[0]?.body).not.toMatch(/\n\s+at .*\.ts:\d+/);
  });

  it('does not run a fork, and says so', async () => {
    await loop.github.fork(loop.repository, 'stranger');
    await loop.github.commit('stranger/ranker', 'gift', { files: { 'start.mjs': startFile({ BURN: '1' }) } });
    const { number, headSha } = await loop.github.openPullRequest(loop.repository, {
      head: 'stranger:gift',
      base: 'main',
      title: 'a gift',
      author: 'stranger',
    });

    await expect
      .poll(() => loop.github.checkRuns(loop.repository, headSha)[0]?.conclusion, { timeout: 20_000 })
      .toBe('action_required');

    await expect
      .poll(() => loop.github.comments(loop.repository, number).length, { timeout: 20_000 })
      .toBe(1);
    expect(loop.github.comments(loop.repository, number)[0]?.body).toMatch(/fork/i);
  });

  it('judges by the configuration of the base and shows what the head changes in it', async () => {
    const number = await loop.propose('lenient', {
      'perf-ci.yml': TINY_CONFIG.replace(
        'budget: 10s',
        'budget: 10s\n    gate: [{ metric: cpu_per_request, threshold: 90 }]',
      ),
      'start.mjs': startFile({ BURN: '1500' }),
    });

    const { check, comments } = await loop.concluded(number);

    expect(check.conclusion).toBe('failure');
    expect(comments[0]?.body).toContain('threshold');
    expect(comments[0]?.body).toContain('perf-ci.yml');
  });
});

describe('commands in comments', () => {
  it('run again for a writer, and tell a stranger what is needed', async () => {
    const number = await loop.propose('asked-again', { 'start.mjs': startFile({ BURN: '520' }) });
    const first = await loop.concluded(number);
    loop.github.addUser('stranger-two');

    loop.github.comment(loop.repository, number, 'stranger-two', '/perf rerun');
    await expect
      .poll(
        () => loop.github.comments(loop.repository, number).some(({ body }) => /write access/.test(body)),
        { timeout: 20_000 },
      )
      .toBe(true);
    loop.github.comment(loop.repository, number, 'dev', 'please\n/perf rerun');
    await expect
      .poll(async () => (await loop.concluded(number)).run.rerunNumber, { timeout: 60_000 })
      .toBe(1);

    const second = await loop.concluded(number);
    expect(second.run.headSha).toBe(first.run.headSha);
    // Two of the three are what people wrote.
    const ours = loop.github
      .comments(loop.repository, number)
      .filter(({ body }) => body.includes('perf-ci v=1'));
    expect(ours).toHaveLength(1);
  });
});

it('keeps every promise that the database makes', async () => {
  await expect.poll(() => findViolations(database.pool), { timeout: 10_000 }).toEqual([]);

  const { rows } = await database.pool.query<{ run_id: string; epochs: number }>(
    `select p.run_id, count(distinct p.lease_epoch)::int as epochs from pairs p group by p.run_id`,
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(await runById(database.pool, rows[0]?.run_id ?? '')).toBeDefined();
  expect(loop.github.violations).toEqual([]);
});
