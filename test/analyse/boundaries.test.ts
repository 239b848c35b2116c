import { describe, expect, it } from 'vitest';
import {
  crossedByLook,
  LOOKS,
  looksFor,
  MAX_LOOK_PAIRS,
  SIGNED_RANK_ALPHA,
} from '../../src/analyse/boundaries.ts';
import { signedRankLevel } from '../../src/stats/signed-rank.ts';

const WALKS = 60_000;

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

  it('uses the line up: one step more at any look would reach or pass it', () => {
    for (const look of LOOKS.filter(({ by }) => by === 'signed-rank')) {
      const upToIt = LOOKS.slice(0, LOOKS.indexOf(look) + 1);
      const looser = upToIt.map((other) =>
        other === look && other.by === 'signed-rank' ? { ...other, k: other.k + 1 } : other,
      );
      const line = (SIGNED_RANK_ALPHA * look.pairs) / MAX_LOOK_PAIRS;

      // At 20 pairs the next step ends 0.7 % below the line, which the simulation cannot tell from it.
      expect(crossedByLook(looser, 30_000, 2).at(-1)).toBeGreaterThan(0.95 * line);
    }
  });

  it('starts at a crossing share that the exact distribution gives', () => {
    const [atEight] = crossedByLook(LOOKS, WALKS, 3);

    expect(Math.abs((atEight as number) - signedRankLevel(8, 0))).toBeLessThan(slack(signedRankLevel(8, 0)));
  });
});

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
