import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mean,
  median,
  medianAbsoluteDeviation,
  quantile,
  standardDeviation,
} from '../../src/stats/summary.ts';

const figures = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 });

describe('summary figures', () => {
  it.each([
    { values: [], expected: [undefined, undefined, undefined, undefined, undefined] },
    { values: [3], expected: [3, 3, 3, 0, undefined] },
    { values: [1, 3], expected: [2, 2, 1.5, 1, Math.SQRT2] },
    { values: [5, 5, 5, 5], expected: [5, 5, 5, 0, 0] },
  ])('of $values are $expected', ({ values, expected }) => {
    const found = [
      mean(values),
      median(values),
      quantile(values, 0.25),
      medianAbsoluteDeviation(values),
      standardDeviation(values),
    ];

    expect(found).toEqual(expected);
  });

  it('interpolate between order statistics as R and numpy do', () => {
    const values = [20, 3, 6, 7, 8, 8, 9, 10, 13, 15, 16];

    expect(quantile(values, 0.9)).toBe(16);
    expect(quantile(values, 0.95)).toBe(18);
    expect(quantile(values, 0.33)).toBeCloseTo(8, 12);
  });

  it.each([-0.1, 1.1, Number.NaN])('refuse %s as a share', (share) => {
    expect(() => quantile([1, 2], share)).toThrow(RangeError);
  });

  it('agree with their slow twins', () => {
    fc.assert(
      fc.property(figures, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const sorted = [...values].sort((a, b) => a - b);
        const at = (sorted.length - 1) * share;
        const low = sorted[Math.floor(at)] as number;
        const high = sorted[Math.ceil(at)] as number;

        expect(quantile(values, share)).toBeCloseTo(low + (at - Math.floor(at)) * (high - low), 6);
        expect(median(values)).toBeCloseTo(quantile(values, 0.5) as number, 6);
      }),
    );
  });

  it('leave their input alone', () => {
    const values = [3, 1, 2];

    median(values);
    quantile(values, 0.9);
    medianAbsoluteDeviation(values);

    expect(values).toEqual([3, 1, 2]);
  });
});
