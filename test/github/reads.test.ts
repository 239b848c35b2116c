import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { GitHubReads } from '../../src/github/reads.ts';
import { createReads } from '../../src/github/reads.ts';
import type { Room } from './helpers/room.ts';
import { clientOf, openRoom } from './helpers/room.ts';

let room: Room;
let reads: GitHubReads;
beforeAll(async () => {
  room = await openRoom();
  reads = createReads(clientOf(room));
});
afterEach(() => room.double.faults.clear());
afterAll(() => room.stop());

describe('a pull request', () => {
  it('is read as it is now', async () => {
    const pull = await reads.readPullRequest({ ...room.place, number: room.pull.number });

    expect(pull).toMatchObject({
      number: room.pull.number,
      state: 'open',
      draft: false,
      headSha: room.pull.headSha,
      headRef: 'faster',
      headRepoId: room.repoId,
      baseRef: 'main',
      baseRepoId: room.repoId,
    });
    expect(pull?.baseSha).toMatch(/^[0-9a-f]{40}$/);
  });

  it('from a fork that was deleted has no head repository', async () => {
    const fork = await room.double.fork('acme/ranking', 'ada');
    await room.double.commit(fork, 'theirs', { files: { 'README.md': 'three\n' } });
    const { number } = await room.double.openPullRequest('acme/ranking', {
      head: 'ada:theirs',
      base: 'main',
      title: 'T',
      author: 'ada',
    });
    const before = await reads.readPullRequest({ ...room.place, number });
    await room.double.deleteRepository(fork);

    const after = await reads.readPullRequest({ ...room.place, number });

    expect(before?.headRepoId).toBe(String(fork.id));
    expect(after?.headRepoId).toBeUndefined();
  });

  it('that is not there is undefined', async () => {
    expect(await reads.readPullRequest({ ...room.place, number: 9_999 })).toBeUndefined();
  });
});

describe('a permission', () => {
  const idOf = (login: string): string => String(room.double.addUser(login).id);

  it.each([
    ['admin', 'admin'],
    ['maintain', 'write'],
    ['write', 'write'],
    ['triage', 'read'],
    ['read', 'read'],
  ] as const)('of a person with the role %s is %s', async (role, permission) => {
    const login = `with-${role}`;
    const userId = idOf(login);
    room.double.setPermission('acme/ranking', login, role);

    expect(await reads.permissionOf({ ...room.place, login, userId })).toBe(permission);
  });

  it('is none when the login belongs to somebody else by now', async () => {
    idOf('renamed');
    room.double.setPermission('acme/ranking', 'renamed', 'admin');

    expect(await reads.permissionOf({ ...room.place, login: 'renamed', userId: '1' })).toBe('none');
  });

  it('is none for an account that is not there', async () => {
    expect(await reads.permissionOf({ ...room.place, login: 'nobody-at-all', userId: '1' })).toBe('none');
  });

  it('is never guessed when GitHub does not answer', async () => {
    const userId = idOf('ada-2');
    room.double.faults.add({ match: { method: 'GET', path: /\/permission$/ }, kind: '502' });

    await expect(reads.permissionOf({ ...room.place, login: 'ada-2', userId })).rejects.toMatchObject({
      code: 'github-unavailable',
      retryable: true,
      details: { retryAfterMs: 5_000 },
    });
  });
});

describe('a commit', () => {
  it('names its parents, first parent first', async () => {
    const commit = await reads.readCommit({ ...room.place, sha: room.pull.headSha });

    expect(commit?.sha).toBe(room.pull.headSha);
    expect(commit?.parents).toHaveLength(1);
  });

  it('that is not there is undefined', async () => {
    expect(await reads.readCommit({ ...room.place, sha: '1'.repeat(40) })).toBeUndefined();
  });
});

describe('a read', () => {
  it('that is rate-limited says when to come again', async () => {
    const limited = createReads(clientOf(room));
    room.double.faults.add({ match: { path: /\/pulls\// }, kind: '429', retryAfterSeconds: 7, times: 1 });

    await expect(limited.readPullRequest({ ...room.place, number: 1 })).rejects.toMatchObject({
      code: 'github-unavailable',
      details: { retryAfterMs: 7_000 },
    });
  });

  it('of an installation that does not exist is refused for good', async () => {
    await expect(
      reads.readPullRequest({ installationId: '424242', repoFullName: 'acme/ranking', number: 1 }),
    ).rejects.toMatchObject({ code: 'github-refused', retryable: false });
  });
});
