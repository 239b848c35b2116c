import { describe, expect, it } from 'vitest';

import type { Scenario } from '../../src/domain/benchmark.ts';
import type { Pair } from '../../src/domain/trial.ts';
import { readHistogram } from '../../src/measure/load/histogram.ts';
import { rankCalls } from '../measure/load/helpers.ts';
import { failureOf, get, pairOf, trialsOf } from '../measure/load/pairs.ts';

const OPEN = { ratePerSecond: 100, arrivals: 'fixed' as const, durationMs: 200 };
const CLOSED = { connections: 3, requests: 40 };

/** What both extra phases must leave in a trial, whatever the protocol. */
function expectBothLoops(pair: Pair): void {
  for (const trial of trialsOf(pair)) {
    expect(trial.generator).toMatchObject({ offered: 20, sent: 20 });
    expect(readHistogram(trial.openHistogram ?? '').count).toBe(20);
    expect(trial.counts?.errors).toEqual({ hits: 0, of: 60 });
    expect(trial.counts?.['latency_over_5000ms']).toEqual({ hits: 0, of: trial.requests });
    expect(trial.counts?.['open_latency_over_5000ms']).toEqual({ hits: 0, of: 20 });
    expect(trial.figures?.throughput).toBeGreaterThan(0);
    expect(trial.figures?.open_latency_p999).toBeGreaterThanOrEqual(
      trial.figures?.open_latency_p50 ?? Infinity,
    );
    expect(trial.figures?.latency_p999).toBeGreaterThanOrEqual(trial.latencyMs.p50);
    expect(trial.figures?.answer_bytes).toBeGreaterThan(0);
  }
}

describe('a pair loads', () => {
  it.each<[string, string, Partial<Scenario>, Partial<Scenario['load']>]>([
    [
      'HTTP/1.1',
      'shop.mjs',
      { requests: [get('/'), get('/missing', { expect: [404] }), get('/', { method: 'HEAD' })] },
      {},
    ],
    [
      'HTTP/1.1 without keeping connections',
      'shop.mjs',
      { requests: [get('/size', { method: 'POST', bodyBase64: '/wD+' })] },
      { keepAlive: false },
    ],
    [
      'HTTP/2',
      'h2.mjs',
      { requests: [get('/a'), get('/b', { method: 'POST', body: '{}' })] },
      { protocol: 'http2' },
    ],
    [
      'gRPC',
      'grpc.mjs',
      {
        kind: 'grpc',
        requests: [],
        grpc: rankCalls([{ message: { k: 3 }, weight: 3 }, { message: { k: 1 } }]),
      },
      {},
    ],
  ])(
    'a service over %s: alternating, at an open rate and in a closed loop',
    async (_name, service, scenario, load) => {
      const pair = await pairOf(service, scenario, {
        ...load,
        open: OPEN,
        closed: CLOSED,
        slowLimitsMs: [5000],
      });

      expectBothLoops(pair);
      expect(pair.answers.different).toBe(0);
      expect(pair.answers.compared).toBeGreaterThan(0);
    },
  );
});

describe('a set-up request', () => {
  const login = {
    request: get('/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
    capture: [{ name: 'token', from: 'json' as const, at: '/session/token' }],
  };

  it('that captures a header works as well', async () => {
    const setup = { ...login, capture: [{ name: 'token', from: 'header' as const, at: 'X-Token' }] };
    const env = { LOGIN: 'header' };

    const pair = await pairOf(
      'shop.mjs',
      { setup, requests: [get('/mine?token={{token}}')] },
      {},
      { base: env, head: env },
    );

    expect(trialsOf(pair)).toHaveLength(2);
  });

  it('that is refused fails its side', async () => {
    const setup = { ...login, request: get('/missing') };

    expect(failureOf(await pairOf('shop.mjs', { setup, requests: [get('/')] }))).toMatch(
      /^error-answers: expected a 2xx answer to GET \/missing, found status 404/,
    );
  });
});

it('the warm-up mix warms up and is not measured', async () => {
  const pair = await pairOf('shop.mjs', {
    requests: [get('/size')],
    warmUpRequests: [get('/missing', { expect: [404] })],
  });

  const [base] = trialsOf(pair);
  expect(base?.figures?.answer_bytes).toBe(JSON.stringify({ bytes: 0, first: null, type: null }).length);
});

it('a service that ends under open load has failed, whatever it did before', async () => {
  const pair = await pairOf(
    'shop.mjs',
    { requests: [get('/slow?ms=60')] },
    { open: OPEN, measuredMs: 20 },
    { head: { DIE_WHEN_CROWDED: '1' } },
  );

  expect(failureOf(pair)).toMatch(/^died-under-load: the service exited with code 9 under open load/);
});
