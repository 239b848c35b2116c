import { describe, expect, it } from 'vitest';
import { confirmAlarm } from '../../src/analyse/confirm.ts';
import { DEFAULT_LIMITS } from '../../src/analyse/rule.ts';
import { evenly } from './builders.ts';

const regressed = { direction: 'regressed', limits: DEFAULT_LIMITS, family: 1 } as const;
const improved = { direction: 'improved', limits: DEFAULT_LIMITS, family: 1 } as const;

describe('confirmAlarm', () => {
  const alarm = evenly(5, 0.04, 0.005);

  it('holds when fresh pairs show the same', () => {
    const confirmation = confirmAlarm(alarm, evenly(6, 0.035, 0.005), regressed);

    expect(confirmation.held).toBe(true);
    expect(confirmation.effect).toBeCloseTo(0.035, 9);
    expect(Math.expm1(confirmation.pooled.estimate)).toBeCloseTo(0.037, 2);
  });

  it.each([
    { what: 'nothing', fresh: evenly(6, 0, 0.005) },
    { what: 'less than the smallest effect worth a word', fresh: evenly(6, 0.009, 0.001) },
    { what: 'an effect that their own noise may explain', fresh: evenly(6, 0.02, 0.06) },
    { what: 'the opposite', fresh: evenly(6, -0.04, 0.005) },
  ])('does not hold when fresh pairs show $what', ({ fresh }) => {
    expect(confirmAlarm(alarm, fresh, regressed).held).toBe(false);
  });

  it('does not hold beside a pooled interval that denies it', () => {
    const barely = evenly(5, 0.012, 0.003);
    const fresh = [0.05, 0.001, 0.03, 0.002, 0.04, 0.002];

    const confirmation = confirmAlarm(barely, fresh, regressed);

    expect(Math.expm1(confirmation.pooled.lo)).toBeLessThan(DEFAULT_LIMITS.margin);
    expect(confirmation.held).toBe(false);
  });

  it('mirrors for an improvement', () => {
    const mirrored = alarm.map((ratio) => -ratio);

    expect(confirmAlarm(mirrored, evenly(6, -0.035, 0.005), improved).held).toBe(true);
    expect(confirmAlarm(mirrored, evenly(6, 0.035, 0.005), improved).held).toBe(false);
    expect(confirmAlarm(mirrored, evenly(6, -0.005, 0.005), improved).held).toBe(false);
  });
});
