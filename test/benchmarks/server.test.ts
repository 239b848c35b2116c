import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningService, runToItsEnd, startService } from './start-service.ts';

const context = { device: 'phone', hour: 18, locale: 'fr', surface: 'search' };
const question = { userId: 42, context, k: 5, candidates: 200 };

interface Answer {
  ids: number[];
  scores: number[];
  stageMs: Record<string, number>;
}

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await service.stop();
});

function post(body: string): Promise<Response> {
  return fetch(`${service.address}/rank`, { method: 'POST', body });
}

describe('the ranking service over HTTP', () => {
  it('says that it is ready', async () => {
    const response = await fetch(`${service.address}/healthz?probe=1`);

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  it('answers the same question alike, but for the times of its stages', async () => {
    const first = (await (await post(JSON.stringify(question))).json()) as Answer;
    const again = (await (await post(JSON.stringify(question))).json()) as Answer;

    expect(Object.keys(first)).toEqual(['ids', 'scores', 'stageMs']);
    expect(first.ids).toHaveLength(5);
    expect({ ...again, stageMs: {} }).toEqual({ ...first, stageMs: {} });
  });

  it.each([
    ['a body that is no JSON', '{"userId": 4', 'the body must be JSON; found 12 bytes that do not parse'],
    ['no body', '', 'the body must be JSON; found 0 bytes that do not parse'],
    [
      'a wrong field',
      JSON.stringify({ ...question, k: -1 }),
      'k must be a whole number from 1 to 100; found -1',
    ],
  ])('refuses %s with 400 and one sentence', async (_case, body, message) => {
    const response = await post(body);

    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: message });
  });

  it.each(['/', '/rank/more', '/constructor'])('knows no path %s', async (path) => {
    const response = await fetch(service.address + path);

    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: 'no such path; there are /healthz, /rank' });
  });

  it('says which method a path takes', async () => {
    const response = await fetch(`${service.address}/rank`);

    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(await response.json()).toEqual({ error: '/rank takes POST only' });
  });

  it('refuses a body of a megabyte and goes on serving', async () => {
    const response = await post(JSON.stringify({ ...question, padding: 'x'.repeat(2 ** 20) }));
    const next = await post(JSON.stringify(question));

    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ error: 'the body must not exceed 65536 bytes' });
    expect(next.status).toBe(200);
  });
});

describe('starting and stopping', () => {
  it('finishes what is under way at SIGTERM, takes nothing new and exits with 0', async () => {
    const stopping = await startService();
    const body = JSON.stringify(question);
    const socket = connect(stopping.port, '127.0.0.1');
    const idle = connect(stopping.port, '127.0.0.1');
    await Promise.all([once(socket, 'connect'), once(idle, 'connect')]);
    socket.write(
      `POST /rank HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 20)}`,
    );
    idle.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    // Answered after the other one was sent: by then the service has read both.
    await once(idle, 'data');

    const exitCode = stopping.stop();
    await once(idle.resume(), 'close');
    await expect.poll(() => connectOutcome(stopping.port)).toBe('ECONNREFUSED');
    socket.write(body.slice(20));
    const answer = await text(socket);

    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(await exitCode).toBe(0);
  });

  it.each(['abc', '', '-1', '65536', '80.5', ' 80'])(
    'refuses PORT=%j with one line and exit code 1',
    async (port) => {
      const { code, stderr } = await runToItsEnd({ PORT: port });

      expect(code).toBe(1);
      expect(stderr).toBe(
        `ranking-service: PORT must be a whole number from 0 to 65535; found ${JSON.stringify(port)}\n`,
      );
    },
  );

  it('says in one line that the port is taken', async () => {
    const { code, stderr } = await runToItsEnd({ PORT: String(service.port) });

    expect(code).toBe(1);
    expect(stderr).toMatch(/^ranking-service: listen EADDRINUSE: .*\n$/);
  });
});

function connectOutcome(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => socket.end(() => resolve('connected')));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
