import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confirmAlarm, confirmLooks, MIN_CONFIRM_PAIRS } from '../../src/analyse/confirm.ts';
import type { Confirmation, Direction } from '../../src/analyse/confirm.ts';
import { DEFAULT_LIMITS } from '../../src/analyse/rule.ts';
import { yardstickOf } from '../../src/analyse/yardstick.ts';
import type { ShareBlock } from '../../src/stats/shares.ts';
import { signedRankPValue } from '../../src/stats/signed-rank.ts';
import { studentTCdf } from '../../src/stats/student-t.ts';
import { evenly } from './builders.ts';

const alarm = evenly(5, 0.04, 0.005);

function check(
  explored: readonly number[],
  fresh: readonly number[],
  direction: Direction = 'regressed',
): Confirmation {
  return confirmAlarm(
    { changes: explored, blocks: [] },
    { changes: fresh, blocks: [] },
    { direction, limits: DEFAULT_LIMITS, family: 1 },
  );
}

/** Centre of all averages of two, the value with itself included. */
function slowCentre(values: readonly number[]): number {
  const averages = values.flatMap((one, i) => values.slice(i).map((other) => (one + other) / 2));
  const sorted = averages.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
}

function slowMean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** One-sided p-value of "the centre is not above 0" by going through every pattern of signs. */
function slowSignedRank(values: readonly number[]): number {
  const ranked = values.toSorted((a, b) => Math.abs(a) - Math.abs(b));
  const found = ranked.reduce((sum, value, i) => sum + (value > 0 ? 0 : i + 1), 0);
  let atMost = 0;
  for (let pattern = 0; pattern < 2 ** values.length; pattern++) {
    const sum = ranked.reduce((all, _, i) => all + ((pattern >> i) & 1) * (i + 1), 0);
    if (sum <= found) atMost++;
  }
  return atMost / 2 ** values.length;
}

/** Whether an alarm is held, by p-values in place of bounds; for a slowdown, up to ten fresh pairs. */
function slowHeld(explored: readonly number[], fresh: readonly number[]): boolean {
  const looks = [0, 4, 6, 8, 10, 12, 15];
  const spent = (0.05 * (fresh.length - (looks[looks.indexOf(fresh.length) - 1] as number))) / 15;
  const squares = [explored, fresh].flatMap((each) => each.map((value) => (value - slowMean(each)) ** 2));
  const df = squares.length - 2;
  const error = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / df / fresh.length);
  const p = fresh.length >= 8 ? slowSignedRank(fresh) : studentTCdf(-(slowMean(fresh) / error), df);
  const centre = fresh.length >= 8 ? slowCentre(fresh) : slowMean(fresh);
  const least = Math.log(1.01);
  const all = [...explored, ...fresh].map((value) => value - least);
  return p <= spent && centre > least && slowCentre(all) > 0 && signedRankPValue(all) <= 0.01;
}

describe('confirmLooks', () => {
  it('starts with four fresh pairs and gives as many as were explored, fifteen at least', () => {
    expect(confirmLooks(5)).toEqual([4, 6, 8, 10, 12, 15]);
    expect(confirmLooks(25).at(-1)).toBe(25);
    expect(confirmLooks(30)[0]).toBe(MIN_CONFIRM_PAIRS);
  });
});

describe('confirmAlarm', () => {
  it('holds after four fresh pairs on a quiet host', () => {
    const confirmation = check(alarm, evenly(4, 0.035, 0.005));

    expect(confirmation.state).toBe('held');
    expect(confirmation.effect).toBeCloseTo(0.035, 4);
    expect(Math.expm1(confirmation.pooled?.estimate as number)).toBeCloseTo(0.037, 2);
  });

  it('asks for more where four pairs are not enough, and holds in the end', () => {
    const noisy = evenly(20, 0.04, 0.06);

    expect(check(noisy, evenly(4, 0.04, 0.06)).state).toBe('open');
    expect(check(noisy, evenly(20, 0.04, 0.06)).state).toBe('held');
  });

  it.each([
    { what: 'nothing', fresh: evenly(4, 0, 0.005), state: 'denied' },
    { what: 'less than the smallest effect worth a word', fresh: evenly(15, 0.009, 0.001), state: 'denied' },
    { what: 'an effect that their own noise may explain', fresh: evenly(4, 0.02, 0.06), state: 'open' },
    { what: 'the same, at the last look', fresh: evenly(15, 0.02, 0.09), state: 'denied' },
    { what: 'the opposite', fresh: evenly(4, -0.04, 0.005), state: 'denied' },
  ])('is $state when fresh pairs show $what', ({ fresh, state }) => {
    expect(check(alarm, fresh).state).toBe(state);
  });

  it('does not hold beside a pooled interval that reaches below the smallest effect', () => {
    const barely = evenly(5, 0.012, 0.003);

    const confirmation = check(barely, evenly(4, 0.014, 0.001));

    expect(Math.expm1(confirmation.pooled?.lo as number)).toBeLessThan(DEFAULT_LIMITS.minEffect);
    expect(Math.expm1(confirmation.pooled?.lo as number)).toBeGreaterThan(DEFAULT_LIMITS.margin);
    expect(confirmation.state).toBe('open');
  });

  const ratio = fc.double({ min: -0.02, max: 0.06, noNaN: true });
  const stages = fc.tuple(
    fc.constantFrom(5, 6, 8).chain((count) => fc.uniqueArray(ratio, { minLength: count, maxLength: count })),
    fc
      .constantFrom(4, 6, 8, 10)
      .chain((count) => fc.uniqueArray(ratio, { minLength: count, maxLength: count })),
  );

  it('agrees with its slow twin', () => {
    let held = 0;
    fc.assert(
      fc.property(stages, fc.double({ min: 0, max: 0.08, noNaN: true }), (values, shift) => {
        const [explored, fresh] = values.map((each) => each.map((value) => value + shift)) as [
          number[],
          number[],
        ];
        const { state } = check(explored, fresh);
        if (state === 'held') held++;

        expect(state === 'held').toBe(slowHeld(explored, fresh));
      }),
    );
    expect(held).toBeGreaterThan(0);
  });

  it('is mirrored with the signs, and never lost by a larger change', () => {
    fc.assert(
      fc.property(stages, fc.double({ min: 0, max: 0.05, noNaN: true }), ([explored, fresh], more) => {
        const { state } = check(explored, fresh);
        const turned = check(
          explored.map((value) => -value),
          fresh.map((value) => -value),
          'improved',
        );
        const larger = check(
          explored.map((value) => value + more),
          fresh.map((value) => value + more),
        );

        expect(turned.state).toBe(state);
        if (state === 'held') expect(larger.state).toBe('held');
      }),
    );
  });

  it('mirrors for an improvement', () => {
    const mirrored = alarm.map((ratio) => -ratio);

    expect(check(mirrored, evenly(4, -0.035, 0.005), 'improved').state).toBe('held');
    expect(check(mirrored, evenly(4, 0.035, 0.005), 'improved').state).toBe('denied');
    expect(check(mirrored, evenly(4, -0.002, 0.005), 'improved').state).toBe('denied');
  });

  it('has no pooled interval, and holds nothing, where the level asks for more pairs than there are', () => {
    const confirmation = confirmAlarm(
      { changes: alarm, blocks: [] },
      { changes: evenly(4, 0.04, 0.005), blocks: [] },
      { direction: 'regressed', limits: DEFAULT_LIMITS, family: 20 },
    );

    expect(confirmation).toMatchObject({ state: 'open', pooled: undefined });
  });

  it('asks the requests themselves, too, where shares changed', () => {
    const blocks = (count: number, hits: number): ShareBlock[] =>
      Array.from({ length: count }, () => ({ base: { hits: 0, of: 400 }, head: { hits, of: 400 } }));
    const of = (found: ShareBlock[]) => ({
      changes: found.map(({ head }) => head.hits / 400),
      blocks: found,
    });
    const shares = {
      direction: 'regressed',
      limits: { margin: 0.001, minEffect: 0.002, tolerance: 0.005 },
      family: 1,
      yardstick: yardstickOf({ scale: 'share', better: 'lower' }),
    } as const;

    expect(confirmAlarm(of(blocks(5, 8)), of(blocks(4, 8)), shares)).toMatchObject({
      state: 'held',
      pooled: { by: 'shares', estimate: 0.02 },
    });
    // One slow request a pair: always the head's, but four of them prove little.
    expect(confirmAlarm(of(blocks(5, 1)), of(blocks(4, 1)), shares).state).toBe('open');
  });

  it('refuses a number of fresh pairs that is no look', () => {
    expect(() => check(alarm, evenly(5, 0.04, 0.005))).toThrow(
      'expected 4, 6, 8, 10, 12, 15 confirming pairs',
    );
  });
});
