import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PerfCiError } from '../src/domain/errors.ts';
import type { Run } from '../src/domain/run.ts';
import type { RunPageData } from '../src/pages/run-page-data.ts';
import { type RunningServer, type ServerOptions, startServer } from '../src/server.ts';
import { storeDelivery } from '../src/store/deliveries.ts';
import { pendingMigrations } from '../src/store/migrate.ts';
import { openPool } from '../src/store/pool.ts';
import { pullRequest } from './fixtures/payloads/payloads.ts';
import { emptyDatabase, freshDatabase, type TestDatabase } from './helpers/database.ts';
import { deliver, SECRET } from './webhook/door.ts';

const RUN_ID = '7b0cf5a1-9d6e-4f1c-8a53-0d8f5e1c2b3a';

let database: TestDatabase;
let running: RunningServer | undefined;
let logged: { level: string; fields: object; message: string }[] = [];
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => {
  logged = [];
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});
afterAll(() => database.drop());

function note(level: string) {
  return (fields: object, message: string) => void logged.push({ level, fields, message });
}

async function serve(changes: Partial<ServerOptions> = {}): Promise<string> {
  running = await startServer({
    host: '127.0.0.1',
    port: 0,
    webhook: { secrets: [SECRET], store: (delivery) => storeDelivery(database.pool, delivery) },
    pendingMigrations: () => pendingMigrations(database.pool),
    readRun: (id) => Promise.resolve(id === RUN_ID ? runData() : undefined),
    readProfile: () => Promise.resolve(undefined),
    showRuns: true,
    log: { info: note('info'), warn: note('warn'), error: note('error') },
    ...changes,
  });
  return running.url;
}

describe('the webhook door in front of a real database', () => {
  const payload = pullRequest('opened');

  it('stores one row for fifty simultaneous deliveries of one id', async () => {
    const door = { port: portOf(await serve()) };
    const headers = { 'X-GitHub-Delivery': randomUUID() };

    const answers = await Promise.all(Array.from({ length: 50 }, () => deliver(door, { payload, headers })));

    const words = answers.map(({ status, body }) => `${status} ${(body as { status: string }).status}`);
    expect(words.filter((word) => word === '202 accepted')).toHaveLength(1);
    expect(words.filter((word) => word === '202 repeated')).toHaveLength(49);
    expect(await rowsOf(headers['X-GitHub-Delivery'])).toEqual([
      { event: 'pull_request', action: 'opened', state: 'new', body: JSON.stringify(payload) },
    ]);
  });

  it('refuses a second body under a stored id and keeps the first', async () => {
    const door = { port: portOf(await serve()) };
    const headers = { 'X-GitHub-Delivery': randomUUID() };
    await deliver(door, { payload, headers });

    const answer = await deliver(door, { payload: pullRequest('closed'), headers });

    expect(answer).toMatchObject({ status: 409, body: { error: { code: 'delivery-conflict' } } });
    expect(await rowsOf(headers['X-GitHub-Delivery'])).toMatchObject([{ action: 'opened' }]);
  });

  it('W11: stores an unknown event as ignored', async () => {
    const door = { port: portOf(await serve()) };
    const headers = { 'X-GitHub-Delivery': randomUUID() };

    const answer = await deliver(door, { event: 'star', payload: { action: 'created' }, headers });

    expect(answer).toMatchObject({ status: 202, body: { status: 'ignored', reason: 'event' } });
    expect(await rowsOf(headers['X-GitHub-Delivery'])).toMatchObject([{ event: 'star', state: 'ignored' }]);
  });

  it('answers 503 while there is no database, and 202 when it is back', async () => {
    const away = openPool({ connectionString: 'postgres://nobody@127.0.0.1:1/none' }, { max: 1 });
    let pool = away;
    const store: ServerOptions['webhook']['store'] = (delivery) => storeDelivery(pool, delivery);
    const door = { port: portOf(await serve({ webhook: { secrets: [SECRET], store } })) };
    const headers = { 'X-GitHub-Delivery': randomUUID() };

    const during = await deliver(door, { payload, headers });
    pool = database.pool;
    const after = await deliver(door, { payload, headers });
    await away.end();

    expect(during).toMatchObject({ status: 503, headers: { 'retry-after': '30' } });
    expect(after).toMatchObject({ status: 202, body: { status: 'accepted' } });
  });
});

describe('the probes', () => {
  it('say that the process lives and that the database is as it should be', async () => {
    const url = await serve();

    const health = await fetch(`${url}/healthz`);
    const ready = await fetch(`${url}/readyz`);

    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
  });

  it('name the migrations that are missing', async () => {
    const empty = await emptyDatabase();
    const url = await serve({ pendingMigrations: () => pendingMigrations(empty.pool) });

    const ready = await fetch(`${url}/readyz`);

    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({
      status: 'not ready',
      why: expect.stringMatching(/^migrations to apply: 0001_/),
    });
    await empty.drop();
  });

  it('stay alive without a database and say why they are not ready', async () => {
    const url = await serve({ pendingMigrations: () => Promise.reject(new Error('ECONNREFUSED')) });

    const health = await fetch(`${url}/healthz`);
    const ready = await fetch(`${url}/readyz`);

    expect(health.status).toBe(200);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'not ready', why: 'the database does not answer' },
    ]);
  });
});

describe('the page of a run', () => {
  it('is HTML for people', async () => {
    const url = await serve();

    const page = await fetch(`${url}/runs/${RUN_ID}`, { headers: { Accept: 'text/html,*/*;q=0.8' } });

    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('<h1>o/r, pull request 7</h1>');
  });

  it('is JSON for machines', async () => {
    const url = await serve();

    const page = await fetch(`${url}/runs/${RUN_ID}`, { headers: { Accept: 'application/json' } });

    expect(await page.json()).toMatchObject({
      id: RUN_ID,
      state: 'failed',
      result: { kind: 'failed', message: 'exit code 1' },
      logs: [{ name: 'build base', tail: 'built\n' }],
    });
  });

  it.each([
    'not-a-uuid',
    '1%20OR%201=1',
    `${RUN_ID}%00`,
    '..%2f..%2fetc%2fpasswd',
    '%zz',
    'x'.repeat(10_000),
    '00000000-0000-4000-8000-000000000000',
  ])('is 404 for %s, with one line in the log', async (id) => {
    const url = await serve();

    const page = await fetch(`${url}/runs/${id}`);

    expect(page.status).toBe(404);
    expect(await page.json()).toMatchObject({ error: { code: 'not-found' } });
    expect(logged).toHaveLength(1);
    expect(JSON.stringify(logged).length).toBeLessThan(300);
  });

  it('is 404 where run pages are not shown, and the run is not even read', async () => {
    let reads = 0;
    const url = await serve({
      showRuns: false,
      readRun: () => {
        reads += 1;
        return Promise.resolve(runData());
      },
    });

    const page = await fetch(`${url}/runs/${RUN_ID}`);

    expect(page.status).toBe(404);
    expect(reads).toBe(0);
  });

  it.each([
    { error: new PerfCiError('run-unknown', 'none'), status: 404, code: 'not-found' },
    { error: new PerfCiError('x', 'later', { retryable: true }), status: 503, code: 'unavailable' },
    {
      error: Object.assign(new Error('connect /var/run/secret'), { code: 'ECONNREFUSED' }),
      status: 503,
      code: 'unavailable',
    },
    { error: new TypeError('secret detail'), status: 500, code: 'internal' },
  ])('that cannot be read is $status $code and tells nothing of why', async ({ error, status, code }) => {
    const url = await serve({ readRun: () => Promise.reject(error) });

    const page = await fetch(`${url}/runs/${RUN_ID}`);

    const text = await page.text();
    expect(page.status).toBe(status);
    expect(JSON.parse(text)).toEqual({
      error: { code, message: expect.any(String), remedy: expect.any(String) },
    });
    expect(text).not.toMatch(/secret|server\.ts|node_modules/);
  });
});

describe('every answer', () => {
  it.each(['/', '/healthz', '/nowhere', `/runs/${RUN_ID}`, '/webhooks/github'])(
    'at %s has the headers that keep a browser safe, and no name of the software',
    async (path) => {
      const url = await serve();

      const { headers } = await fetch(`${url}${path}`);

      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('set-cookie')).toBeNull();
    },
  );

  it('says at / what this is', async () => {
    const url = await serve();

    expect(await (await fetch(url)).text()).toContain('Measures pull requests against their merge base');
  });

  it.each([
    { method: 'GET', path: '/nowhere', status: 404, code: 'not-found' },
    { method: 'POST', path: '/nowhere', status: 404, code: 'not-found' },
    { method: 'GET', path: '/webhooks/github/more', status: 404, code: 'not-found' },
    { method: 'POST', path: '/', status: 405, code: 'method-not-allowed' },
    { method: 'DELETE', path: `/runs/${RUN_ID}`, status: 405, code: 'method-not-allowed' },
    { method: 'OPTIONS', path: '/healthz', status: 405, code: 'method-not-allowed' },
    { method: 'GET', path: '/webhooks/github', status: 405, code: 'method-not-allowed' },
  ])('to $method $path is $status', async ({ method, path, status, code }) => {
    const url = await serve();

    const answer = await fetch(`${url}${path}`, { method });

    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code } });
  });
});

describe('startServer', () => {
  it('says what to do when the address is taken', async () => {
    const url = await serve();

    const second = startServer({ ...optionsOfNobody(), port: portOf(url) });

    await expect(second).rejects.toMatchObject({ code: 'cannot-listen', blame: 'usage' });
  });

  it('lets go of a sender that never ends its headers', async () => {
    const url = await serve({ headersTimeoutMs: 100 });
    const socket = connect(portOf(url), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST /webhooks/github HTTP/1.1\r\nHost: x\r\nX-Slow: ');

    const [data] = (await once(socket, 'data')) as [Buffer];
    await once(socket, 'close');

    expect(data.toString()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('finishes at stop what is in hand and takes nothing more', async () => {
    let finish = (): void => undefined;
    const held = new Promise<'stored'>((resolve) => {
      finish = () => resolve('stored');
    });
    let arrived = (): void => undefined;
    const inHand = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const store: ServerOptions['webhook']['store'] = () => {
      arrived();
      return held;
    };
    const url = await serve({ webhook: { secrets: [SECRET], store } });
    const answer = deliver({ port: portOf(url) }, { payload: pullRequest('opened') });
    await inHand;

    const stopping = running?.stop();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
    finish();

    expect((await answer).status).toBe(202);
    await stopping;
    running = undefined;
  });

  it('does not wait longer than its grace for a connection that stays open', async () => {
    const url = await serve({ graceMs: 50 });
    const socket = connect(portOf(url), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write('POST /webhooks/github HTTP/1.1\r\n');

    await running?.stop();
    running = undefined;
    await once(socket.resume(), 'close');

    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
  });
});

function optionsOfNobody(): ServerOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    webhook: { secrets: [SECRET], store: () => Promise.resolve('stored') },
    pendingMigrations: () => Promise.resolve([]),
    readRun: () => Promise.resolve(undefined),
    readProfile: () => Promise.resolve(undefined),
    showRuns: false,
    log: { info: note('info'), warn: note('warn'), error: note('error') },
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

async function rowsOf(deliveryId: string): Promise<unknown[]> {
  const { rows } = await database.pool.query(
    `select event, action, state, convert_from(body, 'UTF8') as body from deliveries where delivery_id = $1`,
    [deliveryId],
  );
  return rows;
}

function runData(): RunPageData {
  const run: Run = {
    id: RUN_ID,
    sequence: '1',
    kind: 'pull_request',
    installationId: '1',
    repoId: '2',
    repoFullName: 'o/r',
    pullNumber: 7,
    headSha: 'a'.repeat(40),
    baseSha: 'b'.repeat(40),
    baseRef: 'main',
    headRef: 'topic',
    fromFork: false,
    rerunNumber: 0,
    priority: 10,
    actor: { id: '3', login: 'octocat' },
    pool: 'default',
    state: 'failed',
    attempt: 1,
    leaseEpoch: '1',
    createdAt: new Date(0),
  };
  return {
    run,
    result: {
      kind: 'failed',
      blame: 'head',
      phase: 'building',
      code: 'build-failed',
      message: 'exit code 1',
    },
    progress: {},
    timings: { preparingMs: 1_500 },
    logs: [{ name: 'build base', content: 'built\n', truncated: false }],
  };
}
