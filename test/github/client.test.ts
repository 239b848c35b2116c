import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGitHub } from '../../src/github/client.ts';
import { createReads } from '../../src/github/reads.ts';
import { createWrites } from '../../src/github/writes.ts';
import type { Room } from './helpers/room.ts';
import { clientOf, countRequests, openRoom } from './helpers/room.ts';

let room: Room;
beforeAll(async () => {
  room = await openRoom();
});
afterAll(() => room.stop());

const COMMENTS = /\/comments$/;
const TOKENS = /\/access_tokens$/;

describe('a client', () => {
  it('mints one token for many requests of an installation', async () => {
    const writes = createWrites(clientOf(room));
    const from = room.double.requests.length;

    for (let time = 0; time < 3; time += 1)
      await writes.listComments({ ...room.place, pullNumber: room.pull.number });

    expect(countRequests(room, from, 'POST', TOKENS)).toBe(1);
    expect(countRequests(room, from, 'GET', COMMENTS)).toBe(3);
  });

  it.each(['502', 'commit-then-502', 'commit-then-reset', 'reset', '429', '403-secondary', '401'] as const)(
    'sends a POST once when it meets %s',
    async (kind) => {
      const writes = createWrites(clientOf(room));
      const from = room.double.requests.length;
      room.double.faults.add({ match: { method: 'POST', path: COMMENTS }, kind, times: 1 });

      const answer = await writes.createComment({ ...room.place, pullNumber: room.pull.number }, 'once');

      expect(answer.ok).toBe(false);
      expect(countRequests(room, from, 'POST', COMMENTS)).toBe(1);
    },
  );

  it('gives up after its timeout without knowing the outcome', async () => {
    const writes = createWrites(clientOf(room, { timeoutMs: 150 }));
    await writes.listComments({ ...room.place, pullNumber: room.pull.number });
    room.double.faults.add({ match: { method: 'POST', path: COMMENTS }, kind: 'timeout', times: 1 });

    const answer = await writes.createComment({ ...room.place, pullNumber: room.pull.number }, 'late');

    expect(answer).toMatchObject({ ok: false, failure: { kind: 'unknown-outcome' } });
  });

  it('asks for a new token after its old one was refused', async () => {
    const client = clientOf(room);
    const writes = createWrites(client);
    const pull = { ...room.place, pullNumber: room.pull.number };
    await writes.listComments(pull);
    room.double.expireTokens();

    const first = await writes.listComments(pull);
    const second = await writes.listComments(pull);

    expect([first.ok, second.ok]).toEqual([false, true]);
  });

  it('sends nothing for an installation that was told to wait', async () => {
    const clock = { nowMs: 1_000_000 };
    const writes = createWrites(clientOf(room, { now: () => clock.nowMs }));
    const pull = { ...room.place, pullNumber: room.pull.number };
    room.double.faults.add({
      match: { method: 'POST', path: COMMENTS },
      kind: '403-secondary',
      times: 1,
      retryAfterSeconds: 30,
    });
    const refused = await writes.createComment(pull, 'x');
    const from = room.double.requests.length;

    const early = await writes.listComments(pull);
    clock.nowMs += 30_000;
    const later = await writes.listComments(pull);

    expect(refused).toMatchObject({ failure: { kind: 'rate-limited', retryAfterMs: 30_000 } });
    expect(early).toMatchObject({ failure: { kind: 'rate-limited', retryAfterMs: 30_000 } });
    expect(later.ok).toBe(true);
    expect(countRequests(room, from, 'GET', COMMENTS)).toBe(1);
  });

  it('waits 60 s where a rate limit states no time', async () => {
    const writes = createWrites(clientOf(room));
    const pull = { ...room.place, pullNumber: room.pull.number };
    room.double.faults.add({ match: { method: 'POST', path: COMMENTS }, kind: '403-secondary', times: 1 });

    const refused = await writes.createComment(pull, 'x');

    expect(refused).toMatchObject({ failure: { kind: 'rate-limited' } });
    expect(
      refused.ok || refused.failure.kind !== 'rate-limited' ? 0 : refused.failure.retryAfterMs,
    ).toBeGreaterThan(59_000);
  });

  it('says that an installation is gone', async () => {
    const other = await openRoom();
    try {
      const writes = createWrites(clientOf(other));
      other.double.removeInstallation(Number(other.place.installationId));

      const answer = await writes.listComments({ ...other.place, pullNumber: other.pull.number });

      expect(answer).toMatchObject({ ok: false, failure: { kind: 'gone' } });
    } finally {
      await other.stop();
    }
  });

  it('knows who it is', async () => {
    const app = await createReads(clientOf(room)).readApp();

    expect(app).toMatchObject({ id: String(room.double.app.id), slug: room.double.app.slug });
    expect(app.permissions).toMatchObject({ checks: 'write', contents: 'read' });
  });

  it('is not opened with settings that cannot work', () => {
    expect(() => openGitHub({ ...room.settings, apiUrl: 'http://api.github.com' })).toThrow('https');
    expect(() => openGitHub({ ...room.settings, privateKeyPem: 'x' })).toThrow('PEM');
    expect(() => openGitHub({ ...room.settings, appId: 'x' })).toThrow('positive integer');
  });
});
