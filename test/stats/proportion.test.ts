import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { clopperPearson } from '../../src/stats/proportion.ts';

describe('the exact interval of a proportion', () => {
  // R 4.2, binom.test(hits, of)$conf.int, and the closed forms 1 - .025^(1/n) for no hit at all.
  it.each([
    [0, 40, 0, 0.0881],
    [20, 20, 0.8316, 1],
    [0, 100, 0, 0.0362],
    [98, 100, 0.9296, 0.9976],
    [5, 10, 0.1871, 0.8129],
    [1, 1, 0.025, 1],
  ])('of %d in %d is %d to %d', (hits, of, lo, hi) => {
    const interval = clopperPearson(hits, of);
    expect(interval.lo).toBeCloseTo(lo, 4);
    expect(interval.hi).toBeCloseTo(hi, 4);
  });

  it('is everything when nothing was tried', () => {
    expect(clopperPearson(0, 0)).toEqual({ lo: 0, hi: 1 });
  });

  it('holds the observed share, mirrors hits and misses, and narrows with less confidence', () => {
    const counts = fc
      .integer({ min: 1, max: 300 })
      .chain((of) => fc.tuple(fc.integer({ min: 0, max: of }), fc.constant(of)));
    fc.assert(
      fc.property(counts, ([hits, of]) => {
        const { lo, hi } = clopperPearson(hits, of);
        expect(lo).toBeLessThanOrEqual(hits / of);
        expect(hi).toBeGreaterThanOrEqual(hits / of);
        const mirrored = clopperPearson(of - hits, of);
        expect(1 - mirrored.hi).toBeCloseTo(lo, 9);
        const narrower = clopperPearson(hits, of, 0.8);
        expect(narrower.lo).toBeGreaterThanOrEqual(lo);
        expect(narrower.hi).toBeLessThanOrEqual(hi);
      }),
    );
  });

  it('covers the truth at least as often as it says, by full enumeration', () => {
    for (const share of [0.01, 0.05, 0.3, 0.5, 0.97]) {
      const of = 20;
      let covered = 0;
      let ways = 1;
      for (let hits = 0; hits <= of; hits += 1) {
        if (hits > 0) ways = (ways * (of - hits + 1)) / hits;
        const { lo, hi } = clopperPearson(hits, of);
        if (lo <= share && share <= hi) covered += ways * share ** hits * (1 - share) ** (of - hits);
      }
      expect(covered).toBeGreaterThanOrEqual(0.95);
    }
  });

  it.each([
    [2, 1],
    [-1, 3],
    [0.5, 3],
    [1, 1.5],
    [NaN, 3],
  ])('refuses %d of %d', (hits, of) => {
    expect(() => clopperPearson(hits, of)).toThrow(RangeError);
  });
});
