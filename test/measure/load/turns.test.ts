import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { RequestSpec } from '../../../src/domain/benchmark.ts';
import { SIDES, type Side } from '../../../src/domain/trial.ts';
import { alternate } from '../../../src/measure/load/alternate.ts';
import { runClosedSlices } from '../../../src/measure/load/closed-slices.ts';
import { SideInUse } from '../../../src/measure/load/exchange.ts';
import { runOpenSlices } from '../../../src/measure/load/open-slices.ts';
import { encodeHttp } from '../../../src/measure/load/wire.ts';
import type { ServiceProcess } from '../../../src/measure/service-process.ts';
import { createRandom } from '../../../src/stats/random.ts';
import { tinyScenario } from '../helpers.ts';

interface Sent {
  side: Side;
  path: string;
  /** In flight at the other side at that moment. */
  elsewhere: number;
  /** Of the client that sent it. */
  connections: number;
}

/** Two sides that answer at once, or after a moment, or (status 0) never, and what they were sent in order. */
function recordedSides(latencyMs = 0, status = 200): { sides: Record<Side, SideInUse>; sent: Sent[] } {
  const sent: Sent[] = [];
  const inFlight = { base: 0, head: 0 };
  const sideOf = (side: Side): SideInUse => {
    const other = side === 'base' ? 'head' : 'base';
    const process = { side, port: 1, end: undefined, endSoon: () => Promise.resolve(undefined) };
    return new SideInUse(process as unknown as ServiceProcess, {
      requests: [],
      warmUpRequests: [],
      isPlainHttp1: false,
      encode: encodeHttp,
      connect: (_port, connections) => ({
        close: () => undefined,
        send: async ({ path }) => {
          sent.push({ side, path, elsewhere: inFlight[other], connections });
          inFlight[side] += 1;
          if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
          inFlight[side] -= 1;
          if (status === 0) throw new Error('no answer');
          return { status, contentType: '', headers: {}, body: Buffer.alloc(3), bytes: 3, latencyMs: 1 };
        },
      }),
    });
  };
  return { sides: { base: sideOf('base'), head: sideOf('head') }, sent };
}

const DECK: RequestSpec[] = ['/a', '/b', '/c', '/d', '/e'].map((path) => ({
  method: 'GET',
  path,
  headers: {},
}));
const { load } = tinyScenario();

function pathsOf(sent: readonly Sent[], side: Side): string[] {
  return sent.filter((one) => one.side === side).map(({ path }) => path);
}

describe('alternating', () => {
  it('sends the same to both, each body equally often, and one side first by a coin that knows no body', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const { sides, sent } = recordedSides();

        const answered = await alternate(
          sides,
          DECK,
          { durationMs: 60_000, requests: 500 },
          createRandom(seed),
        );

        expect(pathsOf(sent, 'base')).toEqual(pathsOf(sent, 'head'));
        for (const side of SIDES) expect(answered[side]).toMatchObject({ bytes: 1500 });
        expect(answered.base.latenciesMs).toHaveLength(500);
        const firsts = sent.filter((_, index) => index % 2 === 0);
        for (const { path } of DECK) {
          const ofPath = firsts.filter((first) => first.path === path);
          expect(ofPath).toHaveLength(100);
          // Five standard deviations of a fair coin.
          expect(Math.abs(pathsOf(ofPath, 'head').length - 50)).toBeLessThan(25);
        }
        expect(sent.every(({ elsewhere }) => elsewhere === 0)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('ends by time as well', async () => {
    const { sides, sent } = recordedSides(1);

    await alternate(sides, DECK, { durationMs: 20 }, createRandom(1));

    expect(sent.length).toBeGreaterThan(0);
    expect(sent.length % 2).toBe(0);
  });

  it('goes on to what it needs at least, but not for ever', async () => {
    const { sides } = recordedSides(1);
    const requestsOf = async (durationMs: number, withinMs: number): Promise<number> => {
      const limits = { durationMs, atLeast: { requests: 12, withinMs } };
      return (await alternate(sides, DECK, limits, createRandom(1))).head.latenciesMs.length;
    };

    expect(await requestsOf(0, 60_000)).toBe(12);
    expect(await requestsOf(0, 0)).toBe(1);
  });
});

describe('the open loop in slices', () => {
  const open = { ratePerSecond: 400, arrivals: 'poisson' as const, durationMs: 200 };

  it('takes turns: both sides get the same in the same order, and never both at once', async () => {
    const { sides, sent } = recordedSides(12);

    const runs = await runOpenSlices(sides, DECK, { ...load, open }, createRandom(5), false);

    expect(pathsOf(sent, 'base')).toEqual(pathsOf(sent, 'head'));
    expect(sent.every(({ elsewhere }) => elsewhere === 0)).toBe(true);
    const turns = sent.filter(({ side }, index) => side !== sent[index - 1]?.side);
    expect(turns.length).toBeGreaterThanOrEqual(5);
    expect(runs.base.offered).toBe(runs.head.offered);
    expect(runs.head.latenciesMs).toHaveLength(runs.head.offered);
  });

  it('is given up for both after a slice that mostly failed', async () => {
    const { sides } = recordedSides(0, 503);

    const runs = await runOpenSlices(sides, DECK, { ...load, open }, createRandom(5), false);

    expect(runs.base.offered).toBeLessThan(50);
    expect(runs.base.errors).toBe(runs.base.offered);
    expect(runs.head.offered).toBe(runs.base.offered);
  });
});

describe('the closed loop in slices', () => {
  const closed = { connections: 2, requests: 40 };

  it('goes ABBA BAAB, with the same requests for both', async () => {
    const { sides, sent } = recordedSides(0);

    const results = await runClosedSlices(sides, DECK, { ...load, closed }, createRandom(2));

    const slices = Array.from({ length: 8 }, (_, index) => sent.slice(index * 10, index * 10 + 10));
    for (const slice of slices) expect(new Set(slice.map(({ side }) => side)).size).toBe(1);
    const order = slices.map((slice) => slice[0]?.side);
    const [a, b] = order;
    expect(a).not.toBe(b);
    expect(order).toEqual([a, b, b, a, b, a, a, b]);
    expect(pathsOf(sent, 'base').toSorted()).toEqual(pathsOf(sent, 'head').toSorted());
    expect(results.head).toMatchObject({ errors: 0, sent: 40 });
  });

  it('starts with either side, as the coin says', async () => {
    const firsts = new Set<Side | undefined>();
    for (let seed = 0; seed < 12; seed += 1) {
      const { sides, sent } = recordedSides();
      await runClosedSlices(sides, DECK, { ...load, closed }, createRandom(seed));
      firsts.add(sent[0]?.side);
    }

    expect(firsts.size).toBe(2);
  });

  it('lets a side finish what it gave no answer to before the other has its turn', async () => {
    const { sides, sent } = recordedSides(1, 0);

    await runClosedSlices(sides, DECK, { ...load, closed }, createRandom(2));

    // The client of single requests asks once, as the last of each side.
    const last = sent.filter(({ side }, index) => side !== sent[index + 1]?.side);
    expect(last).toHaveLength(2);
    expect(last.every(({ connections }) => connections === 1)).toBe(true);
    expect(sent.filter(({ connections }) => connections === 1)).toHaveLength(2);
  });

  it('is given up for both, at equal counts, once most requests fail', async () => {
    const { sides } = recordedSides(0, 500);

    const { base, head } = await runClosedSlices(sides, DECK, { ...load, closed }, createRandom(2));

    expect(base).toEqual({ answersPerSecond: 0, errors: 10, sent: 10 });
    expect(head).toEqual(base);
  });
});
