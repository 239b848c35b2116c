import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEVEL_LIMIT, metricPairs, siftPairs } from '../../src/analyse/pairs.ts';
import { median } from '../../src/stats/summary.ts';
import { pair } from './builders.ts';

function level(pairNo: number, factor: number) {
  return pair({ pairNo, base: { cpuUs: 1e6 * factor }, head: { cpuUs: 1e6 * factor } });
}

describe('siftPairs', () => {
  it('keeps nothing of nothing', () => {
    expect(siftPairs([])).toEqual({ kept: [], dropped: [], unsteady: false });
  });

  it('drops a pair of another level, both sides at once', () => {
    const pairs = [level(1, 1), level(2, 1.09), level(3, 0.95), level(4, 1.38), level(5, 1.01)];

    const { kept, dropped, unsteady } = siftPairs(pairs);

    expect(kept.map((working) => working.pair.pairNo)).toEqual([1, 2, 3, 5]);
    expect(dropped.map((drop) => [drop.pair.pairNo, drop.why])).toEqual([[4, 'level']]);
    expect(unsteady).toBe(false);
  });

  it('drops failed pairs and those without a CPU figure or with unlike clocks', () => {
    const pairs = [
      pair({ pairNo: 1 }),
      pair({ pairNo: 2, head: 'failed' }),
      pair({ pairNo: 3, base: { cpuUs: 0 } }),
      pair({ pairNo: 4, base: { cpuSource: 'ticks' } }),
    ];

    const { dropped, unsteady } = siftPairs(pairs);

    expect(dropped.map(({ why }) => why)).toEqual(['failed', 'no-cpu-reading', 'no-cpu-reading']);
    expect(unsteady).toBe(true);
  });

  it('never favours a side: exchanging the sides of every pair drops the same pairs', () => {
    const factor = fc.double({ min: 0.7, max: 1.4, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(factor, factor), { maxLength: 12 }), (factors) => {
        const make = (swap: boolean) =>
          factors.map(([a, b], i) =>
            pair({
              pairNo: i + 1,
              base: { cpuUs: 1e6 * (swap ? b : a) },
              head: { cpuUs: 1e6 * (swap ? a : b) },
            }),
          );

        const numbers = (swap: boolean) => siftPairs(make(swap)).dropped.map((drop) => drop.pair.pairNo);

        expect(numbers(true)).toEqual(numbers(false));
      }),
    );
  });

  it('agrees with its slow twin', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { maxLength: 12 }), (factors) => {
        const typical = median(factors.map(Math.log)) as number;
        const expected = factors.filter((factor) => Math.abs(Math.log(factor) - typical) <= LEVEL_LIMIT);
        fc.pre(
          factors.every((factor) => Math.abs(Math.abs(Math.log(factor) - typical) - LEVEL_LIMIT) > 1e-9),
        );

        const { kept } = siftPairs(factors.map((factor, i) => level(i + 1, factor)));

        expect(kept.length).toBe(expected.length);
      }),
    );
  });

  it('tells the typical level from pairs before, too', () => {
    const before = siftPairs([1, 2, 3, 4, 5].map((no) => level(no, 1))).kept;

    expect(siftPairs([level(6, 1.2), level(7, 1.2)]).dropped).toEqual([]);
    expect(siftPairs([level(6, 1.2), level(7, 1.2)], before).dropped).toHaveLength(2);
  });
});

describe('metricPairs', () => {
  it('reads each metric from its place', () => {
    const { kept } = siftPairs([
      pair({
        base: { requests: 500, cpuUs: 500_000 },
        head: {
          requests: 1000,
          cpuUs: 1_050_000,
          startupMs: 180,
          memoryPeakBytes: 174_000_000,
          latencyMs: { mean: 3, p50: 2.2, p90: 3.4, p99: 7, max: 12 },
        },
      }),
    ]);

    const ratio = (metric: Parameters<typeof metricPairs>[1]) =>
      Math.exp(metricPairs(kept, metric).changes[0] as number);

    expect(ratio('cpu_per_request')).toBeCloseTo(1.05, 12);
    for (const metric of ['latency_p50', 'latency_p90', 'latency_p99', 'memory_peak', 'startup'] as const) {
      expect(ratio(metric)).toBeCloseTo(2, 12);
    }
  });

  it.each([
    { base: 0, head: 5 },
    { base: 5, head: 0 },
    { base: 0, head: 0 },
    { base: -1, head: 5 },
    { base: 5, head: Number.NaN },
    { base: Infinity, head: 5 },
  ])('refuses $base against $head, whichever side it is on', ({ base, head }) => {
    const { kept } = siftPairs([
      pair(),
      pair({ pairNo: 2, base: { startupMs: base }, head: { startupMs: head } }),
    ]);

    const figures = metricPairs(kept, 'startup');

    expect(figures).toEqual({ base: [90], head: [90], changes: [0], blocks: [], refused: 1 });
  });
});
