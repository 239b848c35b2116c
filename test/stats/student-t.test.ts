import { cumulativeStdNormalProbability } from 'simple-statistics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  incompleteBeta,
  meanInterval,
  meanPValue,
  normalQuantile,
  studentTCdf,
  studentTQuantile,
} from '../../src/stats/student-t.ts';

/** Student's density over a fine grid, by Simpson's rule from the centre. */
function slowCdf(t: number, df: number): number {
  const density = (x: number) => (1 + (x * x) / df) ** (-(df + 1) / 2);
  const integrate = (to: number): number => {
    const steps = 20_000;
    const width = to / steps;
    let sum = density(0) + density(to);
    for (let i = 1; i < steps; i++) sum += density(i * width) * (i % 2 === 0 ? 2 : 4);
    return (sum * width) / 3;
  };
  // Heavy tails are long: the other half is integrated in the variable 1 / x beyond 1.
  const far = (): number => {
    const steps = 20_000;
    const tail = (u: number) => (u === 0 ? (df === 1 ? 1 : 0) : density(1 / u) / (u * u));
    let sum = tail(0) + tail(1);
    for (let i = 1; i < steps; i++) sum += tail(i / steps) * (i % 2 === 0 ? 2 : 4);
    return sum / steps / 3;
  };
  return 0.5 + integrate(t) / (2 * (integrate(1) + far()));
}

describe('studentTQuantile', () => {
  it.each([
    { probability: 0.975, df: 1, t: 12.7062047 },
    { probability: 0.975, df: 4, t: 2.7764451 },
    { probability: 0.95, df: 5, t: 2.0150484 },
    { probability: 0.9975, df: 4, t: 5.5975684 },
    { probability: 0.9975, df: 5, t: 4.7733406 },
    { probability: 0.995, df: 10, t: 3.1692727 },
    { probability: 0.975, df: 30, t: 2.0422725 },
    { probability: 0.999, df: 120, t: 3.1595383 },
  ])('is $t at $probability with $df degrees, as printed tables have it', ({ probability, df, t }) => {
    expect(studentTQuantile(probability, df)).toBeCloseTo(t, 6);
  });

  it('is turned back by the distribution function, and mirrors', () => {
    const probability = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
    fc.assert(
      fc.property(probability, fc.integer({ min: 1, max: 200 }), (p, df) => {
        const t = studentTQuantile(p, df);

        expect(studentTCdf(t, df)).toBeCloseTo(p, 10);
        expect(studentTCdf(-t, df)).toBeCloseTo(1 - p, 10);
      }),
    );
  });

  it.each([0, 1, -0.1, Number.NaN])('refuses %s as a probability', (probability) => {
    expect(() => studentTQuantile(probability, 4)).toThrow(RangeError);
  });
});

describe('studentTCdf', () => {
  it.each([1, 2, 3, 4, 7, 29])('agrees with integrating the density, %i degrees', (df) => {
    for (const t of [0.1, 0.7, 1, 2.5, 6]) expect(studentTCdf(t, df)).toBeCloseTo(slowCdf(t, df), 7);
  });

  it('is 0, a half and 1 where it must be', () => {
    expect([-Infinity, 0, Infinity].map((t) => studentTCdf(t, 3))).toEqual([0, 0.5, 1]);
  });

  it('refuses what is no number and no degree of freedom', () => {
    expect(() => studentTCdf(Number.NaN, 3)).toThrow(RangeError);
    expect(() => studentTCdf(1, 0)).toThrow(RangeError);
  });
});

describe('normalQuantile', () => {
  it('agrees with the tables of simple-statistics', () => {
    for (const z of [0, 0.5, 1, 1.64, 1.96, 2.58]) {
      expect(normalQuantile(cumulativeStdNormalProbability(z))).toBeCloseTo(z, 2);
    }
    expect(normalQuantile(0.975)).toBeCloseTo(1.95996, 4);
  });
});

describe('incompleteBeta', () => {
  it('agrees with its closed forms', () => {
    for (const x of [0, 0.001, 0.2, 0.5, 0.77, 0.999, 1]) {
      expect(incompleteBeta(x, 1, 1)).toBeCloseTo(x, 12);
      expect(incompleteBeta(x, 3, 1)).toBeCloseTo(x ** 3, 12);
      expect(incompleteBeta(x, 0.5, 0.5)).toBeCloseTo((2 / Math.PI) * Math.asin(Math.sqrt(x)), 12);
    }
  });
});

describe('meanInterval', () => {
  it.each([{ values: [] }, { values: [1] }])('is missing for $values', ({ values }) => {
    expect(meanInterval(values, 0.05)).toBeUndefined();
    expect(meanPValue(values)).toBeUndefined();
  });

  it('is one point for equal values', () => {
    expect(meanInterval([2, 2, 2], 0.05)).toEqual({ estimate: 2, lo: 2, hi: 2 });
    expect([meanPValue([2, 2, 2]), meanPValue([0, 0, 0])]).toEqual([0, 1]);
  });

  it('matches a worked example', () => {
    const interval = meanInterval([4, 6], 0.05);

    expect(interval?.estimate).toBe(5);
    expect(interval?.lo).toBeCloseTo(5 - 12.7062047, 6);
    expect(interval?.hi).toBeCloseTo(5 + 12.7062047, 6);
  });

  it('leaves 0 out exactly when the p-value is below its error', () => {
    const values = fc.array(fc.integer({ min: -20, max: 30 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(values, fc.constantFrom(0.01, 0.05, 0.2), (sample, alpha) => {
        const interval = meanInterval(sample, alpha) as { lo: number; hi: number };
        const p = meanPValue(sample) as number;
        fc.pre(Math.abs(p - alpha) > 1e-9);

        expect(interval.lo > 0 || interval.hi < 0).toBe(p < alpha);
      }),
    );
  });
});
