/** How hard and in which ways the service of a scenario is loaded. */

import { z } from 'zod';
import { described, duration, flag, list, mapping, wholeNumber } from './leaves.ts';
import { expecting } from './objection.ts';

const ARRIVALS = ['poisson', 'fixed'] as const;
const PROTOCOLS = ['http1', 'http2'] as const;

const open = mapping(
  {
    rate: wholeNumber(1, 50_000, {
      description: 'Requests a second to each side while it is its turn.',
      example: 200,
    }),
    arrivals: described(z.enum(ARRIVALS, expecting('poisson or fixed')), {
      description: '`poisson`: at random moments, as independent users send. `fixed`: evenly spaced.',
      bounds: ARRIVALS.join(', '),
      example: 'fixed',
    }).prefault('poisson'),
    duration: duration('500ms', '60s', {
      description: 'Time for each side, in slices that take turns.',
      example: '5s',
    }).prefault('5s'),
  },
  {
    description:
      'A phase at a fixed rate that waits for no answer; latency counts from the moment at which a request was meant to be sent. Gives the `open_…` metrics and `event_loop_delay`.',
    example: { rate: 200, duration: '5s' },
  },
);

const closed = mapping(
  {
    connections: wholeNumber(1, 1_000, {
      description: 'Connections to each side; each sends its next request when it has its answer.',
      example: 10,
    }).prefault(10),
    requests: wholeNumber(1, 1_000_000, {
      description: 'Requests to each side, in slices that take turns.',
      example: 2000,
    }).prefault(2_000),
  },
  {
    description: 'A phase in which each connection sends as fast as it is answered. Gives `throughput`.',
    example: { connections: 10, requests: 2000 },
  },
);

/** The load of a scenario as written. */
export const load = mapping(
  {
    warm_up: duration('100ms', '60s', {
      description: 'Least time for which each side is warmed up before it is measured.',
      example: '2500ms',
    }).prefault('2500ms'),
    warm_up_requests: wholeNumber(1, 100_000, {
      description: 'Fewest requests with which each side is warmed up; both sides get the same number.',
      example: 1200,
    }).prefault(1_200),
    connections: wholeNumber(1, 1_000, {
      description: 'Connections to each side during warm-up. Measured requests go one at a time.',
      example: 5,
    }).prefault(5),
    measured: duration('100ms', '60s', {
      description:
        'Measured time of one pair of processes, both sides together. Two fresh processes more tell more than a second more of the same two, so it is short.',
      example: '2s',
    }).prefault('2s'),
    request_timeout: duration('100ms', '60s', {
      description: 'A request that takes longer is an error.',
      example: '10s',
    }).prefault('10s'),
    protocol: described(z.enum(PROTOCOLS, expecting('http1 or http2')), {
      description:
        'HTTP/1.1, or HTTP/2 without TLS from the first byte on (prior knowledge). gRPC always has the latter.',
      bounds: PROTOCOLS.join(', '),
      example: 'http2',
    }).prefault('http1'),
    keep_alive: flag({
      description: 'Whether connections are used again; `false` opens one for each request.',
      example: false,
    }).prefault(true),
    slow_limits: list(
      duration('1ms', '60s', { description: 'One limit.', example: '10ms' }),
      { min: 1, max: 5, one: 'limit', many: 'limits' },
      {
        description:
          'The share of requests slower than each of these is reported, as `latency_over_10ms`; a limit is called by its milliseconds.',
        bounds: '1 to 5 durations of 1ms to 60s, below request_timeout',
        example: ['10ms', '50ms'],
      },
    ).optional(),
    open: open.optional(),
    closed: closed.optional(),
    memory_after_gc: flag({
      description:
        'Whether Node services are asked for their memory after a collection (`memory_after_gc`, `memory_growth`).',
      example: false,
    }).prefault(true),
  },
  { description: 'How one pair of processes (one of the base, one of the head) is loaded.' },
);

/** A load that the schema has accepted. */
export type LoadYml = z.output<typeof load>;
