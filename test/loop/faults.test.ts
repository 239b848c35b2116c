import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Run } from '../../src/domain/run.ts';
import { findViolations } from '../../src/store/fsck.ts';
import { latestRunOfPull } from '../../src/store/runs.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Concluded, type Loop, startFile, startLoop, TINY_CONFIG } from '../helpers/whole-loop.ts';

vi.setConfig({ testTimeout: 150_000 });

/** Main burns 500: this is slower beyond doubt, which takes the fewest pairs. */
const SLOW = { 'start.mjs': startFile({ BURN: '1500' }) };
/** A head that ends a run as quickly as one can. */
const EXITS = { 'start.mjs': startFile({ BEHAVIOUR: 'exit' }) };
const WITH_BUILD = TINY_CONFIG.replace('service:\n', 'service:\n  build: [[node, build.mjs]]\n');
const BUILDS = 'console.log("built");\n';
const DOES_NOT_BUILD = 'console.error("score.ts(12,3): cannot find name k");\nprocess.exit(3);\n';

const STACK_TRACE = /^\s+at .+:\d+/m;
const TOKEN_PATH = /\/access_tokens$/;

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

// A test that fails half-way must not take GitHub away from the others.
afterEach(() => {
  loop.github.faults.clear();
  loop.github.releaseDeliveries();
});

/** What a person reads of a run, with what every ending has in common: one comment, one check, no stack trace. */
function wordsOf({ run, check }: Concluded, repository = loop.repository): string {
  const number = run.pullNumber as number;
  expect(loop.ourComments(number, repository)).toHaveLength(1);
  const checks = loop.github.checkRuns(repository, run.headSha);
  expect(checks.map(({ status }) => status)).toEqual(['completed']);
  const body = loop.ourComments(number, repository)[0]?.body ?? '';
  expect(body).toContain(run.headSha.slice(0, 7));
  expect([body, check.title, check.summary, check.text].join('\n')).not.toMatch(STACK_TRACE);
  return body;
}

/** Nothing is taken from the queue before `work` is done. */
async function whileWorkerSleeps(work: () => Promise<void>): Promise<void> {
  const worker = loop.running.pids()['worker'] as number;
  process.kill(worker, 'SIGSTOP');
  try {
    await work();
  } finally {
    process.kill(worker, 'SIGCONT');
  }
}

/** Opens a pull request and waits until GitHub shows that its run waits. */
async function proposeQueued(branch: string, files: Record<string, string>): Promise<number> {
  const number = await loop.propose(branch, files);
  await expect
    .poll(
      async () => {
        const run = await newestRun(number);
        return run && loop.github.checkRuns(loop.repository, run.headSha).length;
      },
      { timeout: 20_000 },
    )
    .toBe(1);
  return number;
}

function newestRun(number: number): Promise<Run | undefined> {
  return latestRunOfPull(database.pool, String(loop.repository.id), number);
}

describe('a configuration that cannot be used', () => {
  it.each([
    {
      title: 'asks for one where the base has none',
      file: 'start.mjs',
      text: /to have pull requests measured/,
    },
    { title: 'says when the one that the head adds will count', file: 'perf-ci.yml', text: /adds one/ },
  ])('$title, in a neutral check', async ({ file, text }) => {
    const repository = await loop.addRepository(`acme/without-config-${file}`, { 'perf-ci.yml': null });
    const files = { 'perf-ci.yml': TINY_CONFIG, ...SLOW };
    const number = await loop.propose(
      'change',
      { [file]: files[file as keyof typeof files] },
      { repository },
    );

    const { check, result } = await loop.concluded(number, { repository });

    expect(result).toMatchObject({ kind: 'not_configured', baseRef: 'main' });
    expect(check.conclusion).toBe('neutral');
    expect(check.title).toContain('no `perf-ci.yml` on `main`');
    // It may not want us at all.
    expect(loop.github.comments(repository, number)).toEqual([]);
    expect(check.summary).toMatch(text);
  });

  it('names line and key where the one of the base does not parse, and blames no pull request', async () => {
    const broken = TINY_CONFIG.replace('  ready:', '  redy:');
    const repository = await loop.addRepository('acme/broken-config', { 'perf-ci.yml': broken });
    const number = await loop.propose('innocent', SLOW, { repository });

    const concluded = await loop.concluded(number, { repository });

    const comment = wordsOf(concluded, repository);
    expect(concluded.check.conclusion).toBe('neutral');
    expect(comment).toMatch(/`perf-ci.yml` of the base is not valid/);
    expect(comment).toMatch(/4:3/);
    expect(comment).toMatch(/redy/);
    expect(comment).toMatch(/ready/);
  });
});

describe('a side that does not build', () => {
  it('is named with its command and its last lines when it is the head', async () => {
    const repository = await loop.addRepository('acme/built', {
      'perf-ci.yml': WITH_BUILD,
      'build.mjs': BUILDS,
    });
    const number = await loop.propose('breaks-the-build', { 'build.mjs': DOES_NOT_BUILD }, { repository });

    const concluded = await loop.concluded(number, { repository });

    const comment = wordsOf(concluded, repository);
    expect(concluded.check.conclusion).toBe('failure');
    expect(comment).toMatch(/Head does not build/);
    expect(comment).toContain('node build.mjs');
    expect(comment).toContain('cannot find name k');
  });

  it("is not this pull request's fault when it is the base", async () => {
    const repository = await loop.addRepository('acme/not-built', {
      'perf-ci.yml': WITH_BUILD,
      'build.mjs': DOES_NOT_BUILD,
    });
    const number = await loop.propose('repairs-the-build', { 'build.mjs': BUILDS }, { repository });

    const concluded = await loop.concluded(number, { repository });

    const comment = wordsOf(concluded, repository);
    expect(concluded.check.conclusion).toBe('neutral');
    expect(comment).toMatch(/Base does not build — not this pull request's fault/);
    expect(comment).toContain('node build.mjs');
    expect(comment).toContain('cannot find name k');
  });
});

describe('a base that cannot be measured while the head can', () => {
  it.each([
    { behaviour: 'die', says: /Base dies under load/, detail: 'exited with code 9' },
    { behaviour: 'exit', says: /Base stops right after its start/, detail: 'cannot open the catalogue' },
  ])('is named, and the pull request is not blamed: $behaviour', async ({ behaviour, says, detail }) => {
    const repository = await loop.addRepository(`acme/base-${behaviour}`, {
      'start.mjs': startFile({ BEHAVIOUR: behaviour }),
    });
    const number = await loop.propose('repairs-it', { 'start.mjs': startFile() }, { repository });

    const concluded = await loop.concluded(number, { repository });

    const comment = wordsOf(concluded, repository);
    expect(concluded.check.conclusion).toBe('neutral');
    expect(comment).toMatch(says);
    expect(comment).toMatch(/not this pull request's fault/);
    expect(comment).toContain(detail);
  });
});

describe('a head that is not where it should be', () => {
  it('has no history in common with the base: not comparable, and nobody to blame', async () => {
    const number = await loop.propose('orphan', { 'README.md': 'new words\n' });
    const headSha = await loop.github.commit(loop.repository, 'orphan', { files: SLOW, from: null });

    const concluded = await loop.concluded(number, { headSha });

    const comment = wordsOf(concluded);
    expect(concluded.check.conclusion).toBe('neutral');
    expect(comment).toMatch(/no commit in common/);
  });

  it('was in a fork that is gone by the time its delivery is read', async () => {
    loop.github.holdDeliveries();
    await loop.github.fork(loop.repository, 'stranger');
    await loop.github.commit('stranger/ranker', 'gift', { files: SLOW });
    const { number } = await loop.github.openPullRequest(loop.repository, {
      head: 'stranger:gift',
      base: 'main',
      title: 'a gift',
      author: 'stranger',
    });
    await loop.github.deleteRepository('stranger/ranker');

    loop.github.releaseDeliveries();
    const concluded = await loop.concluded(number);

    expect(concluded.run).toMatchObject({ state: 'failed', attempt: 0 });
    expect(wordsOf(concluded)).toContain('the fork was deleted');
  });

  it('was replaced by a force-push before it was fetched, and the next head is measured', async () => {
    const { github, repository } = loop;
    let [number, headSha] = [0, ''];
    await whileWorkerSleeps(async () => {
      number = await proposeQueued('replaced', SLOW);
      github.holdDeliveries();
      headSha = await github.commit(repository, 'replaced', { files: EXITS, from: 'main' });
      await promisify(execFile)('git', ['-C', repository.path, 'prune', '--expire=now']);
    });

    const lost = await loop.concluded(number);
    const comment = wordsOf(lost);
    github.releaseDeliveries();
    const next = await loop.concluded(number, { headSha });

    expect(lost.run.headSha).not.toBe(headSha);
    expect(lost.check.conclusion).toBe('neutral');
    expect(comment).toMatch(/no longer reachable/);
    expect(comment).toMatch(/not this pull request's fault/);
    expect(next.check.conclusion).toBe('failure');
    expect(wordsOf(next)).toContain('cannot open the catalogue');
  });
});

describe('GitHub away for some seconds', () => {
  /**
   * Neither API nor git answers until `faults.clear()`: the first request to `path` gets nothing at all, the
   * others get errors.
   * @returns how many requests to `path` have met it
   */
  function takeAway(path = /^/): () => number {
    const { faults } = loop.github;
    const before = faults.struck.length;
    faults.add({ match: { path }, kind: 'timeout', times: 1 });
    faults.add({ match: {}, kind: '502' });
    return () => faults.struck.slice(before).filter((strike) => path.test(strike.path)).length;
  }

  it('while a run is measured: its result is kept and told afterwards', async () => {
    const number = await loop.propose('away-while-measured', SLOW);
    const measured = await loop.measuring(number);
    await expect
      .poll(() => loop.ourComments(number).map(({ body }) => body), { timeout: 20_000 })
      .toEqual([expect.stringContaining('Measuring')]);

    const struck = takeAway();
    await expect.poll(async () => (await newestRun(number))?.state, { timeout: 60_000 }).toBe('reporting');
    await expect.poll(struck, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
    loop.github.faults.clear();
    const concluded = await loop.concluded(number);

    expect(concluded.run).toMatchObject({ id: measured.id, state: 'done', attempt: 1 });
    expect(concluded.check.conclusion).toBe('failure');
    expect(wordsOf(concluded)).toMatch(/Slower/);
  });

  it('while the worker asks for its token: it waits, and uses up no attempt', async () => {
    let number = 0;
    let struck = (): number => 0;
    await whileWorkerSleeps(async () => {
      number = await proposeQueued('away-at-the-token', EXITS);
      struck = takeAway(TOKEN_PATH);
    });

    await expect.poll(struck, { timeout: 30_000 }).toBe(1);
    loop.github.faults.clear();
    const concluded = await loop.concluded(number);

    expect(concluded.run.attempt).toBe(1);
    expect(concluded.check.conclusion).toBe('failure');
    expect(wordsOf(concluded)).toContain('cannot open the catalogue');
  });

  it('while the worker fetches: the run goes back into the queue, and uses up no attempt', async () => {
    let number = 0;
    await whileWorkerSleeps(async () => {
      number = await proposeQueued('away-at-the-fetch', EXITS);
      loop.github.faults.add({ match: { path: /\.git\// }, kind: '502' });
    });

    await expect
      .poll(() => database.pool.query('select 1 from runs where not_before > now()'), { timeout: 30_000 })
      .toMatchObject({ rowCount: 1 });
    const waiting = await newestRun(number);
    loop.github.faults.clear();
    // Not waited for: half a minute.
    await database.pool.query('update runs set not_before = now() where not_before > now()');
    const concluded = await loop.concluded(number);

    expect(waiting).toMatchObject({ state: 'queued', attempt: 0 });
    expect(concluded.run.attempt).toBe(1);
    expect(concluded.check.conclusion).toBe('failure');
    expect(wordsOf(concluded)).toContain('cannot open the catalogue');
  });
});

it('keeps every promise that the database makes, and talks to GitHub as GitHub describes itself', async () => {
  await expect.poll(() => findViolations(database.pool), { timeout: 10_000 }).toEqual([]);

  expect(loop.github.violations).toEqual([]);
});
