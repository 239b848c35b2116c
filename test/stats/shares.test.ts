import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/stats/random.ts';
import type { ShareBlock } from '../../src/stats/shares.ts';
import {
  EXACT_HITS_LIMIT,
  shareDifferenceInterval,
  sharesPValue,
  totalOf,
  wilsonInterval,
} from '../../src/stats/shares.ts';

function block(base: number, baseOf: number, head: number, headOf: number): ShareBlock {
  return { base: { hits: base, of: baseOf }, head: { hits: head, of: headOf } };
}

/** Twin: every way to choose which requests of each block were hits, counted one by one. */
function slowPValue(blocks: readonly ShareBlock[]): number {
  const found = blocks.reduce((sum, { head }) => sum + head.hits, 0);
  let [below, above, all] = [0, 0, 0];
  const visit = (at: number, sum: number): void => {
    const next = blocks[at];
    if (next === undefined) {
      all++;
      if (sum <= found) below++;
      if (sum >= found) above++;
      return;
    }
    const requests = next.base.of + next.head.of;
    for (let mask = 0; mask < 2 ** requests; mask++) {
      const bits = Array.from({ length: requests }, (_, i) => (mask >> i) & 1);
      if (bits.reduce((count, bit) => count + bit, 0) !== next.base.hits + next.head.hits) continue;
      visit(at + 1, sum + bits.slice(0, next.head.of).reduce((count, bit) => count + bit, 0));
    }
  };
  visit(0, 0);
  return Math.min(1, (2 * Math.min(below, above)) / all);
}

describe('sharesPValue', () => {
  it.each([
    // Fisher's tea: 3 of 4 against 1 of 4.
    { blocks: [block(1, 4, 3, 4)], p: (2 * 17) / 70 },
    { blocks: [block(0, 4, 4, 4)], p: 2 / 70 },
    { blocks: [block(0, 10, 0, 10)], p: 1 },
    { blocks: [], p: 1 },
  ])('is $p', ({ blocks, p }) => {
    expect(sharesPValue(blocks)).toBeCloseTo(p, 12);
  });

  it('agrees with its slow twin', () => {
    const side = fc
      .integer({ min: 1, max: 3 })
      .chain((of) => fc.integer({ min: 0, max: of }).map((hits) => ({ hits, of })));
    const blocks = fc.array(fc.record({ base: side, head: side }), { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(blocks, (found) => {
        expect(sharesPValue(found)).toBeCloseTo(slowPValue(found), 10);
      }),
      { numRuns: 60 },
    );
  });

  it('does not care which side is which', () => {
    const found = [block(3, 100, 9, 100), block(0, 90, 2, 110)];
    const turned = found.map(({ base, head }) => ({ base: head, head: base }));

    expect(sharesPValue(turned)).toBeCloseTo(sharesPValue(found), 12);
  });

  it('lets a disturbed minute that hits both sides alike drop out', () => {
    const quiet = [block(0, 500, 10, 500), block(1, 500, 9, 500)];

    const disturbed = [...quiet, block(250, 500, 250, 500)];

    expect(sharesPValue(quiet)).toBeLessThan(0.001);
    expect(sharesPValue(disturbed)).toBeLessThan(0.35);
    // Pooled as one block, the same totals say next to nothing more; by blocks the quiet ones still speak.
    expect(sharesPValue(disturbed)).toBeLessThan(sharesPValue([block(251, 1500, 269, 1500)]) + 1e-9);
  });

  it('turns to the normal approximation where the exact law is long, without a jump', () => {
    const many = (hits: number) => [block(hits, 100_000, hits + 90, 100_000)];

    const below = sharesPValue(many((EXACT_HITS_LIMIT - 90) / 2));
    const beyond = sharesPValue(many((EXACT_HITS_LIMIT - 90) / 2 + 1));

    expect(beyond).toBeCloseTo(below, 2);
    expect(sharesPValue([block(9000, 9000, 9000, 9000)])).toBe(1);
  });
});

describe('intervals of shares', () => {
  it('gives width to what was never seen', () => {
    expect(wilsonInterval({ hits: 0, of: 1000 }, 1.96)).toMatchObject({ lo: 0 });
    expect(wilsonInterval({ hits: 0, of: 1000 }, 1.96).hi).toBeCloseTo(0.003827, 5);
  });

  it('reads as published: 56 of 70 less 48 of 80 (Newcombe, table II, method 10)', () => {
    const { estimate, lo, hi } = shareDifferenceInterval(
      { hits: 48, of: 80 },
      { hits: 56, of: 70 },
      1.959964,
    );

    expect(estimate).toBeCloseTo(0.2, 12);
    expect(lo).toBeCloseTo(0.0524, 4);
    expect(hi).toBeCloseTo(0.3339, 4);
  });

  it('holds the truth in about 95 of 100 samples, rare hits included', () => {
    const random = createRandom(11);
    const draw = (share: number, of: number) => ({
      hits: Array.from({ length: of }, () => random.next()).filter((value) => value < share).length,
      of,
    });
    let held = 0;
    for (let job = 0; job < 800; job++) {
      const { lo, hi } = shareDifferenceInterval(draw(0.005, 500), draw(0.02, 500), 1.96);
      if (lo <= 0.015 && 0.015 <= hi) held++;
    }

    expect(held / 800).toBeGreaterThan(0.93);
  });

  it('adds up sides', () => {
    expect(totalOf([block(1, 10, 2, 20), block(3, 30, 4, 40)], 'head')).toEqual({ hits: 6, of: 60 });
  });
});
