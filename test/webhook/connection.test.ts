import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { pullRequest } from '../fixtures/payloads/payloads.ts';
import { bodyOf, type Door, githubHeaders, HOOK, openDoor } from './door.ts';

const MIB = 1_048_576;
const BODY = bodyOf({ payload: pullRequest('opened') });

let door: Door | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await door?.close();
  door = undefined;
});

describe('a body that is too large', () => {
  it('W6: is refused while it still arrives in chunks, and the connection is closed', async () => {
    door = await openDoor();
    const socket = await dial(door);
    socket.write(head({ 'Transfer-Encoding': 'chunked' }));
    const answer = readAll(socket);
    const chunk = Buffer.alloc(MIB, 0x20);

    // Two chunks more than are allowed, and never the last one.
    for (let sent = 0; sent < 27; sent += 1) writeChunk(socket, chunk);

    expect(await answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*"body of at most 25 MiB expected"/);
    expect(socket.readableEnded || socket.destroyed).toBe(true);
    expect(door.stored).toEqual([]);
  });

  it('W6: is refused by its declared length before a byte of it is read', async () => {
    door = await openDoor();
    const socket = await dial(door);
    socket.write(head({ 'Content-Length': String(26 * MIB) }));

    const answer = await readAll(socket);

    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/^connection: close\r$/im);
  });
});

describe('a sender that is refused early', () => {
  it('is not cut off while it still writes, so that it can read the reason', async () => {
    door = await openDoor();
    const socket = await dial(door);
    const errors: Error[] = [];
    socket.on('error', (error) => errors.push(error));
    socket.write(
      head({ 'X-Hub-Signature-256': '', 'Content-Length': '10' }).replace(
        'X-Hub-Signature-256: ',
        'X-None: ',
      ),
    );

    const [answer] = (await once(socket, 'data')) as [Buffer];
    await ticks();
    socket.write('0123456789');
    await once(socket, 'close');

    expect(answer.toString()).toMatch(/^HTTP\/1\.1 401 [\s\S]*missing X-Hub-Signature-256/);
    expect(errors).toEqual([]);
  });
});

describe('a body that does not end', () => {
  it('is refused when its time is over', async () => {
    door = await openDoor({ bodyDeadlineMs: 50 });
    const socket = await dial(door);
    socket.write(head({ 'Content-Length': '1000' }));
    socket.write('{"slow":');

    const answer = await readAll(socket);

    expect(answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"body-too-slow"/);
  });

  it('leaves no trace when the sender hangs up', async () => {
    door = await openDoor();
    const socket = await dial(door);
    socket.write(head({ 'Content-Length': '1000' }));
    socket.destroy();
    await once(socket, 'close');

    const next = await post(door);

    expect(next).toMatch(/^HTTP\/1\.1 202 /);
    expect(door.stored).toHaveLength(1);
  });
});

describe('an unusual but lawful request', () => {
  it('W19: HTTP/1.0 is answered', async () => {
    door = await openDoor();

    const answer = await post(door, { version: '1.0' });

    expect(answer).toMatch(/^HTTP\/1\.1 202 [\s\S]*\{"status":"accepted"\}$/);
  });

  it('W19: an absolute address is taken as our own path and not passed on', async () => {
    door = await openDoor();

    const answer = await post(door, { target: `http://elsewhere.example${HOOK}` });

    expect(answer).toMatch(/^HTTP\/1\.1 202 /);
    expect(door.stored).toHaveLength(1);
  });

  it('W10: a delivery id with a line break is a broken id and a stray header', async () => {
    door = await openDoor();

    const answer = await post(door, { headers: { 'X-GitHub-Delivery': 'abc\r\nX-Stray: 1' } });

    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*X-GitHub-Delivery must be a UUID, found \\"abc\\"/);
  });
});

describe('large bodies', () => {
  it('are held one by one up to the limit, and the next is refused at once', async () => {
    door = await openDoor({ maxInFlight: 2 });
    const large = Buffer.alloc(100_000, 0x20);
    for (let holder = 0; holder < 2; holder += 1) {
      const socket = await dial(door);
      socket.write(head({ 'Content-Length': '200000' }));
      socket.write(large);
    }
    const third = await dial(door);
    await ticks();
    third.write(head({ 'Content-Length': '200000' }));
    third.write(large);

    expect(await readAll(third)).toMatch(/^HTTP\/1\.1 503 [\s\S]*"code":"busy"/);
    expect(await post(door)).toMatch(/^HTTP\/1\.1 202 /);
  });

  it('give their place back when they are stored', async () => {
    door = await openDoor({ maxInFlight: 1 });
    const body = bodyOf({ payload: pullRequest('opened', { padding: 'x'.repeat(200_000) }) });

    const first = await post(door, { body });
    const second = await post(door, { body });

    expect([first, second].map((answer) => answer.slice(0, 12))).toEqual(['HTTP/1.1 202', 'HTTP/1.1 202']);
  });

  it('give their place back when the sender hangs up', async () => {
    door = await openDoor({ maxInFlight: 1 });
    const socket = await dial(door);
    socket.write(head({ 'Content-Length': '200000' }));
    socket.write(Buffer.alloc(100_000, 0x20));
    await ticks();
    socket.destroy();
    await ticks();
    const payload = pullRequest('opened', { padding: 'x'.repeat(200_000) });

    const answer = await post(door, { body: bodyOf({ payload }) });

    expect(answer).toMatch(/^HTTP\/1\.1 202 /);
  });
});

/** Time for bytes on the loopback to be read; what is asserted afterwards does not depend on how long it takes. */
function ticks(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
}

async function dial(to: Door): Promise<Socket> {
  const socket = connect(to.port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

function writeChunk(socket: Socket, chunk: Buffer): void {
  socket.write(`${chunk.length.toString(16)}\r\n`);
  socket.write(chunk);
  socket.write('\r\n');
}

interface RawRequest {
  version?: string;
  target?: string;
  headers?: Record<string, string>;
  body?: Buffer;
}

function head(headers: Record<string, string>, { version = '1.1', target = HOOK }: RawRequest = {}): string {
  const github: Record<string, string> = { ...githubHeaders({}, BODY), Host: 'localhost', ...headers };
  if (headers['Transfer-Encoding'] !== undefined) delete github['Content-Length'];
  const lines = Object.entries(github).map(([name, value]) => `${name}: ${value}`);
  return [`POST ${target} HTTP/${version}`, ...lines, '', ''].join('\r\n');
}

async function post(to: Door, request: RawRequest = {}): Promise<string> {
  const body = request.body ?? BODY;
  const socket = await dial(to);
  socket.write(head({ ...githubHeaders({}, body), Connection: 'close', ...request.headers }, request));
  socket.write(body);
  return readAll(socket);
}

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of socket) chunks.push(chunk as Buffer);
  } catch {
    // Reset after the answer: what came before it is what the sender read.
  }
  return Buffer.concat(chunks).toString('utf8');
}
