import { describe, expect, it } from 'vitest';
import {
  crossedByLook,
  LOOKS,
  looksFor,
  MAX_LOOK_PAIRS,
  SIGNED_RANK_ALPHA,
} from '../../src/analyse/boundaries.ts';
import { deriveBoundaries } from '../../src/analyse/derive-boundaries.ts';
import { signedRankLevel } from '../../src/stats/signed-rank.ts';

const WALKS = 40_000;

/** Three standard errors of a simulated share. */
function slack(share: number): number {
  return 3 * Math.sqrt((share * (1 - share)) / WALKS);
}

describe('the schedule of looks', () => {
  it('spends its error in proportion to the pairs seen, and no more', () => {
    const crossed = crossedByLook(LOOKS, WALKS, 1);
    const ranked = LOOKS.filter(({ by }) => by === 'signed-rank');

    crossed.forEach((share, i) => {
      const line = (SIGNED_RANK_ALPHA * (ranked[i]?.pairs as number)) / MAX_LOOK_PAIRS;
      expect(share).toBeLessThan(line + slack(line));
    });
    expect(crossed.at(-1)).toBeGreaterThan(SIGNED_RANK_ALPHA - slack(SIGNED_RANK_ALPHA) - 0.001);
  });

  it('starts at a crossing share that the exact distribution gives', () => {
    const [atEight] = crossedByLook(LOOKS, WALKS, 3);

    expect(Math.abs((atEight as number) - signedRankLevel(8, 0))).toBeLessThan(slack(signedRankLevel(8, 0)));
  });
});

describe('deriveBoundaries', () => {
  const plan = { alpha: SIGNED_RANK_ALPHA, maxPairs: MAX_LOOK_PAIRS, exactUpTo: 15, walks: 20_000, seed: 7 };
  const committed = LOOKS.flatMap((look) => (look.by === 'signed-rank' ? [look] : []));

  it('finds the committed table where it computes exactly', () => {
    const short = committed.filter(({ pairs }) => pairs <= 15);

    const derived = deriveBoundaries({ ...plan, looks: short.map(({ pairs }) => pairs) });

    expect(derived.map(({ pairs, k }) => ({ pairs, by: 'signed-rank', k }))).toEqual(short);
    for (const { pairs, crossed } of derived) {
      expect(crossed).toBeLessThanOrEqual((SIGNED_RANK_ALPHA * pairs) / MAX_LOOK_PAIRS);
    }
  });

  it('agrees with the simulated walk', () => {
    const derived = deriveBoundaries({ ...plan, looks: [8, 10, 12] });
    const simulated = crossedByLook(LOOKS.slice(0, 5), WALKS, 4);

    derived.forEach(({ crossed }, i) => {
      expect(Math.abs(crossed - (simulated[i] as number))).toBeLessThan(slack(crossed));
    });
  });

  it('agrees with its slow twin, which goes through every order and every sign', () => {
    // Of 6 values: all 6! orders of arrival of the magnitudes and all 2^6 signs; look at 4, then at 6.
    const [first, second] = deriveBoundaries({ ...plan, looks: [4, 6], alpha: 0.5, maxPairs: 6 });
    let [atFirst, atSecond, all] = [0, 0, 0];
    for (const order of permutations([1, 2, 3, 4, 5, 6])) {
      for (let signs = 0; signs < 64; signs++) {
        const values = order.map((size, i) => ((signs >> i) & 1 ? size : -size));
        all++;
        if (smallerSum(values.slice(0, 4)) <= (first?.k as number)) atFirst++;
        else if (smallerSum(values) <= (second?.k as number)) atSecond++;
      }
    }

    expect(first?.crossed).toBeCloseTo(atFirst / all, 12);
    expect(second?.crossed).toBeCloseTo((atFirst + atSecond) / all, 12);
  });

  it('keeps to the line by two standard errors where it simulates', () => {
    const derived = deriveBoundaries({ ...plan, looks: [8, 10, 12, 15, 18], exactUpTo: 12 });

    for (const { pairs, crossed, standardError } of derived) {
      expect(crossed + 2 * standardError).toBeLessThanOrEqual((SIGNED_RANK_ALPHA * pairs) / MAX_LOOK_PAIRS);
    }
    expect(derived.at(-1)?.standardError).toBeGreaterThan(0);
  });

  it('has no k where even the strongest result would spend too much', () => {
    expect(deriveBoundaries({ ...plan, looks: [4] })).toEqual([
      { pairs: 4, k: undefined, crossed: 0, standardError: 0 },
    ]);
  });
});

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}

/** min(W+, W-) by ranking anew. */
function smallerSum(values: readonly number[]): number {
  const bySize = [...values].sort((a, b) => Math.abs(a) - Math.abs(b));
  const positive = bySize.reduce((sum, value, i) => sum + (value > 0 ? i + 1 : 0), 0);
  return Math.min(positive, (values.length * (values.length + 1)) / 2 - positive);
}

describe('looksFor', () => {
  it('is the schedule itself for one metric', () => {
    expect(looksFor(1)).toEqual(LOOKS);
  });

  it.each([2, 3, 6, 20])('keeps the error of %i metrics together below that of one', (family) => {
    const looks = looksFor(family);
    const last = crossedByLook(looks, WALKS, family).at(-1) as number;
    const students = looks.flatMap((look) => (look.by === 't' ? [look.alpha] : []));

    expect(family * last).toBeLessThan(SIGNED_RANK_ALPHA);
    expect(students).toEqual([0.005 / family, 0.005 / family]);
  });

  it('leaves out looks that are too short for the level', () => {
    expect(looksFor(2).map(({ pairs }) => pairs)).toEqual([5, 6, 10, 12, 15, 20, 25, 30]);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a family of %s', (family) => {
    expect(() => looksFor(family)).toThrow(RangeError);
  });
});
