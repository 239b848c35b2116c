import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENTS } from '../../src/webhook/event-schemas.ts';
import { readEvent } from '../../src/webhook/payload.ts';
import {
  comment,
  example,
  HEAD_SHA,
  type Payload,
  pullRequest,
  push,
  rerequest,
  withField,
} from '../fixtures/payloads/payloads.ts';

const REPO = {
  id: '186853002',
  fullName: 'Codertocat/Hello-World',
  defaultBranch: 'master',
  isPrivate: false,
  ownerLogin: 'Codertocat',
};
const ACTOR = { id: '21031067', login: 'Codertocat', isBot: false };
const COMMON = { installationId: '1', repo: REPO, actor: ACTOR };

describe('readEvent', () => {
  it.each<{ event: string; payload: Payload; narrowed: object }>([
    {
      event: 'pull_request',
      payload: pullRequest('synchronize', { before: 'a'.repeat(40) }),
      narrowed: {
        ...COMMON,
        action: 'synchronize',
        number: 2,
        headSha: HEAD_SHA,
        beforeSha: 'a'.repeat(40),
        baseChanged: false,
      },
    },
    {
      event: 'pull_request',
      payload: pullRequest('edited', { changes: { base: { ref: { from: 'old' } } } }),
      narrowed: { action: 'edited', baseChanged: true, beforeSha: undefined },
    },
    {
      event: 'push',
      payload: push(),
      narrowed: { ...COMMON, ref: 'refs/heads/master', afterSha: 'b'.repeat(40) },
    },
    {
      event: 'issue_comment',
      payload: comment('/perf run'),
      narrowed: {
        ...COMMON,
        issueNumber: 2,
        onPullRequest: true,
        body: '/perf run',
        author: { id: '21031067', login: 'Codertocat' },
        viaAppId: undefined,
      },
    },
    {
      event: 'issue_comment',
      payload: comment('x', { 'issue.pull_request': undefined, 'sender.type': 'Bot' }),
      narrowed: { onPullRequest: false, actor: { isBot: true } },
    },
    {
      event: 'check_run',
      payload: rerequest(77),
      narrowed: { installationId: '1', checkId: '77', appId: '2' },
    },
    {
      event: 'installation',
      payload: example('installation', 'created'),
      narrowed: {
        action: 'created',
        installationId: '957387',
        accountLogin: 'Codertocat',
        repositories: [{ id: '186853002', fullName: 'Codertocat/Hello-World', isPrivate: false }],
      },
    },
    {
      event: 'installation_repositories',
      payload: example('installation_repositories', 'added'),
      narrowed: {
        added: [{ id: '186853007', fullName: 'Codertocat/Space', isPrivate: false }],
        removed: [],
      },
    },
  ])('keeps of $event what is used', ({ event, payload, narrowed }) => {
    const read = readEvent(event, bytes(payload));

    expect(read).toMatchObject({ state: 'ok', event: { event, ...narrowed } });
  });

  it('keeps no key that it was not asked for', () => {
    const read = readEvent('push', bytes(push()));

    expect(JSON.stringify(read)).not.toMatch(/commits|pusher|head_commit|node_id/);
  });

  it.each(Object.keys(EVENTS))('takes every published example of %s that comes from an App', (event) => {
    const refusals = publishedExamples(event)
      .map((payload) => readEvent(event, bytes(payload)))
      .filter((read) => read.state === 'refused');

    expect(refusals).toEqual([]);
  });

  it('cuts a comment at the length that GitHub allows', () => {
    const read = readEvent('issue_comment', bytes(comment('x'.repeat(70_000))));

    expect(read).toMatchObject({ event: { body: 'x'.repeat(65_536) } });
  });

  it.each([
    ['repository.full_name', 'no-slash', 'owner/name'],
    ['repository.full_name', '../../etc/passwd', 'owner/name'],
    ['repository.private', 'yes', 'true or false'],
    ['repository.owner', null, 'object'],
    ['repository.default_branch', 'a\nb', 'ref of 1 to 1024 characters without control characters'],
    ['sender.login', 'a b', 'login'],
    ['sender.id', '1', 'positive integer'],
    ['pull_request.head', 'x', 'object'],
    ['before', 'a'.repeat(41), '40 lower-case hex'],
    ['installation.id', -1, 'positive integer'],
  ])('names %s when it is %j', (path, value, rule) => {
    const read = readEvent('pull_request', bytes(withField(pullRequest('synchronize'), path, value)));

    expect(read).toMatchObject({ state: 'refused', problem: { status: 422, code: 'payload-field' } });
    expect(read.state === 'refused' && read.problem.message).toContain(`${path}: ${rule} expected`);
  });

  it('names the place in a list', () => {
    const payload = withField(example('installation_repositories', 'added'), 'repositories_added', [
      { id: 0 },
    ]);

    const read = readEvent('installation_repositories', bytes(payload));

    expect(read.state === 'refused' && read.problem.message).toBe(
      'repositories_added.0.id: positive integer expected, found 0',
    );
  });

  it('clips what it repeats and shows no control character', () => {
    const payload = withField(pullRequest('opened'), 'pull_request.head.sha', `\u001b[31m${'x'.repeat(500)}`);

    const read = readEvent('pull_request', bytes(payload));

    const message = read.state === 'refused' ? read.problem.message : '';
    expect(message.length).toBeLessThan(160);
    expect(message).not.toMatch(/\p{Cc}/u);
  });

  it('answers any bytes with a value', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(EVENTS), '__proto__', 'toString', 'star'),
        fc.oneof(
          fc.uint8Array({ maxLength: 64 }).map((raw) => Buffer.from(raw)),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (event, body) => {
          expect(['ok', 'ignored', 'refused']).toContain(readEvent(event, body).state);
        },
      ),
    );
  });

  it('answers any change of one field with a value, and takes no broken id or sha', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          'pull_request',
          'pull_request.number',
          'pull_request.head.sha',
          'repository.id',
          'sender',
        ),
        fc.jsonValue(),
        (path, value) => {
          const read = readEvent('pull_request', bytes(withField(pullRequest('opened'), path, value)));

          if (read.state !== 'ok' || read.event.event !== 'pull_request') return;
          expect(read.event.headSha).toMatch(/^[0-9a-f]{40}$/);
          expect(read.event.repo.id).toMatch(/^[1-9][0-9]*$/);
          expect(read.event.number).toBeGreaterThan(0);
        },
      ),
    );
  });
});

function bytes(payload: Payload): Buffer {
  return Buffer.from(JSON.stringify(payload));
}

function publishedExamples(event: string): Payload[] {
  const actions = EVENTS[event as keyof typeof EVENTS].actions ?? [undefined];
  return actions.flatMap((action) => {
    try {
      return [example(event, action)];
    } catch {
      return [];
    }
  });
}
