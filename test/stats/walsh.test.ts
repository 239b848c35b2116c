import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median } from '../../src/stats/summary.ts';
import { hodgesLehmann, walshAverages } from '../../src/stats/walsh.ts';

const figures = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 15 });

/** The definition, word for word. */
function slowAverages(values: readonly number[]): number[] {
  const averages: number[] = [];
  values.forEach((first, i) => {
    values.forEach((second, j) => {
      if (i <= j) averages.push((first + second) / 2);
    });
  });
  return averages.sort((a, b) => a - b);
}

describe('walshAverages', () => {
  it.each([
    { values: [], expected: [] },
    { values: [4], expected: [4] },
    { values: [4, 2], expected: [2, 3, 4] },
    { values: [1, 1, 1], expected: [1, 1, 1, 1, 1, 1] },
    { values: [-10, 2, 30], expected: [-10, -4, 2, 10, 16, 30] },
  ])('of $values are $expected', ({ values, expected }) => {
    expect([...walshAverages(values)]).toEqual(expected);
  });

  it('agrees with its slow twin', () => {
    fc.assert(
      fc.property(figures, (values) => {
        expect([...walshAverages(values)]).toEqual(slowAverages(values));
      }),
    );
  });
});

describe('hodgesLehmann', () => {
  it('is missing for an empty list', () => {
    expect(hodgesLehmann([])).toBeUndefined();
  });

  it('is the median of the Walsh averages', () => {
    fc.assert(
      fc.property(figures, (values) => {
        expect(hodgesLehmann(values)).toBe(median(slowAverages(values)));
      }),
    );
  });

  it('moves with a shift of all values and turns with their signs', () => {
    fc.assert(
      fc.property(figures, fc.integer({ min: -50, max: 50 }), (values, shift) => {
        const centre = hodgesLehmann(values) as number;

        expect(hodgesLehmann(values.map((value) => value + shift))).toBeCloseTo(centre + shift, 9);
        expect(hodgesLehmann(values.map((value) => -value))).toBeCloseTo(-centre, 9);
      }),
    );
  });

  it('does not follow one wild value', () => {
    expect(hodgesLehmann([1, 2, 3, 4, 1e9])).toBe(3);
  });
});
