import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pullRequest } from '../fixtures/payloads/payloads.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Harness, makeHarness, moveNewestRun, openPull, SHA } from './harness.ts';

let database: TestDatabase;
let bot: Harness;
let number = 100;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => {
  bot = makeHarness(database.pool);
  number += 1;
});
afterAll(() => database.drop());

/** Each event differs from all others in its bytes, as GitHub's do by their times. */
let moment = 0;
function event(action: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  moment += 1;
  return pullRequest(action, {
    number,
    'pull_request.number': number,
    'pull_request.updated_at': `moment ${moment}`,
    ...changes,
  });
}

describe('a pull request that is opened', () => {
  it('gets one run of its head, shown as queued', async () => {
    bot.github.pulls.set(number, openPull());

    const end = await bot.handle('pull_request', event('opened'));

    expect(end).toMatchObject({ state: 'done', reason: expect.stringMatching(/^run .* created$/) });
    expect(bot.shownRuns).toMatchObject([
      {
        kind: 'pull_request',
        state: 'queued',
        pullNumber: number,
        repoFullName: 'Codertocat/Hello-World',
        installationId: '1',
        headSha: SHA.a,
        baseSha: SHA.base,
        headRef: 'topic',
        baseRef: 'master',
        fromFork: false,
        rerunNumber: 0,
        priority: 10,
        actor: { id: '21031067', login: 'Codertocat' },
      },
    ]);
  });

  it('makes its repository, installation and state known', async () => {
    bot.github.pulls.set(number, openPull());

    await bot.handle('pull_request', event('opened'));

    const { rows } = await bot.pool.query(
      `select i.state as installation, r.full_name, r.default_branch, p.head_sha, p.state as pull
       from pull_requests p join repositories r using (repo_id) join installations i using (installation_id)
       where p.number = $1`,
      [number],
    );
    expect(rows).toEqual([
      {
        installation: 'active',
        full_name: 'Codertocat/Hello-World',
        default_branch: 'master',
        head_sha: SHA.a,
        pull: 'open',
      },
    ]);
  });

  it('as a draft waits until it is ready for review', async () => {
    bot.github.pulls.set(number, openPull({ draft: true }));
    const asDraft = await bot.handle('pull_request', event('opened'));
    bot.github.pulls.set(number, openPull());

    await bot.handle('pull_request', event('ready_for_review'));

    expect(asDraft).toEqual({
      state: 'ignored',
      reason: 'draft: it is measured when it is ready for review',
    });
    expect(await bot.runs(number)).toEqual([{ head: 'a', rerun: 0, state: 'queued' }]);
  });

  it('from a fork waits for an approval that this version does not give', async () => {
    bot.github.pulls.set(number, openPull({ headRepoId: '999' }));

    await bot.handle('pull_request', event('opened'));

    expect(bot.shownRuns).toMatchObject([{ state: 'awaiting_approval', fromFork: true }]);
  });

  it('W15: from a fork that was deleted fails at once and says so', async () => {
    bot.github.pulls.set(number, openPull({ headRepoId: undefined }));

    await bot.handle('pull_request', event('opened'));

    const { rows } = await bot.pool.query('select state, result from runs where pull_number = $1', [number]);
    expect(rows).toMatchObject([
      { state: 'failed', result: { kind: 'failed', blame: 'infra', message: 'the fork was deleted' } },
    ]);
    expect(bot.shownRuns).toMatchObject([{ state: 'failed' }]);
  });

  it('by a replayed body under other ids gets no further run', async () => {
    bot.github.pulls.set(number, openPull());
    const payload = event('opened');

    const ends = [];
    for (let replay = 0; replay < 20; replay += 1) ends.push(await bot.handle('pull_request', payload));

    expect(await bot.runs(number)).toHaveLength(1);
    expect(ends.slice(1)).toEqual(
      Array.from({ length: 19 }, () => ({ state: 'ignored', reason: 'repeats a delivery that was handled' })),
    );
  });
});

describe('a pull request that is pushed to', () => {
  it('is measured at the newer head, and the older run is superseded and shown first', async () => {
    bot.github.pulls.set(number, openPull());
    await bot.handle('pull_request', event('opened'));
    bot.shownRuns.length = 0;
    bot.github.pulls.set(number, openPull({ headSha: SHA.b }));

    await bot.handle('pull_request', event('synchronize'));

    expect(await bot.runs(number)).toEqual([
      { head: 'a', rerun: 0, state: 'superseded' },
      { head: 'b', rerun: 0, state: 'queued' },
    ]);
    expect(bot.shownRuns.map(({ state }) => state)).toEqual(['superseded', 'queued']);
  });

  it('W18: keeps its head when an older synchronize comes late', async () => {
    bot.github.pulls.set(number, openPull({ headSha: SHA.b }));
    await bot.handle('pull_request', event('synchronize', { 'pull_request.head.sha': SHA.b }));

    const late = event('synchronize', { 'pull_request.head.sha': SHA.a, before: SHA.c, after: SHA.a });
    const end = await bot.handle('pull_request', late);

    expect(end).toEqual({ state: 'ignored', reason: 'the newest commit has a run already' });
    expect(await bot.runs(number)).toEqual([{ head: 'b', rerun: 0, state: 'queued' }]);
  });

  it('and set back to an earlier head is measured there again', async () => {
    for (const headSha of [SHA.a, SHA.b, SHA.a]) {
      bot.github.pulls.set(number, openPull({ headSha }));
      await bot.handle('pull_request', event('synchronize', { before: undefined }));
    }

    expect(await bot.runs(number)).toEqual([
      { head: 'a', rerun: 0, state: 'superseded' },
      { head: 'b', rerun: 0, state: 'superseded' },
      { head: 'a', rerun: 1, state: 'queued' },
    ]);
  });

  it('is asked about again when GitHub still shows the head before the push', async () => {
    bot.github.pulls.set(number, openPull({ headSha: SHA.a }));
    const pushed = event('synchronize', { before: SHA.a, 'pull_request.head.sha': SHA.b });

    const id = await bot.store('pull_request', pushed);
    await bot.drain();
    const before = await bot.runs(number);
    bot.github.pulls.set(number, openPull({ headSha: SHA.b }));
    await bot.hurry();
    await bot.drain();

    expect(before).toEqual([]);
    expect(await bot.delivery(id)).toMatchObject({ state: 'done' });
    expect(await bot.runs(number)).toEqual([{ head: 'b', rerun: 0, state: 'queued' }]);
  });

  it('is measured at the head that GitHub shows once asking again has not changed it', async () => {
    bot.github.pulls.set(number, openPull({ headSha: SHA.a }));
    await bot.store('pull_request', event('synchronize', { before: SHA.a, 'pull_request.head.sha': SHA.b }));

    for (let patience = 0; patience < 4; patience += 1) {
      await bot.drain();
      await bot.hurry();
    }

    expect(await bot.runs(number)).toEqual([{ head: 'a', rerun: 0, state: 'queued' }]);
  });
});

describe('a pull request that is closed', () => {
  it('has its open runs cancelled', async () => {
    bot.github.pulls.set(number, openPull());
    await bot.handle('pull_request', event('opened'));
    bot.github.pulls.set(number, openPull({ state: 'closed' }));

    const end = await bot.handle('pull_request', event('closed'));

    expect(end).toEqual({ state: 'done', reason: '1 open runs cancelled: pull request closed' });
    expect(await bot.runs(number)).toEqual([{ head: 'a', rerun: 0, state: 'cancelled' }]);
    expect(bot.shownRuns.at(-1)).toMatchObject({ state: 'cancelled' });
  });

  it('W18: before its opening arrives has no run', async () => {
    bot.github.pulls.set(number, openPull({ state: 'closed' }));

    await bot.handle('pull_request', event('closed'));
    await bot.handle('pull_request', event('opened'));

    expect(await bot.runs(number)).toEqual([]);
  });

  it('and reopened is measured again', async () => {
    bot.github.pulls.set(number, openPull());
    await bot.handle('pull_request', event('opened'));
    bot.github.pulls.set(number, openPull({ state: 'closed' }));
    await bot.handle('pull_request', event('closed'));
    bot.github.pulls.set(number, openPull());

    await bot.handle('pull_request', event('reopened'));

    expect(await bot.runs(number)).toEqual([
      { head: 'a', rerun: 0, state: 'cancelled' },
      { head: 'a', rerun: 1, state: 'queued' },
    ]);
  });

  it('and reopened keeps the answer that it has', async () => {
    bot.github.pulls.set(number, openPull());
    await bot.handle('pull_request', event('opened'));
    await moveNewestRun(bot.pool, number, 'leased', 'reporting', 'done');

    await bot.handle('pull_request', event('reopened'));

    expect(await bot.runs(number)).toEqual([{ head: 'a', rerun: 0, state: 'done' }]);
  });
});

describe('a pull request that is edited', () => {
  it('to another base is measured against that one', async () => {
    bot.github.pulls.set(number, openPull());
    await bot.handle('pull_request', event('opened'));
    bot.github.pulls.set(number, openPull({ baseRef: 'release', baseSha: SHA.c }));

    await bot.handle('pull_request', event('edited', { changes: { base: { ref: { from: 'master' } } } }));

    expect(await bot.runs(number)).toEqual([
      { head: 'a', rerun: 0, state: 'cancelled' },
      { head: 'a', rerun: 1, state: 'queued' },
    ]);
    expect(bot.shownRuns.at(-1)).toMatchObject({ baseRef: 'release', baseSha: SHA.c });
  });

  it('in its title is not asked about', async () => {
    const end = await bot.handle('pull_request', event('edited', { changes: { title: { from: 'x' } } }));

    expect(end).toEqual({ state: 'ignored', reason: 'edited: the base branch is the same' });
    expect(bot.github.reads).toBe(0);
  });
});

describe('a pull request that GitHub does not show', () => {
  it('W16: of an unknown installation is ignored and noted', async () => {
    const payload = event('opened', { 'installation.id': 4_711 });

    const end = await bot.handle('pull_request', payload);

    expect(end).toEqual({ state: 'ignored', reason: 'unknown installation' });
    expect(bot.log).toContainEqual({
      level: 'warn',
      message: 'event of an unknown installation ignored',
    });
  });

  it('is ignored when the name now belongs to another repository', async () => {
    bot.github.pulls.set(number, openPull({ baseRepoId: '31337', headRepoId: '31337' }));

    const end = await bot.handle('pull_request', event('opened'));

    expect(end.reason).toBe('the name of the repository belongs to another one now');
    expect(await bot.runs(number)).toEqual([]);
  });
});
