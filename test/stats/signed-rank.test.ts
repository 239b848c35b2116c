import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EXACT_SIGNED_RANK_LIMIT,
  signedRankCritical,
  signedRankDistribution,
  signedRankInterval,
  signedRankLevel,
  signedRankPValue,
} from '../../src/stats/signed-rank.ts';
import { walshAverages } from '../../src/stats/walsh.ts';

/** Every sum of the ranks under every choice of signs: 2^n of them. */
function allRankSums(ranks: readonly number[]): number[] {
  return ranks.reduce<number[]>((sums, rank) => sums.flatMap((sum) => [sum, sum + rank]), [0]);
}

/** Ranks of magnitudes by counting, ties sharing their mean. */
function slowRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const smaller = values.filter((other) => Math.abs(other) < Math.abs(value)).length;
    const equal = values.filter((other) => Math.abs(other) === Math.abs(value)).length;
    return smaller + (equal + 1) / 2;
  });
}

function slowPValue(values: readonly number[]): number {
  const nonZero = values.filter((value) => value !== 0);
  const ranks = slowRanks(nonZero);
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const positive = ranks.reduce((sum, rank, i) => sum + ((nonZero[i] as number) > 0 ? rank : 0), 0);
  const smaller = Math.min(positive, total - positive);
  const sums = allRankSums(ranks);
  return Math.min(1, (2 * sums.filter((sum) => sum <= smaller).length) / sums.length);
}

describe('signedRankDistribution', () => {
  it.each([1, 2, 3, 5, 8, 12])('counts all signs of %i ranks', (n) => {
    const sums = allRankSums(Array.from({ length: n }, (_, i) => i + 1));

    const distribution = signedRankDistribution(n);

    expect(distribution.length).toBe((n * (n + 1)) / 2 + 1);
    distribution.forEach((probability, w) => {
      expect(probability).toBeCloseTo(sums.filter((sum) => sum <= w).length / sums.length, 12);
    });
  });

  it.each([0, -1, 2.5, EXACT_SIGNED_RANK_LIMIT + 1])('refuses %s ranks', (n) => {
    expect(() => signedRankDistribution(n)).toThrow(RangeError);
  });
});

describe('signedRankCritical', () => {
  it.each([
    { n: 6, alpha: 0.05, k: 0 },
    { n: 10, alpha: 0.05, k: 8 },
    { n: 20, alpha: 0.05, k: 52 },
    { n: 30, alpha: 0.05, k: 137 },
    { n: 10, alpha: 0.01, k: 3 },
    { n: 30, alpha: 0.01, k: 109 },
  ])('is $k for $n values at $alpha, as printed tables have it', ({ n, alpha, k }) => {
    expect(signedRankCritical(n, alpha)).toBe(k);
  });

  it('is missing where the sample is too short for the level', () => {
    expect(signedRankCritical(5, 0.05)).toBeUndefined();
    expect(signedRankCritical(7, 0.01)).toBeUndefined();
  });

  it('changes smoothly where the normal approximation takes over', () => {
    const steps = [198, 199, 200, 201, 202].map((n) => signedRankCritical(n, 0.05) as number);
    const growth = steps.slice(1).map((k, i) => k - (steps[i] as number));

    for (const step of growth) expect(Math.abs(step - 89)).toBeLessThanOrEqual(2);
    expect(signedRankLevel(201, steps[3] as number)).toBeCloseTo(0.05, 3);
  });
});

describe('signedRankInterval', () => {
  it('holds exactly the shifts that the test does not reject', () => {
    const distinct = fc.uniqueArray(fc.integer({ min: -500, max: 500 }), { minLength: 8, maxLength: 10 });
    fc.assert(
      fc.property(distinct, fc.double({ min: -600, max: 600, noNaN: true }), (values, shift) => {
        const k = signedRankCritical(values.length, 0.05) as number;
        const walsh = walshAverages(values);
        fc.pre(!walsh.includes(shift));
        const positive = walsh.filter((average) => average > shift).length;
        const rejected = Math.min(positive, walsh.length - positive) <= k;

        const { lo, hi } = signedRankInterval(walsh, k);

        expect(shift > lo && shift < hi).toBe(!rejected);
      }),
    );
  });

  it.each([-1, 6, 3.5])('refuses %s as critical value of three values', (k) => {
    expect(() => signedRankInterval(walshAverages([1, 2, 3]), k)).toThrow(RangeError);
  });

  it('is one point when all values are equal', () => {
    expect(signedRankInterval(walshAverages([2, 2, 2, 2, 2, 2]), 0)).toEqual({ lo: 2, hi: 2 });
  });
});

describe('signedRankPValue', () => {
  it.each([
    { values: [], p: 1 },
    { values: [0, 0], p: 1 },
    { values: [3], p: 1 },
    { values: [3, 5], p: 0.5 },
    { values: [1, 1, 1, 1, 1, 1], p: 0.03125 },
    { values: [1, 2, 3, 4, 5, 6, 7, 8], p: 0.0078125 },
  ])('of $values is $p', ({ values, p }) => {
    expect(signedRankPValue(values)).toBe(p);
  });

  it('agrees with counting all signs, ties and zeros included', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -6, max: 6 }), { maxLength: 9 }), (values) => {
        const expected = values.every((value) => value === 0) ? 1 : slowPValue(values);

        expect(signedRankPValue(values)).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('changes smoothly where the normal approximation takes over', () => {
    const alternating = (n: number) => Array.from({ length: n }, (_, i) => (i % 5 < 2 ? -(i + 1) : i + 1));

    const exact = signedRankPValue(alternating(200));
    const approximate = signedRankPValue(alternating(205));

    expect(Math.abs(exact - approximate)).toBeLessThan(0.002);
  });
});
