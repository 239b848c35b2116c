import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { example, pullRequest, push, REPO_ID, rerequest, withFields } from '../fixtures/payloads/payloads.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Harness, makeHarness, moveNewestRun, openPull, SHA } from './harness.ts';

const WRITER = '21031067';

let database: TestDatabase;
let bot: Harness;
let moment = 0;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(async () => {
  await database.pool.query('truncate runs, outbox, deliveries, installations, repositories cascade');
  bot = makeHarness(database.pool);
  moment += 1;
});
afterAll(() => database.drop());

describe('a push', () => {
  it('to the default branch is measured against its first parent, at low priority', async () => {
    bot.github.commits.set(SHA.b, { parents: [SHA.a, SHA.c] });

    await bot.handle('push', push({ before: SHA.c, after: SHA.b }));

    expect(bot.shownRuns).toMatchObject([
      {
        kind: 'push',
        headSha: SHA.b,
        baseSha: SHA.a,
        headRef: 'master',
        baseRef: 'master',
        priority: 50,
        fromFork: false,
      },
    ]);
    expect(await bot.runs()).toEqual([{ head: 'b', rerun: 0, state: 'queued' }]);
  });

  it('that follows another leaves that one to be measured too', async () => {
    bot.github.commits.set(SHA.a, { parents: [SHA.base] });
    bot.github.commits.set(SHA.b, { parents: [SHA.a] });

    await bot.handle('push', push({ after: SHA.a }));
    await bot.handle('push', push({ after: SHA.b }));

    expect(await bot.runs()).toEqual([
      { head: 'a', rerun: 0, state: 'queued' },
      { head: 'b', rerun: 0, state: 'queued' },
    ]);
  });

  it.each([
    ['refs/heads/topic', 'another branch'],
    ['refs/tags/master', 'a tag of the same name'],
    ['refs/heads/master2', 'a longer name'],
  ])('to %s, %s, is ignored without a question', async (ref) => {
    const end = await bot.handle('push', push({ ref }));

    expect(end).toEqual({ state: 'ignored', reason: 'not a push to the default branch' });
    expect(bot.github.reads).toBe(0);
  });

  it('of the first commit has nothing to be compared with', async () => {
    bot.github.commits.set(SHA.b, { parents: [] });

    const end = await bot.handle('push', push({ after: SHA.b }));

    expect(end).toEqual({
      state: 'ignored',
      reason: 'the first commit has no parent to compare with',
    });
  });

  it('that GitHub does not show yet is asked about again', async () => {
    const installed = withFields(example('installation', 'created'), { 'installation.id': 1 });
    await bot.handle('installation', installed);

    const first = await bot.handle('push', push({ after: SHA.b }));
    bot.github.commits.set(SHA.b, { parents: [SHA.a] });
    await bot.hurry();
    await bot.drain();

    expect(first).toEqual({ state: 'new', reason: 'GitHub does not show the pushed commit yet' });
    expect(await bot.runs()).toHaveLength(1);
  });
});

describe('a check run that somebody asks to re-run', () => {
  const NUMBER = 7;

  beforeEach(async () => {
    bot.github.permissions.set(WRITER, 'write');
    bot.github.pulls.set(NUMBER, openPull());
    const opened = pullRequest('opened', { number: NUMBER, 'pull_request.number': NUMBER, moment });
    await bot.handle('pull_request', opened);
    await showCheckAs(40);
    bot.shownRuns.length = 0;
  });

  it('is run again when it has ended', async () => {
    await moveNewestRun(bot.pool, NUMBER, 'failed');

    await bot.handle('check_run', rerequest(40));

    expect(await bot.runs(NUMBER)).toEqual([
      { head: 'a', rerun: 0, state: 'failed' },
      { head: 'a', rerun: 1, state: 'queued' },
    ]);
    expect(bot.shownRuns).toMatchObject([{ actor: { id: WRITER }, rerunNumber: 1 }]);
  });

  it.each<[string, () => Promise<void> | void, Record<string, unknown>, string]>([
    ['while it is being measured', () => undefined, {}, 'the commit is being measured already'],
    [
      'when there is a newer commit',
      () => void bot.github.pulls.set(NUMBER, openPull({ headSha: SHA.b })),
      {},
      'the pull request has a newer commit',
    ],
    [
      'when the pull request is closed',
      () => void bot.github.pulls.set(NUMBER, openPull({ state: 'closed' })),
      {},
      'the pull request is closed',
    ],
    [
      'from a fork',
      () => void bot.github.pulls.set(NUMBER, openPull({ headRepoId: '9' })),
      {},
      'pull requests from forks are not run in this version',
    ],
    [
      'by a reader',
      () => void bot.github.permissions.set(WRITER, 'read'),
      {},
      'whoever asked for a re-run has no write access',
    ],
    ['by a bot', () => undefined, { 'sender.type': 'Bot' }, 'asked for by a bot'],
    ['of another App', () => undefined, { 'check_run.app.id': 99 }, 'a check of another App'],
    ['of no run of ours', () => undefined, { 'check_run.id': 41 }, 'no run has this check'],
  ])('is not run again %s', async (_when, arrange, changes, reason) => {
    await arrange();

    const end = await bot.handle('check_run', rerequest(40, { moment, ...changes }));

    expect(end).toEqual({ state: 'ignored', reason });
    expect(await bot.runs(NUMBER)).toHaveLength(1);
  });

  it('of a push is run again against the same parent', async () => {
    bot.github.commits.set(SHA.b, { parents: [SHA.a] });
    await bot.handle('push', push({ after: SHA.b }));
    await showCheckAs(50);
    await bot.pool.query(`update runs set state = 'failed' where kind = 'push'`);
    bot.shownRuns.length = 0;

    await bot.handle('check_run', rerequest(50));

    expect(await bot.runs()).toEqual([
      { head: 'b', rerun: 0, state: 'failed' },
      { head: 'b', rerun: 1, state: 'queued' },
    ]);
    expect(bot.shownRuns).toMatchObject([{ kind: 'push', baseSha: SHA.a, priority: 50 }]);
  });

  /** The newest run's check as GitHub numbered it. */
  async function showCheckAs(externalId: number): Promise<void> {
    await bot.pool.query(
      `insert into outbox (kind, installation_id, repo_id, repo_full_name, slot, run_id, source_sequence, desired, external_id)
       select 'check', 1, $1, 'o/r', 'run/' || r.id, r.id, r.sequence, '{}', $2
       from runs r order by r.sequence desc limit 1`,
      [REPO_ID, externalId],
    );
  }
});

describe('an installation', () => {
  const created = withFields(example('installation', 'created'), { 'installation.id': 1 });
  const withAction = (action: string) => withFields(created, { action });

  it('that is created is known with its repositories', async () => {
    const end = await bot.handle('installation', created);

    expect(end).toEqual({ state: 'done', reason: 'installation active, 1 repositories added, 0 removed' });
    expect(await installations()).toEqual([{ installation_id: '1', state: 'active' }]);
    expect(await repositories()).toEqual([
      { full_name: 'Codertocat/Hello-World', state: 'active', default_branch: 'main' },
    ]);
  });

  it('that was removed does not come back by an event that was sent before', async () => {
    await bot.handle('installation', withAction('deleted'));

    const late = await bot.handle('installation', created);
    const event = await bot.handle('pull_request', pullRequest('opened', { moment }));

    expect(late).toEqual({ state: 'ignored', reason: 'the installation was removed' });
    expect(event).toEqual({ state: 'ignored', reason: 'the installation was removed' });
    expect(await installations()).toEqual([{ installation_id: '1', state: 'removed' }]);
  });

  it('that is suspended counts as active again once GitHub answers for it', async () => {
    await bot.handle('installation', withAction('suspend'));
    bot.github.pulls.set(2, openPull());

    await bot.handle('pull_request', pullRequest('opened', { moment }));

    expect(await installations()).toEqual([{ installation_id: '1', state: 'active' }]);
    expect(await bot.runs(2)).toHaveLength(1);
  });

  it('keeps the default branch that an event has named', async () => {
    bot.github.pulls.set(2, openPull());
    await bot.handle('pull_request', pullRequest('opened', { moment }));

    await bot.handle('installation', created);

    expect(await repositories()).toMatchObject([{ default_branch: 'master' }]);
  });

  it('has repositories added and removed', async () => {
    await bot.handle('installation', created);
    const [hello] = created['repositories'] as object[];
    const moved = withFields(example('installation_repositories', 'added'), {
      'installation.id': 1,
      repositories_removed: [hello],
    });

    await bot.handle('installation_repositories', moved);

    expect(await repositories()).toEqual([
      { full_name: 'Codertocat/Hello-World', state: 'removed', default_branch: 'main' },
      { full_name: 'Codertocat/Space', state: 'active', default_branch: 'main' },
    ]);
  });

  it('that is removed ends its open runs, and says so', async () => {
    await bot.handle('installation', created);
    bot.github.pulls.set(2, openPull());
    bot.github.commits.set(SHA.b, { parents: [SHA.a] });
    await bot.handle('pull_request', pullRequest('opened', { moment }));
    await bot.handle('push', push({ after: SHA.b }));
    bot.shownRuns.length = 0;

    const end = await bot.handle('installation', withAction('deleted'));

    expect(end).toEqual({
      state: 'done',
      reason: 'installation removed, 0 repositories added, 1 removed, 2 open runs cancelled',
    });
    expect(await bot.runs(2)).toMatchObject([{ state: 'cancelled' }]);
    expect(await bot.runs()).toMatchObject([{ state: 'cancelled' }]);
    expect(bot.shownRuns).toMatchObject([{ state: 'cancelled' }, { state: 'cancelled' }]);
  });

  it('from which a repository is taken ends the runs of that one, and runs them anew when it is back', async () => {
    const repository = {
      id: REPO_ID,
      name: 'Hello-World',
      full_name: 'Codertocat/Hello-World',
      private: false,
    };
    const moved = (fields: Record<string, unknown>) =>
      withFields(example('installation_repositories', 'added'), {
        'installation.id': 1,
        repositories_added: [],
        repositories_removed: [],
        moment,
        ...fields,
      });
    bot.github.pulls.set(2, openPull());
    await bot.handle('pull_request', pullRequest('opened', { moment }));

    const other = { ...repository, id: REPO_ID + 1 };
    await bot.handle('installation_repositories', moved({ repositories_removed: [other] }));
    const before = await bot.runs(2);
    await bot.handle('installation_repositories', moved({ repositories_removed: [repository] }));
    const after = await bot.runs(2);
    await bot.handle('installation_repositories', moved({ repositories_added: [repository] }));
    await bot.handle('pull_request', pullRequest('reopened', { moment }));

    expect(before).toEqual([{ head: 'a', rerun: 0, state: 'queued' }]);
    expect(after).toEqual([{ head: 'a', rerun: 0, state: 'cancelled' }]);
    expect(await bot.runs(2)).toEqual([
      { head: 'a', rerun: 0, state: 'cancelled' },
      { head: 'a', rerun: 1, state: 'queued' },
    ]);
  });

  async function installations(): Promise<unknown[]> {
    return (await bot.pool.query('select installation_id, state from installations')).rows;
  }

  async function repositories(): Promise<unknown[]> {
    const sql = 'select full_name, state, default_branch from repositories order by full_name';
    return (await bot.pool.query(sql)).rows;
  }
});
