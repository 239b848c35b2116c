import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerFetchToken } from '../../src/github/fetch-token.ts';
import { makeKeyPair, open } from '../../src/github/seal.ts';
import type { Room } from './helpers/room.ts';
import { clientOf, openRoom } from './helpers/room.ts';

let room: Room;
beforeAll(async () => {
  room = await openRoom();
});
afterAll(() => room.stop());

async function fetchToken(): Promise<string> {
  const keys = makeKeyPair();
  const question = {
    installationId: room.place.installationId,
    repoId: room.repoId,
    publicKey: keys.publicKey,
  };
  const answer = await answerFetchToken(clientOf(room), question);
  if (!('sealed' in answer)) throw new Error(answer.refusal);
  return open(keys, answer.sealed);
}

function request(token: string, method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${room.double.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

describe('a fetch token', () => {
  it('reads the contents of its repository by git', async () => {
    const credentials = Buffer.from(`x-access-token:${await fetchToken()}`).toString('base64');
    const address = `${room.double.url}/acme/ranking.git`;

    const { stdout } = await promisify(execFile)('git', [
      '-c',
      `http.extraHeader=Authorization: Basic ${credentials}`,
      'ls-remote',
      address,
      'refs/heads/faster',
    ]);

    expect(stdout).toContain(room.pull.headSha);
  });

  it('writes nothing and reads no other repository', async () => {
    await room.double.createRepository('acme/other', { files: { 'a.txt': 'a' }, private: true });
    const token = await fetchToken();

    const comment = await request(token, 'POST', `/repos/acme/ranking/issues/${room.pull.number}/comments`, {
      body: 'x',
    });
    const other = await request(token, 'GET', '/repos/acme/other/contents/a.txt');

    expect([403, 404]).toContain(comment.status);
    expect([403, 404]).toContain(other.status);
  });

  it('is a new one for each question', async () => {
    expect(await fetchToken()).not.toBe(await fetchToken());
  });

  it('is refused for an installation that is no more', async () => {
    const question = { installationId: '424242', repoId: room.repoId, publicKey: makeKeyPair().publicKey };

    expect(await answerFetchToken(clientOf(room), question)).toMatchObject({
      refusal: expect.stringContaining('removed'),
    });
  });

  it('is refused for a public key that cannot be sealed to', async () => {
    const question = {
      installationId: room.place.installationId,
      repoId: room.repoId,
      publicKey: Buffer.alloc(32),
    };

    expect(await answerFetchToken(clientOf(room), question)).toMatchObject({
      refusal: expect.stringContaining('X25519'),
    });
  });

  it('is asked for again when GitHub does not answer', async () => {
    room.double.faults.add({ match: { path: /access_tokens$/ }, kind: '502', times: 1 });
    const { place, repoId } = room;
    const question = { installationId: place.installationId, repoId, publicKey: makeKeyPair().publicKey };

    await expect(answerFetchToken(clientOf(room), question)).rejects.toMatchObject({
      code: 'github-unavailable',
      retryable: true,
    });
  });
});
