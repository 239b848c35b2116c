import { describe, expect, it } from 'vitest';
import { intervalAtLook } from '../../src/analyse/interval.ts';
import { callChange, DEFAULT_LIMITS } from '../../src/analyse/rule.ts';
import { smallestVisible } from '../../src/analyse/smallest-visible.ts';
import { LOOKS } from '../../src/analyse/boundaries.ts';
import type { Look } from '../../src/analyse/boundaries.ts';
import { createRandom } from '../../src/stats/random.ts';
import { mean } from '../../src/stats/summary.ts';
import { drawLogRatios, drawNormal } from './noises.ts';

const SAME = { estimate: 0, lo: 0, hi: 0, by: 't', standardErrors: 5.6 } as const;

describe('smallestVisible', () => {
  it('is the smallest effect that is called where there is no noise at all', () => {
    expect(smallestVisible(SAME, DEFAULT_LIMITS)).toBe(DEFAULT_LIMITS.minEffect);
  });

  it('grows with the interval and with the margin', () => {
    const narrow = { ...SAME, lo: -0.01, hi: 0.01 };
    const wide = { ...SAME, lo: -0.02, hi: 0.02 };

    expect(smallestVisible(wide, DEFAULT_LIMITS)).toBeGreaterThan(smallestVisible(narrow, DEFAULT_LIMITS));
    expect(smallestVisible(wide, { ...DEFAULT_LIMITS, margin: 0.01 })).toBeGreaterThan(
      smallestVisible(wide, DEFAULT_LIMITS),
    );
  });

  // With 6 pairs the spread itself is poorly known, and narrow intervals that promise much are the less reliable ones.
  it.each([
    { count: 6, least: 0.65 },
    { count: 10, least: 0.72 },
    { count: 20, least: 0.72 },
  ])('is found in about 80 of 100 runs of $count pairs', ({ count, least }) => {
    const look = LOOKS.find(({ pairs }) => pairs === count) as Look;
    const random = createRandom(count);
    const jobs = Array.from({ length: 600 }, () =>
      drawLogRatios(random, drawNormal, { count, runSd: 0.02, effect: 0 }),
    );
    const visible = mean(
      jobs.map((job) => smallestVisible(intervalAtLook(job, look), DEFAULT_LIMITS)),
    ) as number;

    const found = jobs.filter((job) => {
      const shifted = job.map((ratio) => ratio + Math.log1p(visible));
      return callChange(intervalAtLook(shifted, look), DEFAULT_LIMITS) === 'regressed';
    });

    expect(found.length / jobs.length).toBeGreaterThan(least);
    expect(found.length / jobs.length).toBeLessThan(0.88);
  });
});
