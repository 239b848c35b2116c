import type { Options } from 'autocannon';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { runAutocannon } from '../../../src/measure/load/autocannon-loop.ts';
import type { LoadClient, WireRequest } from '../../../src/measure/load/client.ts';
import { listsOfConnections, runOwnLoop } from '../../../src/measure/load/closed-loop.ts';
import { sliceOrder, throughputOf } from '../../../src/measure/load/closed-slices.ts';
import { ServiceClient } from '../../../src/measure/load/http-client.ts';
import { joinRuns, proofOf, runOpenLoop } from '../../../src/measure/load/open-loop.ts';
import { whyGeneratorBound } from '../../../src/measure/phases/closed.ts';
import { startService } from './helpers.ts';

const asked = vi.hoisted((): { options: unknown[] } => ({ options: [] }));
vi.mock('autocannon', async (importOriginal) => {
  const { default: original } = await importOriginal<{ default: (...given: unknown[]) => unknown }>();
  return {
    default: (...given: unknown[]) => {
      asked.options.push(given[0]);
      return original(...given);
    },
  };
});

type Service = Awaited<ReturnType<typeof startService>>;
let shop: Service;
let failing: Service;
beforeAll(async () => {
  [shop, failing] = await Promise.all([
    startService('shop.mjs'),
    startService('shop.mjs', { FAIL_EVERY: '4' }),
  ]);
});
afterAll(async () => {
  await Promise.all([shop.stop(), failing.stop()]);
});

const get = (path: string, changes: Partial<WireRequest> = {}): WireRequest => ({
  method: 'GET',
  path,
  headers: {},
  ...changes,
});
const loopOf = (amount: number, connections = 3) => ({
  amount,
  connections,
  start: 0,
  limitMs: 5000,
  timeoutMs: 1000,
});

describe.each([
  [
    'autocannon',
    (port: number, lists: WireRequest[][], loop: ReturnType<typeof loopOf>) =>
      runAutocannon(port, lists, loop),
  ],
  [
    'our own',
    async (port: number, lists: WireRequest[][], loop: ReturnType<typeof loopOf>) => {
      const client = new ServiceClient(port, loop.timeoutMs, { maxConnections: loop.connections });
      const result = await runOwnLoop(client, lists, loop);
      client.close();
      return result;
    },
  ],
])('a closed loop by %s', (_name, run) => {
  it('counts every answer, and is done when the amount is', async () => {
    const loop = loopOf(61);

    const result = await run(shop.port, listsOfConnections([get('/'), get('/size')], loop), loop);

    expect(result).toMatchObject({ right: 61, wrong: 0, failed: 0 });
    expect(result.wallMs).toBeGreaterThan(0);
  });

  it('counts another status than expected as wrong, and an expected 404 as right', async () => {
    const loop = loopOf(30);
    const deck = [get('/missing', { expect: [404] }), get('/missing'), get('/', { expect: [404] })];

    const result = await run(shop.port, listsOfConnections(deck, loop), loop);

    expect(result).toMatchObject({ right: 10, wrong: 20, failed: 0 });
  });

  it('sends bytes', async () => {
    const loop = loopOf(6);
    const body = Buffer.from([0xff, 0]);
    const sized = get('/size', { method: 'POST', body });

    expect(await run(shop.port, listsOfConnections([sized], loop), loop)).toMatchObject({ right: 6 });
  });

  it('gives up on a service that is gone, and counts what it did not answer as failed', async () => {
    const loop = loopOf(100);

    const result = await run(1, listsOfConnections([get('/')], loop), loop);

    expect(result.right).toBe(0);
    expect(result.failed).toBeGreaterThanOrEqual(6);
  });

  it('counts nothing that it did not send to a service that never answers', async () => {
    const loop = loopOf(500);

    const result = await run(shop.port, listsOfConnections([get('/slow?ms=5000')], loop), loop);

    // Twice the connections end the loop; up to a further one of each was sent meanwhile.
    expect(result).toMatchObject({ right: 0, wrong: 0 });
    expect(result.failed).toBeGreaterThanOrEqual(6);
    expect(result.failed).toBeLessThanOrEqual(9);
  });

  it('ends at its limit', async () => {
    const loop = { ...loopOf(10_000), limitMs: 150 };

    const result = await run(shop.port, listsOfConnections([get('/slow?ms=20')], loop), loop);

    expect(result.right).toBeGreaterThan(0);
    expect(result.right).toBeLessThan(1000);
  });
});

it('autocannon is never asked for a rate, a duration, workers or its correction', () => {
  expect(asked.options.length).toBeGreaterThan(4);
  for (const options of asked.options as Options[]) {
    expect(Object.keys(options).toSorted()).toEqual([
      'amount',
      'bailout',
      'connections',
      'sampleInt',
      'setupClient',
      'timeout',
      'url',
    ]);
    expect(options.sampleInt).toBe(10);
  }
});

describe('throughput', () => {
  it('is taken in slices ABBA BAAB', () => {
    expect(
      sliceOrder('head')
        .map((side) => side[0])
        .join(''),
    ).toBe('hbbhbhhb');
    expect(sliceOrder('base').filter((side) => side === 'base')).toHaveLength(4);
  });

  it('is answers over time, and an error costs as much time as it may take', () => {
    const slices = [
      { right: 100, wrong: 0, failed: 0, wallMs: 500 },
      { right: 98, wrong: 1, failed: 1, wallMs: 500 },
    ];

    expect(throughputOf(slices.slice(0, 1), { connections: 2 }, 1000)).toEqual({
      answersPerSecond: 200,
      errors: 0,
      sent: 100,
    });
    expect(throughputOf(slices, { connections: 2 }, 1000)).toEqual({
      answersPerSecond: 99,
      errors: 2,
      sent: 200,
    });
  });

  it('comes with a note where the generator used most of its CPU', () => {
    expect(whyGeneratorBound(700, 1000)).toBeUndefined();
    expect(whyGeneratorBound(0, 0)).toBeUndefined();
    expect(whyGeneratorBound(930, 1000)).toBe(
      "throughput may be the load generator's limit and hide a change: it used 93 % of its CPU",
    );
  });

  it('is nothing where nothing was answered', () => {
    expect(throughputOf([], { connections: 2 }, 1000).answersPerSecond).toBe(0);
  });
});

/** Answers after `latencyMs`, or fails, without a network. */
function answering(latencyMs: number, status = 200): LoadClient & { most: number } {
  let inFlight = 0;
  const client = {
    most: 0,
    close: () => undefined,
    send: async () => {
      inFlight += 1;
      client.most = Math.max(client.most, inFlight);
      const startedMs = performance.now();
      await new Promise((resolve) => setTimeout(resolve, latencyMs));
      inFlight -= 1;
      const took = performance.now() - startedMs;
      return { status, contentType: '', headers: {}, body: Buffer.alloc(0), bytes: 0, latencyMs: took };
    },
  };
  return client;
}

const every = (gapMs: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ atMs: index * gapMs, request: get('/') }));

describe('the open loop', () => {
  it('sends at its times whether or not earlier requests are answered', async () => {
    const client = answering(80);

    const run = await runOpenLoop(client, every(5, 30), { timeoutMs: 1000, spin: false });

    expect(run.latenciesMs).toHaveLength(30);
    expect(run.lateMs).toHaveLength(30);
    expect(run.errors).toBe(0);
    expect(client.most).toBeGreaterThan(5);
  });

  it('counts from the intended time: what was sent late waited before it was sent', async () => {
    const quick = answering(1);
    let count = 0;
    const blocked: LoadClient = {
      close: () => undefined,
      send: (request) => {
        count += 1;
        const end = performance.now() + (count === 5 ? 120 : 0);
        while (performance.now() < end);
        return quick.send(request);
      },
    };

    const run = await runOpenLoop(blocked, every(2, 60), { timeoutMs: 1000, spin: false });

    expect(Math.max(...run.lateMs)).toBeGreaterThan(60);
    expect(run.latenciesMs.filter((latencyMs) => latencyMs > 60).length).toBeGreaterThan(10);
    expect(proofOf(run)).toMatchObject({ keptUp: false, offered: 60, sent: 60 });
  });

  it('counts an error as an answer that took the whole timeout', async () => {
    const run = await runOpenLoop(answering(1, 500), every(1, 10), { timeoutMs: 700, spin: false });

    expect(run.errors).toBe(10);
    for (const latencyMs of run.latenciesMs) expect(latencyMs).toBeGreaterThanOrEqual(700);
  });

  it('counts what a real service fails, also of one that never answers in time', async () => {
    const client = new ServiceClient(failing.port, 1000, { maxConnections: 100 });
    const run = await runOpenLoop(client, every(2, 40), { timeoutMs: 1000, spin: true });
    expect(run.errors).toBe(10);
    client.close();

    const stuck = new ServiceClient(shop.port, 1000, { maxConnections: 100 });
    const slow = every(2, 10).map(({ atMs }) => ({ atMs, request: get('/slow?ms=900') }));
    const late = await runOpenLoop(stuck, slow, { timeoutMs: 60, spin: false });
    expect(late.errors).toBe(10);
    expect(Math.min(...late.latenciesMs)).toBeGreaterThanOrEqual(60);
    stuck.close();
  });

  it('does not claim to have kept a rate that no generator has', async () => {
    const run = await runOpenLoop(answering(5), every(0.0005, 400_000), { timeoutMs: 1000, spin: true });

    const proof = proofOf(run);
    expect(proof.keptUp).toBe(false);
    expect(proof.offered).toBe(400_000);
    expect(proof.sent).toBeLessThan(400_000);
  });

  it('does not send more at once than it can hold, and then has not kept up', async () => {
    const run = await runOpenLoop(answering(200), every(1, 40), {
      timeoutMs: 1000,
      spin: false,
      mostInFlight: 8,
    });

    expect(run.lateMs.length).toBeLessThan(40);
    expect(proofOf(run).keptUp).toBe(false);
  });

  it('has kept up when all was sent and 99 of 100 within 2 ms, or a tenth of the median latency', () => {
    const run = (lateMs: number[], latencyMs: number) => ({
      latenciesMs: lateMs.map(() => latencyMs),
      lateMs,
      offered: lateMs.length,
      errors: 0,
    });
    const late = (one: number, count: number) => [
      ...Array.from({ length: 200 - count }, () => 0.1),
      ...Array.from({ length: count }, () => one),
    ];

    expect(proofOf(run(late(1.9, 200), 1)).keptUp).toBe(true);
    expect(proofOf(run(late(2.1, 2), 1)).keptUp).toBe(true);
    expect(proofOf(run(late(2.1, 3), 1)).keptUp).toBe(false);
    expect(proofOf(run(late(4.9, 200), 50)).keptUp).toBe(true);
    expect(proofOf({ ...run(late(0, 0), 1), offered: 201 }).keptUp).toBe(false);
    expect(proofOf(joinRuns([])).keptUp).toBe(false);
  });
});
