import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PerfCiError } from '../../src/domain/errors.ts';
import { comment, OWN_APP_ID, pullRequest } from '../fixtures/payloads/payloads.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Harness, makeHarness, moveNewestRun, openPull, SHA } from './harness.ts';

const WRITER = '21031067';

let database: TestDatabase;
let bot: Harness;
let number = 200;
let commentId = 1_000;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => {
  bot = makeHarness(database.pool);
  number += 1;
  bot.github.pulls.set(number, openPull());
  bot.github.permissions.set(WRITER, 'write');
});
afterAll(() => database.drop());

function say(body: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  commentId += 1;
  return comment(body, { 'comment.id': commentId, 'issue.number': number, ...changes });
}

function told(): string[] {
  return bot.notices.map(({ code }) => code);
}

describe('/perf run and rerun', () => {
  it.each(['run', 'rerun'])('%s measures the head as GitHub shows it', async (command) => {
    await bot.handle('issue_comment', say(`/perf ${command}`));

    expect(await bot.runs(number)).toEqual([{ head: 'a', rerun: 0, state: 'queued' }]);
    expect(bot.shownRuns).toMatchObject([{ actor: { id: WRITER } }]);
    expect(told()).toEqual([]);
  });

  it('measure once more when there is an answer', async () => {
    await bot.handle('issue_comment', say('/perf run'));
    await moveNewestRun(bot.pool, number, 'leased', 'reporting', 'done');

    await bot.handle('issue_comment', say('/perf rerun'));

    expect(await bot.runs(number)).toEqual([
      { head: 'a', rerun: 0, state: 'done' },
      { head: 'a', rerun: 1, state: 'queued' },
    ]);
  });

  it('start nothing while the head is being measured', async () => {
    await bot.handle('issue_comment', say('/perf run'));

    await bot.handle('issue_comment', say('/perf run'));

    expect(await bot.runs(number)).toHaveLength(1);
    expect(told()).toEqual(['already-running']);
  });

  it('replayed under a fresh delivery id start nothing', async () => {
    const payload = say('/perf rerun');
    await bot.handle('issue_comment', payload);
    await moveNewestRun(bot.pool, number, 'leased', 'reporting', 'done');

    const end = await bot.handle('issue_comment', payload);

    expect(end).toEqual({ state: 'ignored', reason: 'repeats a delivery that was handled' });
    expect(await bot.runs(number)).toHaveLength(1);
  });

  it('measure a draft when asked to', async () => {
    bot.github.pulls.set(number, openPull({ draft: true }));

    await bot.handle('issue_comment', say('/perf run'));

    expect(await bot.runs(number)).toHaveLength(1);
  });

  it('never run a fork', async () => {
    bot.github.pulls.set(number, openPull({ headRepoId: '999' }));

    await bot.handle('issue_comment', say('/perf run'));

    expect(told()).toEqual(['fork-not-run']);
    expect(await bot.runs(number)).toEqual([]);
  });

  it('start nothing on a closed pull request', async () => {
    bot.github.pulls.set(number, openPull({ state: 'closed' }));

    await bot.handle('issue_comment', say('/perf run'));

    expect(told()).toEqual(['pull-request-closed']);
  });
});

describe('/perf cancel', () => {
  it('cancels what is open, in the name of who asked', async () => {
    await bot.handle('issue_comment', say('/perf run'));

    await bot.handle('issue_comment', say('/perf cancel'));

    const { rows } = await bot.pool.query('select state, result from runs where pull_number = $1', [number]);
    expect(rows).toEqual([{ state: 'cancelled', result: { kind: 'cancelled', by: 'Codertocat' } }]);
  });

  it('says so when there is nothing', async () => {
    await bot.handle('issue_comment', say('/perf cancel'));

    expect(told()).toEqual(['nothing-to-cancel']);
  });

  it('is kept to when an event of the same head comes after it', async () => {
    await bot.handle('issue_comment', say('/perf run'));
    await bot.handle('issue_comment', say('/perf cancel'));

    const reopened = pullRequest('reopened', { number, 'pull_request.number': number });
    await bot.handle('pull_request', reopened);

    expect(await bot.runs(number)).toEqual([{ head: 'a', rerun: 0, state: 'cancelled' }]);
  });
});

describe('/perf help', () => {
  it.each(['/perf help', '/perf', '/perf whatever'])('is what %j gets', async (body) => {
    await bot.handle('issue_comment', say(body));

    expect(told()).toEqual(['help']);
  });
});

describe('who may command', () => {
  it.each([
    { permission: 'admin' as const, allowed: true },
    { permission: 'write' as const, allowed: true },
    { permission: 'read' as const, allowed: false },
    { permission: 'none' as const, allowed: false },
  ])('W21: somebody with permission $permission: $allowed', async ({ permission, allowed }) => {
    bot.github.permissions.set(WRITER, permission);

    await bot.handle('issue_comment', say('/perf run right now'));

    expect(await bot.runs(number)).toHaveLength(allowed ? 1 : 0);
    expect(told()).toEqual(allowed ? [] : ['needs-write-access']);
  });

  it.each(['run', 'rerun', 'cancel', 'help', 'nonsense'])('a stranger may not %s', async (command) => {
    bot.github.permissions.clear();

    await bot.handle('issue_comment', say(`/perf ${command}`));

    expect(told()).toEqual(['needs-write-access']);
    expect(bot.github.reads).toBe(0);
  });

  it.each([
    new PerfCiError('github-unavailable', 'GitHub answered 500', { retryable: true }),
    new PerfCiError('github-refused', 'GitHub answered 404'),
    new Error('timeout'),
  ])('nobody while GitHub does not say: $message', async (error) => {
    bot.github.permissionsBroken = error;

    const end = await bot.handle('issue_comment', say('/perf run'));

    expect(end.state).toBe('done');
    expect(told()).toEqual(['permission-unknown']);
    expect(await bot.runs(number)).toEqual([]);
  });

  it('is told by the id, not by the name or by what the payload says of the writer', async () => {
    bot.github.permissions.clear();
    bot.github.permissions.set('1', 'admin');

    await bot.handle('issue_comment', say('/perf run', { 'comment.author_association': 'OWNER' }));

    expect(told()).toEqual(['needs-write-access']);
  });
});

describe('a comment that is no command', () => {
  it.each([
    ['W20: of a bot', { 'sender.type': 'Bot' }, 'comment of a bot'],
    [
      'W20: of our own App',
      { 'comment.performed_via_github_app': { id: Number(OWN_APP_ID) } },
      'comment of a bot',
    ],
    [
      'brought by somebody else than its writer',
      { 'sender.id': 5 },
      'the comment was not written by its sender',
    ],
  ])('%s is not answered', async (_who, changes, reason) => {
    const end = await bot.handle('issue_comment', say('/perf run', changes));

    expect(end).toEqual({ state: 'ignored', reason });
    expect(told()).toEqual([]);
    expect(bot.shownRuns).toEqual([]);
  });

  it('W20: quoted or in a code fence is not answered', async () => {
    const quoted = await bot.handle('issue_comment', say('> /perf run'));
    const fenced = await bot.handle('issue_comment', say('```\n/perf run\n```'));

    expect([quoted.reason, fenced.reason]).toEqual(['no command', 'no command']);
    expect(told()).toEqual([]);
  });

  it('a hundred echoes of a bot make no loop', async () => {
    for (let echo = 0; echo < 100; echo += 1) {
      await bot.store('issue_comment', say('/perf run', { 'sender.type': 'Bot' }));
    }

    const ends = await bot.drain();

    expect(ends).toEqual(Array(100).fill('ignored'));
    expect([told(), bot.shownRuns, bot.github.reads]).toEqual([[], [], 0]);
  });
});

describe('a command on an issue', () => {
  const onIssue = { 'issue.pull_request': undefined };

  it('W21: is answered with "pull requests only" to a writer', async () => {
    await bot.handle('issue_comment', say('/perf run', onIssue));

    expect(told()).toEqual(['pull-requests-only']);
  });

  it('is not answered to a stranger', async () => {
    bot.github.permissions.clear();

    const end = await bot.handle('issue_comment', say('/perf run', onIssue));

    expect(end.state).toBe('ignored');
    expect(told()).toEqual([]);
  });
});

describe('two commands', () => {
  it('W21: in one comment: the first counts', async () => {
    await bot.handle('issue_comment', say('/perf run\n/perf cancel'));

    expect(await bot.runs(number)).toEqual([{ head: 'a', rerun: 0, state: 'queued' }]);
  });

  it('on a head that moved between them: the newest head counts', async () => {
    await bot.handle('issue_comment', say('/perf run'));
    bot.github.pulls.set(number, openPull({ headSha: SHA.b }));

    await bot.handle('issue_comment', say('/perf run'));

    expect(await bot.runs(number)).toEqual([
      { head: 'a', rerun: 0, state: 'superseded' },
      { head: 'b', rerun: 0, state: 'queued' },
    ]);
  });
});
