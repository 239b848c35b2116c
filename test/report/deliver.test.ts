import { describe, expect, it } from 'vitest';
import { checkSlot } from '../../src/report/check-slot.ts';
import { commentSlot } from '../../src/report/comment-slot.ts';
import { deliver } from '../../src/report/deliver.ts';
import { makeMarker } from '../../src/report/marker.ts';
import { nextAction } from '../../src/report/next-action.ts';
import type { Failure, OutboxItem } from '../../src/report/ports.ts';
import { recheck } from '../../src/report/recheck.ts';
import { fakeGitHub } from './helpers/fake-github.ts';

const KEY = 'a key of this installation of perf-ci';
const IDENTITY = { appId: '42' };
const OPTIONS = { lookAgainAfterMs: 10_000, firstRetryMs: 5_000, mayCreate: () => true };
const LOST: Failure = { kind: 'unknown-outcome', message: 'no answer from GitHub: timeout' };
const REFUSED: Failure = { kind: 'rejected', status: 422, message: 'GitHub answered 422: Validation Failed' };

function item(more: Partial<OutboxItem> = {}): OutboxItem {
  return {
    outboxId: '1',
    kind: 'comment',
    installationId: '7',
    repoId: '1001',
    repoFullName: 'acme/ranking',
    slot: 'pull/17',
    runId: 'r1',
    desired: { body: '### verdict' },
    desiredVersion: 2,
    attempts: 1,
    claimNo: '1',
    wasUnknown: false,
    ...more,
  };
}

const CHECK = {
  name: 'perf-ci',
  headSha: 'a'.repeat(40),
  status: 'queued',
  title: 'Queued',
  summary: 'soon',
  externalId: 'r1',
};

function send(github: ReturnType<typeof fakeGitHub>, given: OutboxItem, options = OPTIONS) {
  const context = { writes: github.writes, identity: IDENTITY, markerKey: KEY };
  const slot = given.kind === 'comment' ? commentSlot(given, context) : checkSlot(given, context);
  return deliver(given, slot, options);
}

function lookAgain(github: ReturnType<typeof fakeGitHub>, given: OutboxItem) {
  return recheck(given, commentSlot(given, { writes: github.writes, identity: IDENTITY, markerKey: KEY }));
}

describe('the next action', () => {
  const nothing = { notedIsMissing: false, listed: undefined };

  it('updates what is noted, whatever was listed', () => {
    expect(nextAction({ externalId: '5' }, nothing)).toEqual({ do: 'update', id: '5' });
  });

  it('looks before it creates, also on the first try', () => {
    expect(nextAction({}, nothing)).toEqual({ do: 'look' });
    expect(nextAction({}, { ...nothing, listed: [] })).toEqual({ do: 'create' });
  });

  it('adopts the best of what it finds', () => {
    const listed = [
      { id: '3', upToDate: false },
      { id: '9', upToDate: true },
    ];

    expect(nextAction({}, { ...nothing, listed })).toEqual({ do: 'adopt', id: '3', upToDate: false });
  });

  it('looks for another when what is noted is missing', () => {
    expect(nextAction({ externalId: '5' }, { ...nothing, notedIsMissing: true })).toEqual({ do: 'look' });
  });
});

describe('a comment', () => {
  it('is created once, with its marker as the last line', async () => {
    const github = fakeGitHub();

    const delivered = await send(github, item());

    expect(delivered).toEqual({ state: 'sent', externalId: '101', mayHaveCopies: true });
    expect(github.calls).toEqual(['listComments', 'createComment']);
    const marker = makeMarker(KEY, { repoId: '1001', pullNumber: 17, version: 2 });
    expect(github.comments.map(({ body }) => body)).toEqual([`### verdict\n\n${marker}`]);
  });

  it('is edited in place afterwards, with one request', async () => {
    const github = fakeGitHub();
    await send(github, item());
    github.calls.length = 0;

    const delivered = await send(
      github,
      item({ externalId: '101', desired: { body: 'new' }, desiredVersion: 3 }),
    );

    expect(delivered).toEqual({ state: 'sent', externalId: '101', mayHaveCopies: false });
    expect(github.calls).toEqual(['updateComment']);
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toMatch(/^new\n\n<!-- perf-ci v=1 slot=1001\/17 ver=3 /);
  });

  it('whose creation got through though its answer was lost is found, not written again', async () => {
    const github = fakeGitHub();
    github.trouble('createComment', { failure: LOST, commits: true });

    const first = await send(github, item());
    const second = await send(github, item({ wasUnknown: true, attempts: 2 }));

    expect(first).toEqual({ state: 'unknown', error: LOST.message, retryAfterMs: 10_000 });
    expect(second).toEqual({ state: 'sent', externalId: '101', mayHaveCopies: true });
    expect(github.calls).toEqual(['listComments', 'createComment', 'listComments']);
    expect(github.comments).toHaveLength(1);
  });

  it('that was found with old content is brought up to date', async () => {
    const github = fakeGitHub();
    github.trouble('createComment', { failure: LOST, commits: true });
    await send(github, item());

    await send(github, item({ wasUnknown: true, desired: { body: 'newer' }, desiredVersion: 3 }));

    expect(github.comments.map(({ body }) => body.split('\n')[0])).toEqual(['newer']);
    expect(github.calls.at(-1)).toBe('updateComment');
  });

  it('whose creation did not get through is created at the next try', async () => {
    const github = fakeGitHub();
    github.trouble('createComment', { failure: LOST });

    await send(github, item());
    await send(github, item({ wasUnknown: true, attempts: 2 }));

    expect(github.comments).toHaveLength(1);
  });

  it('is written again when somebody deleted it', async () => {
    const github = fakeGitHub();

    const delivered = await send(github, item({ externalId: '55' }));

    expect(delivered).toMatchObject({ state: 'sent', externalId: '101' });
    expect(github.calls).toEqual(['updateComment', 'listComments', 'createComment']);
  });

  it('is not searched for when the list cannot be read', async () => {
    const github = fakeGitHub();
    github.trouble('listComments', { failure: LOST });

    const delivered = await send(github, item());

    expect(delivered).toEqual({ state: 'retry', error: LOST.message, retryAfterMs: 5_000 });
    expect(github.calls).toEqual(['listComments']);
  });

  it('of somebody else with a copy of our marker is left alone', async () => {
    const github = fakeGitHub();
    const body = `fake\n\n${makeMarker(KEY, { repoId: '1001', pullNumber: 17, version: 2 })}`;
    for (let id = 1; id <= 120; id += 1) github.comments.push({ id: String(id), body, authorId: '666' });

    await send(github, item());

    expect(github.comments.filter(({ appId }) => appId === '42')).toHaveLength(1);
    expect(github.comments.filter((comment) => comment.body === body)).toHaveLength(120);
  });

  it('of our App for another slot, or without a valid marker, is left alone', async () => {
    const github = fakeGitHub();
    const other = makeMarker(KEY, { repoId: '1001', pullNumber: 18, version: 2 });
    const forged = makeMarker('the key of another installation', {
      repoId: '1001',
      pullNumber: 17,
      version: 2,
    });
    for (const marker of [other, forged, '']) {
      github.comments.push({ id: String(github.comments.length + 1), body: `x\n\n${marker}`, appId: '42' });
    }

    await send(github, item());

    expect(github.comments).toHaveLength(4);
  });

  it('by our bot user is ours where the App is not named', async () => {
    const github = fakeGitHub();
    const body = `old\n\n${makeMarker(KEY, { repoId: '1001', pullNumber: 17, version: 1 })}`;
    github.comments.push({ id: '9', body, authorId: '7' });
    const context = { writes: github.writes, identity: { appId: '42', botUserId: '7' }, markerKey: KEY };

    const delivered = await deliver(item(), commentSlot(item(), context), OPTIONS);

    expect(delivered).toMatchObject({ state: 'sent', externalId: '9' });
    expect(github.comments).toHaveLength(1);
  });

  it('is not created when the claim on it is about to run out', async () => {
    const github = fakeGitHub();

    const delivered = await send(github, item(), { ...OPTIONS, mayCreate: () => false });

    expect(delivered).toMatchObject({ state: 'retry' });
    expect(github.calls).toEqual(['listComments']);
  });
});

describe('a refusal', () => {
  it('for good ends the item with its reason', async () => {
    const github = fakeGitHub();
    github.trouble('createComment', { failure: REFUSED });

    expect(await send(github, item())).toEqual({ state: 'dead', error: REFUSED.message });
  });

  it('for a removed installation ends the item', async () => {
    const github = fakeGitHub();
    github.trouble('listComments', { failure: { kind: 'gone', message: 'suspended' } });

    expect(await send(github, item())).toEqual({
      state: 'dead',
      error: 'installation removed or suspended: suspended',
    });
  });

  it('for a while is waited for as long as GitHub says', async () => {
    const github = fakeGitHub();
    const limited: Failure = { kind: 'rate-limited', retryAfterMs: 123_000, message: 'secondary rate limit' };
    github.trouble('createComment', { failure: limited });

    expect(await send(github, item())).toEqual({
      state: 'retry',
      error: limited.message,
      retryAfterMs: 123_000,
    });
  });

  it('for a while never ends an item, however often it is met', async () => {
    const github = fakeGitHub();
    const limited: Failure = { kind: 'rate-limited', retryAfterMs: 1_000, message: 'slow down' };
    github.trouble('listComments', { failure: limited });

    expect(await send(github, item({ attempts: 10_000 }))).toMatchObject({
      state: 'retry',
      retryAfterMs: 1_000,
    });
  });

  it('is tried with growing waits, and given up after 24 hours of them', async () => {
    const waits: (number | string)[] = [];
    for (const attempts of [1, 2, 3, 6, 7, 100, 400]) {
      const github = fakeGitHub();
      github.trouble('updateComment', { failure: LOST });
      const delivered = await send(github, item({ externalId: '5', attempts }));
      waits.push('retryAfterMs' in delivered ? delivered.retryAfterMs : delivered.state);
    }

    expect(waits).toEqual([5_000, 10_000, 20_000, 160_000, 300_000, 300_000, 'dead']);
  });
});

describe('a check', () => {
  const given = item({ kind: 'check', slot: 'run/r1', desired: CHECK });

  it('is created once and found again by run, name and App', async () => {
    const github = fakeGitHub();
    github.trouble('createCheck', { failure: LOST, commits: true });

    const first = await send(github, given);
    const second = await send(github, { ...given, wasUnknown: true });

    expect([first.state, second.state]).toEqual(['unknown', 'sent']);
    expect(github.checks).toHaveLength(1);
  });

  it.each([
    ['another run', { externalId: 'r2' }, '42'],
    ['another name', { name: 'lint' }, '42'],
    ['another App', {}, '666'],
  ])('of %s is not ours', async (_, more, appId) => {
    const github = fakeGitHub();
    github.checks.push({ id: '9', check: { ...CHECK, ...more } as never, appId });

    const delivered = await send(github, given);

    expect(delivered).toMatchObject({ state: 'sent', externalId: '101' });
  });

  it('that cannot be sent is refused before anything is asked', () => {
    const github = fakeGitHub();
    const context = { writes: github.writes, identity: IDENTITY };
    const broken = [
      null,
      {},
      { ...CHECK, status: 'completed' },
      { ...CHECK, conclusion: 'success' },
      { ...CHECK, headSha: '' },
    ];

    for (const desired of broken) {
      expect(() => checkSlot(item({ kind: 'check', desired }), context)).toThrow('expected a whole check');
    }
    expect(() => commentSlot(item({ slot: 'pull/x' }), { ...context, markerKey: KEY })).toThrow(
      'pull/<number>',
    );
    expect(() => commentSlot(item({ desired: { body: '' } }), { ...context, markerKey: KEY })).toThrow(
      'a body',
    );
  });
});

describe('the recheck', () => {
  it('removes copies that a late list led to, and keeps the oldest with the wanted content', async () => {
    const github = fakeGitHub();
    github.trouble('createComment', { failure: LOST, commits: true });
    await send(github, item());
    github.hidden.add('101');
    await send(github, item({ wasUnknown: true, desired: { body: 'newer' }, desiredVersion: 3 }));
    github.hidden.clear();
    expect(github.comments.map(({ id }) => id)).toEqual(['101', '102']);

    const result = await lookAgain(
      github,
      item({ externalId: '102', desired: { body: 'newer' }, desiredVersion: 3 }),
    );

    expect(result).toEqual({ state: 'done', kept: '101', discarded: ['102'] });
    expect(github.comments.map(({ body }) => body.split('\n')[0])).toEqual(['newer']);
  });

  it('changes nothing where there is one', async () => {
    const github = fakeGitHub();
    await send(github, item());
    github.calls.length = 0;

    const result = await lookAgain(github, item({ externalId: '101' }));

    expect(result).toEqual({ state: 'done', kept: '101', discarded: [] });
    expect(github.calls).toEqual(['listComments']);
  });

  it('comes again when GitHub does not answer', async () => {
    const github = fakeGitHub();
    github.trouble('listComments', { failure: LOST });

    expect(await lookAgain(github, item({ externalId: '101' }))).toEqual({
      state: 'again',
      error: LOST.message,
    });
  });

  it('ends older checks of the same run and keeps the newest, which is the one that GitHub shows', async () => {
    const github = fakeGitHub();
    const given = item({ kind: 'check', slot: 'run/r1', desired: CHECK, externalId: '1' });
    const slot = checkSlot(given, { writes: github.writes, identity: IDENTITY });
    await slot.create();
    await slot.create();

    const result = await recheck(given, slot);

    expect(result).toEqual({ state: 'done', kept: '102', discarded: ['101'] });
    expect(github.checks.map(({ check }) => [check.status, check.conclusion])).toEqual([
      ['completed', 'neutral'],
      ['queued', undefined],
    ]);
  });
});
