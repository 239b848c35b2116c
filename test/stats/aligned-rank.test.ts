import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignedRankInterval, alignedRankPValue } from '../../src/stats/aligned-rank.ts';
import { createRandom } from '../../src/stats/random.ts';
import { signedRankPValue } from '../../src/stats/signed-rank.ts';
import { mean, median } from '../../src/stats/summary.ts';
import { drawNormal } from '../analyse/noises.ts';

/** Twin: aligns, ranks by counting, and flips the sides of the pairs in all 2^n ways. */
function slowPValue(base: readonly number[], head: readonly number[]): number {
  const levels = base.map((value, i) => (value + (head[i] as number)) / 2);
  const centre = median(levels) as number;
  const spread = mean(levels.map((level) => Math.abs(level - centre))) as number;
  const ofRuns = (mean(base.map((value, i) => Math.abs((head[i] as number) - value))) as number) / 2;
  const out = spread === 0 ? 1 : Math.min(1, Math.max(0, 1 - (ofRuns / spread) ** 2));
  const align = (value: number, i: number) => value - out * ((levels[i] as number) - centre);
  const all = [...base.map(align), ...head.map(align)];
  const rank = (value: number) =>
    2 * all.filter((other) => other < value).length + all.filter((other) => other === value).length + 1;
  const terms = base.map((value, i) => rank(align(head[i] as number, i)) - rank(align(value, i)));
  const observed = Math.abs(terms.reduce((sum, term) => sum + term, 0));
  let asFar = 0;
  for (let flips = 0; flips < 2 ** terms.length; flips++) {
    const sum = terms.reduce((total, term, i) => total + ((flips >> i) & 1 ? -term : term), 0);
    if (Math.abs(sum) >= observed) asFar++;
  }
  return asFar / 2 ** terms.length;
}

const runs = fc
  .integer({ min: 2, max: 8 })
  .chain((count) =>
    fc.tuple(
      fc.array(fc.integer({ min: 0, max: 40 }), { minLength: count, maxLength: count }),
      fc.array(fc.integer({ min: 0, max: 40 }), { minLength: count, maxLength: count }),
    ),
  );

describe('alignedRankPValue', () => {
  it('agrees with its slow twin, ties included', () => {
    fc.assert(
      fc.property(runs, ([base, head]) => {
        fc.pre(base.some((value, i) => value !== head[i]));

        expect(alignedRankPValue(base, head)).toBeCloseTo(slowPValue(base, head), 10);
      }),
      { numRuns: 80 },
    );
  });

  it('does not care which side is which', () => {
    fc.assert(
      fc.property(runs, ([base, head]) => {
        expect(alignedRankPValue(head, base)).toBeCloseTo(alignedRankPValue(base, head), 12);
      }),
    );
  });

  it('is the signed-rank test where the levels of pairs differ far more than runs', () => {
    const random = createRandom(3);
    const levels = Array.from({ length: 10 }, () => 1000 * drawNormal(random));
    const base = levels.map((level) => level + drawNormal(random));
    const head = levels.map((level) => level + 1 + drawNormal(random));
    const differences = base.map((value, i) => (head[i] as number) - value);

    expect(alignedRankPValue(base, head)).toBeCloseTo(signedRankPValue(differences), 1);
  });

  it('rejects the same code at its nominal rate, whatever the drift', () => {
    for (const drift of [0, 1, 3]) {
      const random = createRandom(100 + drift);
      let rejected = 0;
      for (let job = 0; job < 1000; job++) {
        const levels = Array.from({ length: 10 }, () => drift * drawNormal(random));
        const side = () => levels.map((level) => level + drawNormal(random));
        if (alignedRankPValue(side(), side()) <= 0.05) rejected++;
      }

      // Three standard errors of 0.05 over 1000 jobs.
      expect(rejected / 1000).toBeLessThan(0.071);
      expect(rejected / 1000).toBeGreaterThan(0.029);
    }
  });

  it('approximates long samples', () => {
    const base = Array.from({ length: 80 }, (_, i) => i % 7);

    expect(alignedRankPValue(base, base)).toBe(1);
    expect(
      alignedRankPValue(
        base,
        base.map((value, i) => value + 1 + (i % 3) / 9),
      ),
    ).toBeLessThan(1e-6);
  });
});

describe('alignedRankInterval', () => {
  it('holds exactly the shifts that the test keeps', () => {
    const random = createRandom(8);
    const base = Array.from({ length: 12 }, () => drawNormal(random));
    const head = base.map((value) => value + 0.5 + drawNormal(random));

    const found = alignedRankInterval(base, head, 0.05) as { estimate: number; lo: number; hi: number };

    for (const inside of [found.lo + 0.01, found.estimate, found.hi - 0.01]) {
      expect(alignedRankPValue(base, head, inside)).toBeGreaterThan(0.05);
    }
    for (const outside of [found.lo - 0.01, found.hi + 0.01]) {
      expect(alignedRankPValue(base, head, outside)).toBeLessThanOrEqual(0.05);
    }
  });

  it('moves with the data and turns with the sides', () => {
    const base = [1, 2.2, 3.1, 4.7, 5.2, 6.4, 7.9, 8.3];
    const head = [1.4, 2.1, 3.9, 4.9, 5.9, 6.6, 8.8, 8.9];
    const found = alignedRankInterval(base, head, 0.05);
    const moved = alignedRankInterval(
      base,
      head.map((value) => value + 2),
      0.05,
    );
    const turned = alignedRankInterval(head, base, 0.05);

    expect((moved?.lo as number) - (found?.lo as number)).toBeCloseTo(2, 5);
    expect((moved?.hi as number) - (found?.hi as number)).toBeCloseTo(2, 5);
    expect(turned?.lo).toBeCloseTo(-(found?.hi as number), 5);
  });

  it('has nothing to say of too few pairs, and no width for equal differences', () => {
    expect(alignedRankInterval([1, 2, 3, 4, 5], [2, 3, 4, 5, 7], 0.05)).toBeUndefined();
    expect(alignedRankInterval([1, 2, 3, 4, 5, 6, 7, 8], [2, 3, 4, 5, 6, 7, 8, 9], 0.05)).toEqual({
      estimate: 1,
      lo: 1,
      hi: 1,
    });
  });
});
