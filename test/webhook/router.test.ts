import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { comment, example, pullRequest, push, rerequest, ZERO_SHA } from '../fixtures/payloads/payloads.ts';
import { deliver, type Door, messageOf, OLD_SECRET, openDoor, sign } from './door.ts';
import { OPENED, OPENED_BODY, REFUSALS } from './refusals.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
beforeEach(() => {
  door.stored.length = 0;
  door.log.length = 0;
});
afterAll(() => door.close());

describe('a delivery that is refused', () => {
  it.each(REFUSALS)('$row $what: $status', async ({ delivery, status, message }) => {
    const answer = await deliver(door, delivery);

    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      error: {
        code: expect.stringMatching(/^[a-z0-9-]+$/),
        message: expect.any(String),
        remedy: expect.any(String),
      },
    });
    for (const part of message.split('\n')) expect(messageOf(answer)).toContain(part);
    expect(messageOf(answer).length).toBeLessThan(250);
    expect(JSON.stringify(answer.body)).not.toMatch(/\bat .*\.ts|node_modules/);
    expect(door.stored).toEqual([]);
  });

  it('W2: says the same about every wrong signature', () => {
    const messages = new Set(REFUSALS.filter(({ row }) => row === 'W2').map(({ message }) => message));

    expect(messages.size).toBe(1);
  });

  it('W19: a method that is not POST is told which is', async () => {
    const answer = await deliver(door, { method: 'GET' });

    expect(answer.headers.allow).toBe('POST');
  });

  it('is one line in the log, without the signature', async () => {
    await deliver(door, { headers: { 'X-Hub-Signature-256': sign(OPENED_BODY, 'wrong') } });

    expect(door.log).toEqual([
      { level: 'warn', message: 'delivery refused', fields: { status: 401, code: 'signature-mismatch' } },
    ]);
  });
});

describe('a delivery that is taken', () => {
  it.each([
    ['pull_request', OPENED],
    ['pull_request', pullRequest('synchronize')],
    ['pull_request', pullRequest('reopened')],
    ['pull_request', pullRequest('ready_for_review')],
    ['pull_request', pullRequest('closed')],
    ['pull_request', pullRequest('edited', { changes: { base: { ref: { from: 'old' } } } })],
    ['push', push()],
    ['issue_comment', comment('/perf run')],
    ['check_run', rerequest(4)],
    ['installation', example('installation', 'created')],
    ['installation', example('installation', 'suspend')],
    ['installation_repositories', example('installation_repositories', 'added')],
  ])('%s is stored with the bytes that were signed and answered 202', async (event, payload) => {
    const answer = await deliver(door, { event, payload });

    expect(answer).toMatchObject({ status: 202, body: { status: 'accepted' } });
    expect(door.stored).toHaveLength(1);
    expect(door.stored[0]).toMatchObject({ event, body: Buffer.from(JSON.stringify(payload)) });
    expect(door.stored[0]?.ignoredBecause).toBeUndefined();
  });

  it('may be signed by the older of two secrets', async () => {
    const answer = await deliver(door, { payload: OPENED, secret: OLD_SECRET });

    expect(answer.status).toBe(202);
  });

  it.each([
    { event: 'star', payload: { action: 'created' } },
    { event: 'constructor', payload: {} },
    { event: 'pull_request', payload: pullRequest('labeled') },
    { event: 'pull_request', payload: pullRequest('opened', { action: 'constructor' }) },
    { event: 'issue_comment', payload: example('issue_comment', 'edited') },
    { event: 'check_run', payload: example('check_run', 'completed') },
  ])('W11: unknown event or action $event $payload.action is stored as ignored', async (delivery) => {
    const answer = await deliver(door, delivery);

    expect(answer).toMatchObject({ status: 202, body: { status: 'ignored', reason: 'event' } });
    expect(door.stored).toMatchObject([{ event: delivery.event, ignoredBecause: 'event' }]);
  });

  it('a ping is stored as ignored', async () => {
    const answer = await deliver(door, { event: 'ping', payload: example('ping') });

    expect(answer).toMatchObject({ status: 202, body: { status: 'ignored', reason: 'ping' } });
  });

  it('W17: the deletion of a branch is stored as ignored', async () => {
    const answer = await deliver(door, { event: 'push', payload: push({ after: ZERO_SHA, deleted: true }) });

    expect(answer).toMatchObject({ status: 202, body: { status: 'ignored', reason: 'branch-deleted' } });
    expect(door.stored).toMatchObject([{ ignoredBecause: 'branch-deleted' }]);
  });

  it('W15: a pull request whose fork was deleted is taken', async () => {
    const payload = pullRequest('opened', { 'pull_request.head.repo': null });

    const answer = await deliver(door, { payload });

    expect(answer).toMatchObject({ status: 202, body: { status: 'accepted' } });
  });

  it('W9: a title of 10 MB is taken', async () => {
    const payload = pullRequest('opened', { 'pull_request.title': 'x'.repeat(10_000_000) });

    const answer = await deliver(door, { payload });

    expect(answer.status).toBe(202);
  });

  it('W13: keys that name parts of every object change nothing', async () => {
    const text = JSON.stringify(OPENED).replace(
      '{',
      '{"__proto__":{"x":1,"installation":null},"constructor":{"prototype":{"x":1}},"hasOwnProperty":1,',
    );

    const answer = await deliver(door, { body: text });

    expect(answer.status).toBe(202);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('the id is stored in lower case, so that its case makes no second delivery', async () => {
    const id = randomUUID();

    await deliver(door, { payload: OPENED, headers: { 'X-GitHub-Delivery': id.toUpperCase() } });

    expect(door.stored[0]?.deliveryId).toBe(id);
  });
});
