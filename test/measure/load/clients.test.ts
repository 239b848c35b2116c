import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isTimeout, type LoadClient, type WireRequest } from '../../../src/measure/load/client.ts';
import { GrpcClient } from '../../../src/measure/load/grpc-client.ts';
import { loadGrpcMethod } from '../../../src/measure/load/grpc-method.ts';
import { Http2Client } from '../../../src/measure/load/http2-client.ts';
import { ServiceClient } from '../../../src/measure/load/http-client.ts';
import { RANKER_PROTO, rankCalls, startService } from './helpers.ts';

const get = (path: string, changes: Partial<WireRequest> = {}): WireRequest => ({
  method: 'GET',
  path,
  headers: {},
  ...changes,
});

const clients: LoadClient[] = [];
function kept<T extends LoadClient>(client: T): T {
  clients.push(client);
  return client;
}
const services: Record<string, { port: number; stop(): Promise<void> }> = {};
beforeAll(async () => {
  const [shop, h2, grpc] = await Promise.all(
    ['shop.mjs', 'h2.mjs', 'grpc.mjs'].map((name) => startService(name)),
  );
  Object.assign(services, { shop, h2, grpc });
});
afterAll(async () => {
  for (const client of clients) client.close();
  await Promise.all(Object.values(services).map((service) => service.stop()));
});
const portOf = (name: string): number => services[name]?.port ?? 0;

describe('HTTP/1.1', () => {
  it('keeps its connection, or opens one for each request', async () => {
    const ports = async (client: LoadClient): Promise<number> => {
      const seen = new Set<string>();
      for (let i = 0; i < 4; i += 1) seen.add((await client.send(get('/connection'))).body.toString());
      return seen.size;
    };

    expect(await ports(kept(new ServiceClient(portOf('shop'), 1000)))).toBe(1);
    expect(await ports(kept(new ServiceClient(portOf('shop'), 1000, { keepAlive: false })))).toBe(4);
  });

  it('sends bytes as they are and tells the length of the answer', async () => {
    const body = Buffer.from([0xff, 0, 0xfe]);
    const client = kept(new ServiceClient(portOf('shop'), 1000));

    const answer = await client.send(
      get('/size', { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body }),
    );

    expect(JSON.parse(answer.body.toString())).toEqual({
      bytes: 3,
      first: 255,
      type: 'application/octet-stream',
    });
    expect(answer.bytes).toBe(answer.body.length);
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it('has a deadline for each request, and is of use after it', async () => {
    const client = kept(new ServiceClient(portOf('shop'), 5000));

    const error = await client.send(get('/slow?ms=400'), 50).catch((caught: unknown) => caught);

    expect(isTimeout(error)).toBe(true);
    expect((await client.send(get('/'))).status).toBe(200);
  });
});

describe('HTTP/2', () => {
  it('sends many streams at once over one session', async () => {
    const client = kept(new Http2Client(portOf('h2'), 2000));

    const answers = await Promise.all(
      Array.from({ length: 250 }, (_, index) =>
        client.send(
          get(`/${index}`, {
            method: 'POST',
            headers: { Host: 'shop', Connection: 'close' },
            body: Buffer.from([index]),
          }),
        ),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 250 }, () => 200));
    expect(JSON.parse(answers[171]?.body.toString() ?? '')).toEqual({
      path: '/171',
      method: 'POST',
      hex: 'ab',
    });
    expect(answers[0]?.headers['x-served-by']).toBe('h2');
    expect(answers[0]?.contentType).toBe('application/json');
  });

  it('tells statuses, empty answers and streams that are reset', async () => {
    const client = kept(new Http2Client(portOf('h2'), 2000));

    expect((await client.send(get('/missing'))).status).toBe(404);
    expect((await client.send(get('/', { method: 'HEAD' }))).bytes).toBe(0);
    await expect(client.send(get('/reset'))).rejects.toThrow(/closed|CANCEL/);
    expect((await client.send(get('/'))).status).toBe(200);
  });

  it('opens a session for each request where connections are not kept', async () => {
    const client = kept(new Http2Client(portOf('h2'), 2000, false));

    for (let i = 0; i < 3; i += 1) expect((await client.send(get('/'))).status).toBe(200);
  });

  it('says what is wrong with a service that speaks something else, or is not there', async () => {
    const client = kept(new Http2Client(portOf('shop'), 2000));
    await expect(client.send(get('/'))).rejects.toThrow();

    const nobody = kept(new Http2Client(1, 2000));
    await expect(nobody.send(get('/'))).rejects.toThrow(/ECONNREFUSED|cancel/i);
  });
});

describe('gRPC', () => {
  const method = loadGrpcMethod(rankCalls([]));
  const call = (message: unknown): WireRequest => ({
    method: 'POST',
    path: method.path,
    headers: {},
    body: method.encode(message),
  });

  it('calls a method; the answer is its message, as JSON when compared and as bytes when counted', async () => {
    const client = kept(new GrpcClient(portOf('grpc'), 2000, method));

    const answer = await client.send(call({ user_id: '18446744073709551615', k: 2, mood: 'KEEN' }));

    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toEqual({
      items: [
        { id: '18446744073709551615-0', score: 1 },
        { id: '18446744073709551615-1', score: 0.5 },
      ],
    });
    expect(answer.bytes).toBeGreaterThan(40);
    expect(answer.bytes).toBeLessThan(answer.body.length);
  });

  it('takes a status that is not OK for an error answer, and silence for a timeout', async () => {
    const client = kept(new GrpcClient(portOf('grpc'), 2000, method));

    const refused = await client.send(call({ k: -1 }));
    expect(refused.status).toBe(400);
    expect(refused.body.toString()).toBe('gRPC status INVALID_ARGUMENT: k is negative');
    expect(isTimeout(await client.send(call({ k: 9999 }), 60).catch((error: unknown) => error))).toBe(true);
    await expect(kept(new GrpcClient(1, 2000, method)).send(call({ k: 1 }))).rejects.toThrow(/ECONNREFUSED/);
  });

  it.each([
    [
      'an import of a file',
      { proto: 'syntax = "proto3"; import "/etc/passwd";' },
      /imports of google\/protobuf only/,
    ],
    [
      'an import out of google/protobuf',
      { proto: 'syntax="proto3"; import public "google/protobuf/../x.proto";' },
      /imports of google/,
    ],
    ['text that is no proto', { proto: '{"a":1}' }, /expected a proto file/],
    ['a deep text', { proto: `syntax="proto3"; ${'message A {'.repeat(20_000)}` }, /expected a proto file/],
    ['a text that is too long', { proto: ' '.repeat(300_000) }, /at most 262144 bytes, found 300000/],
    [
      'a service that is not there',
      { service: 'ranking.v1.Other' },
      /expected a service ranking.v1.Other in the proto file, found ranking.v1.Ranker/,
    ],
    ['a message for a service', { service: 'ranking.v1.RankReply' }, /expected a service/],
    ['a name of every object', { service: 'constructor' }, /expected a service constructor/],
    [
      'a method that is not there',
      { method: 'toString' },
      /expected a method toString in ranking.v1.Ranker, found Rank, Watch/,
    ],
    ['a stream', { method: 'Watch' }, /expected a unary method/],
  ])('refuses %s', (_what, changes, message) => {
    expect(() =>
      loadGrpcMethod({ proto: RANKER_PROTO, service: 'ranking.v1.Ranker', method: 'Rank', ...changes }),
    ).toThrow(message);
  });

  it.each([
    [{ user: 1 }, /have no field \/user/],
    [{ asked_at: { seconds: 1, minutes: 2 } }, /have no field \/asked_at\/minutes/],
    [{ mood: 'ANGRY' }, /do not take "ANGRY" for \/mood/],
    [{ tags: 'x' }, /expected a message of/],
    [[1], /a JSON object/],
    [null, /a JSON object/],
  ])('refuses the message %j, which it would drop or change in silence', (wrong, message) => {
    expect(() => method.encode(wrong)).toThrow(message);
  });

  it.each([
    {},
    { k: 0, tags: [] },
    { user_id: null },
    { features: 'AAE=', asked_at: { seconds: '12', nanos: 0 } },
  ])('encodes %j', (message) => {
    expect(method.encode(message)).toBeInstanceOf(Buffer);
  });
});
