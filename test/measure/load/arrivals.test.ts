import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { arrivalTimes, sliced } from '../../../src/measure/load/arrivals.ts';
import { planSlices } from '../../../src/measure/load/open-slices.ts';
import { createRandom } from '../../../src/stats/random.ts';

const poisson = (ratePerSecond: number, durationMs: number, seed: number): number[] =>
  arrivalTimes({ ratePerSecond, durationMs, arrivals: 'poisson' }, createRandom(seed));

describe('Poisson arrivals', () => {
  it('come at the rate that was asked for, within five standard errors, for any seed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 10, max: 2000 }), (seed, rate) => {
        const expected = rate * 20;
        const { length } = poisson(rate, 20_000, seed);

        expect(Math.abs(length - expected)).toBeLessThan(5 * Math.sqrt(expected));
      }),
    );
  });

  it('have gaps whose spread is their mean, as exponential gaps have', () => {
    const times = poisson(500, 60_000, 7);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);

    expect(mean).toBeCloseTo(2, 1);
    expect(deviation / mean).toBeGreaterThan(0.97);
    expect(deviation / mean).toBeLessThan(1.03);
  });
});

it('fixed arrivals are even, and their number is exact', () => {
  const times = arrivalTimes({ ratePerSecond: 100, durationMs: 1000, arrivals: 'fixed' }, createRandom(1));

  expect(times).toHaveLength(100);
  expect(times[0]).toBe(5);
  expect(times[99]).toBeCloseTo(995, 6);
});

it('arrivals of either kind rise and end in time', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('poisson' as const, 'fixed' as const),
      fc.double({ min: 0.5, max: 3000, noNaN: true }),
      fc.integer({ min: 1, max: 3000 }),
      fc.nat(),
      (arrivals, ratePerSecond, durationMs, seed) => {
        const times = arrivalTimes({ ratePerSecond, durationMs, arrivals }, createRandom(seed));

        for (const [index, time] of times.entries()) {
          expect(time).toBeGreaterThanOrEqual(times[index - 1] ?? 0);
          expect(time).toBeLessThan(durationMs);
        }
        const slices = sliced(times, durationMs, 4);
        expect(
          slices.flatMap((slice, index) => slice.map((time) => time + (index * durationMs) / 4)),
        ).toHaveLength(times.length);
        for (const time of slices.flat()) expect(time).toBeLessThanOrEqual(durationMs / 4);
      },
    ),
  );
});

it.each([
  [0, 1000],
  [-5, 1000],
  [Number.NaN, 1000],
  [Infinity, 1000],
  [100, 0],
  [1e6, 60_000],
])('refuses a rate of %s a second for %s ms', (ratePerSecond, durationMs) => {
  expect(() => arrivalTimes({ ratePerSecond, durationMs, arrivals: 'poisson' }, createRandom(1))).toThrow(
    RangeError,
  );
});

it('a schedule depends on its seed alone and deals whole decks', () => {
  const deck = ['/a', '/b', '/c'].map((path) => ({ method: 'GET' as const, path, headers: {} }));
  const plan = (seed: number) =>
    planSlices({ ratePerSecond: 300, durationMs: 1000, arrivals: 'fixed' }, deck, createRandom(seed));

  expect(plan(3)).toEqual(plan(3));
  expect(plan(3)).not.toEqual(plan(4));
  const paths = plan(3)
    .flat()
    .map(({ spec }) => spec.path);
  expect(paths.filter((path) => path === '/b')).toHaveLength(100);
});
