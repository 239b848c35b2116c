import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOOKS } from '../../src/analyse/boundaries.ts';
import { callChange, decide, DEFAULT_LIMITS } from '../../src/analyse/rule.ts';
import { evenly } from './builders.ts';

const ratios = fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { maxLength: 35 });

describe('decide', () => {
  it('needs five pairs for an interval, and says what it has until then', () => {
    expect(decide([], DEFAULT_LIMITS)).toMatchObject({
      decision: 'continue',
      pairs: 0,
      estimate: undefined,
      lo: undefined,
    });

    const four = decide(evenly(4, 0.1, 0.001), DEFAULT_LIMITS);

    expect(four).toMatchObject({ decision: 'continue', pairs: 4, lo: undefined, hi: undefined });
    expect(four.estimate).toBeCloseTo(0.1, 6);
  });

  it.each([
    { what: 'a clear increase', effect: 0.05, spread: 0.004, decision: 'regressed' },
    { what: 'a clear decrease', effect: -0.05, spread: 0.004, decision: 'improved' },
    { what: 'nothing', effect: 0, spread: 0.004, decision: 'unchanged' },
    {
      what: 'a real increase that is nobody`s problem',
      effect: 0.008,
      spread: 0.0005,
      decision: 'unchanged',
    },
    { what: 'an increase lost in noise', effect: 0.03, spread: 0.1, decision: 'continue' },
  ])('calls $what $decision at the first look', ({ effect, spread, decision }) => {
    const found = decide(evenly(5, effect, spread), DEFAULT_LIMITS);

    expect(found.decision).toBe(decision);
    expect(found.estimate).toBeCloseTo(effect, 6);
    expect(found.level).toBe(0.95);
  });

  it('uses mean and t at 5 and 6 pairs, Hodges-Lehmann and signed-rank from 8 on', () => {
    const five = decide(evenly(5, 0.02, 0.03), DEFAULT_LIMITS);
    const eight = decide([0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 9], DEFAULT_LIMITS);

    // sd of five values spread evenly over -+0.03 is 0.0237; t(4, .9975) = 5.598.
    expect(Math.log1p(five.hi as number)).toBeCloseTo(
      Math.log1p(0.02) + (5.5976 * 0.023717) / Math.sqrt(5),
      4,
    );
    expect(five.method).toBe('paired t, group-sequential');
    expect(Math.log1p(eight.lo as number)).toBeCloseTo(0.01, 12);
    expect(eight.method).toBe('Hodges-Lehmann, signed-rank, group-sequential');
  });

  it('decides at looks only, and shows the last look between them', () => {
    fc.assert(
      fc.property(ratios, (logRatios) => {
        const look = LOOKS.findLast(({ pairs }) => pairs <= logRatios.length)?.pairs;

        const found = decide(logRatios, DEFAULT_LIMITS);

        expect(found.pairs).toBe(look ?? logRatios.length);
        if (look !== logRatios.length) expect(found.decision).toBe('continue');
        if (look !== undefined) expect(found.lo).toBe(decide(logRatios.slice(0, look), DEFAULT_LIMITS).lo);
      }),
    );
  });

  it('mirrors: head and base exchanged turn regressed into improved and the interval round', () => {
    fc.assert(
      fc.property(ratios, (logRatios) => {
        const found = decide(logRatios, DEFAULT_LIMITS);
        const mirrored = decide(
          logRatios.map((ratio) => -ratio),
          DEFAULT_LIMITS,
        );

        expect(mirrored.decision === 'improved').toBe(found.decision === 'regressed');
        if (found.interval !== undefined) expect(mirrored.interval?.lo).toBeCloseTo(-found.interval.hi, 12);
      }),
    );
  });

  it('never regresses inside the margin, nor calls an increase beyond the tolerance unchanged', () => {
    fc.assert(
      fc.property(ratios, (logRatios) => {
        const found = decide(logRatios, DEFAULT_LIMITS);

        if (found.decision === 'regressed') expect(found.lo).toBeGreaterThan(DEFAULT_LIMITS.margin);
        if (found.decision === 'unchanged') expect(found.hi).toBeLessThan(DEFAULT_LIMITS.tolerance);
      }),
    );
  });

  it('widens with the number of metrics that gate together', () => {
    const logRatios = evenly(12, 0.03, 0.02);

    const alone = decide(logRatios, DEFAULT_LIMITS);
    const among = decide(logRatios, { ...DEFAULT_LIMITS, family: 4 });

    expect(among.lo).toBeLessThan(alone.lo as number);
    expect(among.level).toBe(0.9875);
  });

  it('takes equal values as what they are', () => {
    const same = decide([0, 0, 0, 0, 0], DEFAULT_LIMITS);

    expect(same).toMatchObject({ decision: 'unchanged', estimate: 0, lo: 0, hi: 0 });
  });
});

describe('callChange', () => {
  it('says nothing of an interval that reaches from pass to fail', () => {
    expect(callChange({ estimate: 0.02, lo: -0.01, hi: 0.05 }, DEFAULT_LIMITS)).toBeUndefined();
  });

  it('prefers a proven regression to a pass when both hold', () => {
    expect(callChange({ estimate: 0.02, lo: 0.015, hi: 0.025 }, DEFAULT_LIMITS)).toBe('regressed');
  });
});
