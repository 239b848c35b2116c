import { describe, expect, it } from 'vitest';
import { confirmAlarm, confirmLooks, MIN_CONFIRM_PAIRS } from '../../src/analyse/confirm.ts';
import type { Confirmation, Direction } from '../../src/analyse/confirm.ts';
import { DEFAULT_LIMITS } from '../../src/analyse/rule.ts';
import { yardstickOf } from '../../src/analyse/yardstick.ts';
import type { ShareBlock } from '../../src/stats/shares.ts';
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
