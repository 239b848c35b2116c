import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { type Ended, perfCi } from './helpers.ts';

const PAYLOAD = fileURLToPath(new URL('../fixtures/payloads/pull-request-opened.json', import.meta.url));
const SECRET = 'a-secret-of-this-test';

let server: Server;
let url: string;
let received: { path: string | undefined; headers: IncomingHttpHeaders; body: Buffer }[];
beforeAll(async () => {
  // The door, as small as it can be: the right signature is taken, any other refused.
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path, headers } = request;
      const body = Buffer.concat(chunks);
      received.push({ path, headers, body });
      const wanted = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
      const isRight = headers['x-hub-signature-256'] === wanted;
      response.writeHead(isRight ? 202 : 401).end(isRight ? 'accepted' : 'refused');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  received = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function receive(args: readonly string[], secret = SECRET): Promise<Ended> {
  return perfCi(['receive', ...args, '--event', 'pull_request'], { env: { GITHUB_WEBHOOK_SECRET: secret } });
}

it('sends the payload byte for byte, signed, and prints the answer', async () => {
  const ended = await receive([PAYLOAD, '--url', url, '--delivery', '11111111-2222-4333-8444-555555555555']);

  expect(ended).toEqual({ code: 0, stdout: '202 accepted\n', stderr: '' });
  expect(received).toMatchObject([
    {
      path: '/webhooks/github',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'pull_request',
        'x-github-delivery': '11111111-2222-4333-8444-555555555555',
      },
    },
  ]);
  expect(received[0]?.body.equals(readFileSync(PAYLOAD))).toBe(true);
});

it('gives each delivery an id of its own', async () => {
  await receive([PAYLOAD, '--url', url]);
  await receive([PAYLOAD, '--url', url]);

  const ids = received.map(({ headers }) => headers['x-github-delivery']);
  expect(ids[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(ids[1]).not.toBe(ids[0]);
});

it('signs with the first of two secrets, as a change of them is under way', async () => {
  const { code } = await receive([PAYLOAD, '--url', url], `${SECRET} the-old-secret`);

  expect(code).toBe(0);
});

it('fails with exit code 3 when it is refused', async () => {
  const { code, stdout } = await receive([PAYLOAD, '--url', url], 'another-secret');

  expect([code, stdout]).toEqual([3, '401 refused\n']);
});

it('says what to do when nothing listens, or the file cannot be read', async () => {
  const nobody = await receive([PAYLOAD, '--url', 'http://127.0.0.1:9']);
  const nothing = await receive(['/nonexistent.json', '--url', url]);

  expect(nobody.stderr).toMatch(/no answer from http:\/\/127\.0\.0\.1:9.*\n {2}→ start perf-ci up/);
  expect(nobody.code).toBe(2);
  expect(nothing.stderr).toContain('cannot read /nonexistent.json');
  expect(nothing.code).toBe(3);
});
