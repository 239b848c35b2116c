import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGitHub } from '../../src/github/client.ts';
import { createReads } from '../../src/github/reads.ts';
import { createWrites } from '../../src/github/writes.ts';

const PRIVATE_KEY_PEM = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const PLACE = { installationId: '7', repoFullName: 'acme/ranking' };
const TOKEN = { token: 'ghs_x', expires_at: new Date(Date.now() + 3_600_000).toISOString(), permissions: {} };

let server: Server;
/** What the server does with each request that is no request for a token. */
let answer: (response: ServerResponse) => void;
let asked: number;
beforeEach(async () => {
  asked = 0;
  server = createServer((request, response) => {
    if (request.url?.endsWith('/access_tokens') === true) {
      response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(TOKEN));
      return;
    }
    asked += 1;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function client() {
  const { port } = server.address() as AddressInfo;
  const apiUrl = `http://127.0.0.1:${port}`;
  return openGitHub({ appId: 1, privateKeyPem: PRIVATE_KEY_PEM, apiUrl, version: '0.1.0', timeoutMs: 2_000 });
}

function json(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(body);
}

describe('an answer of GitHub', () => {
  it('to a create that breaks off within its body leaves the outcome unknown', async () => {
    answer = (response) => {
      response.writeHead(201, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"id": 12');
      setTimeout(() => response.destroy(), 20);
    };

    const created = await createWrites(client()).createComment({ ...PLACE, pullNumber: 1 }, 'x');

    expect(created).toMatchObject({ ok: false, failure: { kind: 'unknown-outcome' } });
  });

  it.each(['', '[]', 'null', '{"id": "12"}', '<html>'])(
    'to a create that is %j leaves the outcome unknown',
    async (body) => {
      answer = (response) => json(response, 201, body);

      const created = await createWrites(client()).createComment({ ...PLACE, pullNumber: 1 }, 'x');

      expect(created).toMatchObject({ ok: false, failure: { kind: 'unknown-outcome' } });
    },
  );

  it('keeps ids that are longer than a double holds', async () => {
    answer = (response) => json(response, 201, '{"id": 9007199254740993}');

    const created = await createWrites(client()).createComment({ ...PLACE, pullNumber: 1 }, 'x');

    expect(created).toEqual({ ok: true, value: { id: '9007199254740993' } });
  });

  it('that is a broken list is no empty list', async () => {
    answer = (response) => json(response, 200, '[{"id": 1, "bo');

    const listed = await createWrites(client()).listComments({ ...PLACE, pullNumber: 1 });

    expect(listed).toMatchObject({ ok: false, failure: { kind: 'unknown-outcome' } });
  });

  it('that is broken is no missing pull request', async () => {
    answer = (response) => json(response, 200, '{"numb');

    await expect(createReads(client()).readPullRequest({ ...PLACE, number: 1 })).rejects.toMatchObject({
      code: 'github-unavailable',
    });
  });

  it('that was the last one of the hour keeps the next request back', async () => {
    const headers = {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Math.ceil(Date.now() / 1_000) + 600),
    };
    answer = (response) => json(response, 200, '[]', headers);
    const writes = createWrites(client());

    const last = await writes.listComments({ ...PLACE, pullNumber: 1 });
    const next = await writes.listComments({ ...PLACE, pullNumber: 1 });

    expect([last.ok, asked]).toEqual([true, 1]);
    expect(next).toMatchObject({ ok: false, failure: { kind: 'rate-limited' } });
  });
});
