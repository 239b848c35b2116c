import { describe, expect, it } from 'vitest';
import { labelledCases, STATED_SEED } from '../bench/labelled-cases.ts';
import { mannWhitneyPValue } from '../bench/rivals/benchstat.ts';
import {
  autocannonTenPercent,
  bencher,
  benchstat,
  githubActionBenchmark,
  welch,
} from '../bench/rivals/index.ts';
import { welchPValue } from '../bench/rivals/welch.ts';

describe('the rules of other tools', () => {
  it('Mann-Whitney: counts every choice of ranks, ties included', () => {
    // 1 2 3 4 against 5 6 7 8: 2 of the 70 choices are as far apart.
    expect(mannWhitneyPValue([1, 2, 3, 4], [5, 6, 7, 8])).toBeCloseTo(2 / 70, 12);
    // All equal: no choice differs from another.
    expect(mannWhitneyPValue([1, 1, 1], [1, 1, 1])).toBe(1);
    // Ranks 1, 2.5, 2.5, 4: the sum 3.5 or less comes up in 2 of 6 choices.
    expect(mannWhitneyPValue([1, 2], [2, 3])).toBeCloseTo((2 * 2) / 6, 12);
    // The same by the normal approximation, where there are many.
    const many = Array.from({ length: 60 }, (_, i) => i);
    expect(mannWhitneyPValue(many, many)).toBeCloseTo(1, 2);
  });

  it('benchstat: needs four runs a side and calls by the medians', () => {
    expect(benchstat([1, 2, 3], [7, 8, 9])).toBe('unchanged');
    expect(benchstat([1, 2, 3, 4], [5, 6, 7, 8])).toBe('regressed');
    expect(benchstat([5, 6, 7, 8], [1, 2, 3, 4])).toBe('improved');
  });

  it('Welch: agrees with a published example', () => {
    // Variances 3.7 / 5 and 2.5 / 5: t = 2 / sqrt(1.24) = 1.796 with 7.7 degrees of freedom.
    expect(welchPValue([1, 2, 4, 5, 5.5], [3.5, 4.5, 5.5, 6.5, 7.5])).toBeCloseTo(0.108, 2);
    expect(welch([100, 101, 99, 100], [110, 111, 109, 112])).toBe('regressed');
    expect(welch([100, 100], [100, 100])).toBe('unchanged');
  });

  it('Bencher: one new run beyond the prediction limit of the base runs, upwards only', () => {
    const base = [100, 102, 98, 101, 99];
    // sd 1.58, t(.99, 4) = 3.747: the limit is 100 + 3.747 * 1.58 * 1.095 = 106.5.
    expect([bencher(base, [106, 200]), bencher(base, [107]), bencher(base, [50])]).toEqual([
      'unchanged',
      'regressed',
      'unchanged',
    ]);
    expect(bencher([1], [9])).toBe('unchanged');
  });

  it('ratio rules: the value before and the new one', () => {
    expect(githubActionBenchmark(2)([1, 100], [200.1])).toBe('regressed');
    expect(githubActionBenchmark(2)([1, 100], [200])).toBe('unchanged');
    expect(autocannonTenPercent([100, 100], [105, 116])).toBe('regressed');
    expect(autocannonTenPercent([100], [85])).toBe('improved');
    expect(autocannonTenPercent([], [])).toBe('unchanged');
  });
});

describe('the labelled cases', () => {
  it('are the same on every machine', () => {
    const [first, ...more] = labelledCases(STATED_SEED, 1);

    expect(more).toHaveLength(359);
    expect(first).toMatchObject({ case: 'ab-dev/gauss/sd0.01/dr0/n10/e0/0', effect: 0 });
    expect(first?.base.slice(0, 2)).toEqual([58.11226, 57.95945]);
  });
});
