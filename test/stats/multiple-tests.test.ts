import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg } from '../../src/stats/multiple-tests.ts';

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

/** Reject as many as possible: the largest m for which m values lie at or below q m / n. */
function slowCount(values: readonly number[], q: number): number {
  const counts = values
    .map((_, i) => i + 1)
    .filter((m) => values.filter((p) => p <= (q * m) / values.length).length >= m);
  return Math.max(0, ...counts);
}

describe('benjaminiHochberg', () => {
  it.each([
    { values: [], found: [] },
    { values: [0.05], found: [true] },
    { values: [0.06], found: [false] },
    { values: [0.04, 0.04], found: [true, true] },
    { values: [0.5, 0.001, 0.02, 0.04], found: [false, true, true, false] },
  ])('finds $found in $values at 5 %', ({ values, found }) => {
    expect(benjaminiHochberg(values, 0.05)).toEqual(found);
  });

  it('finds as many as its slow twin, and the smallest ones', () => {
    fc.assert(
      fc.property(pValues, (values) => {
        const found = benjaminiHochberg(values, 0.1);
        const called = values.filter((_, i) => found[i]);
        const left = values.filter((_, i) => !found[i]);

        expect(called.length).toBe(slowCount(values, 0.1));
        expect(Math.max(-1, ...called)).toBeLessThan(Math.min(2, ...left));
      }),
    );
  });
});
