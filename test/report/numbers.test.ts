import { describe, expect, it } from 'vitest';
import { metricOf } from '../../src/domain/metric.ts';
import {
  count,
  formatBound,
  formatChange,
  formatDuration,
  formatInterval,
  formatLimit,
  formatValues,
  ordinal,
} from '../../src/report/numbers.ts';

describe('a change', () => {
  it.each([
    [0.078, '+7.8 %'],
    [-0.05, '−5.0 %'],
    [0, '0.0 %'],
    [-0.0001, '0.0 %'],
    [0.9994, '+99.9 %'],
    [1.234, '+123 %'],
  ])('of %d is %s', (relative, text) => {
    expect(formatChange(relative)).toBe(text);
  });

  it('has an interval of two signed bounds', () => {
    expect(formatInterval({ lo: -0.01, hi: 0.069, level: 0.95, method: 'm' })).toBe('[−1.0, +6.9]');
  });
});

describe('a bound', () => {
  it.each([
    [0.0186, '1.9 %'],
    [0.019, '1.9 %'],
    [0.01901, '2.0 %'],
  ])('of %d is rounded up to %s', (relative, text) => {
    expect(formatBound(relative)).toBe(text);
  });
});

describe('a limit', () => {
  it.each([
    [0.05, '+5 %'],
    [0.025, '+2.5 %'],
    [0.1, '+10 %'],
    [1, '+100 %'],
  ])('of %d is %s', (threshold, text) => {
    expect(formatLimit(threshold)).toBe(text);
  });
});

describe('the values of a row', () => {
  it.each([
    ['cpu_per_request', 3_100, 3_338.7, '3.10 ms', '3.34 ms'],
    ['cpu_per_request', 990, 953.4, '990.0 µs', '953.4 µs'],
    ['cpu_per_request', 999, 1_001, '1.00 ms', '1.00 ms'],
    ['latency_p99', 0.212, 0.2, '212.0 µs', '200.0 µs'],
    ['startup', 1_500, 900, '1.50 s', '0.90 s'],
    ['memory_peak', 188_743_680, 191_889_408, '180.0 MiB', '183.0 MiB'],
    ['memory_peak', 0, 0, '0.00 B', '0.00 B'],
  ] as const)('of %s share unit and decimals', (metric, base, head, baseText, headText) => {
    expect(formatValues(metricOf(metric), { base, head })).toEqual({ base: baseText, head: headText });
  });

  it('show a dash where there is none', () => {
    expect(formatValues(metricOf('startup'), { base: undefined, head: 12 })).toEqual({
      base: '–',
      head: '12.00 ms',
    });
  });
});

describe('small words', () => {
  it('count, order and time', () => {
    expect([count(1, 'pair'), count(0, 'pair'), count(2, 'pair')]).toEqual(['1 pair', '0 pairs', '2 pairs']);
    expect([1, 2, 3, 4, 11, 12, 13, 21, 101].map(ordinal)).toEqual([
      '1st',
      '2nd',
      '3rd',
      '4th',
      '11th',
      '12th',
      '13th',
      '21st',
      '101st',
    ]);
    expect([0, 40_000, 119_000, 120_000, 3_600_000, 4_200_000].map(formatDuration)).toEqual([
      '1 s',
      '40 s',
      '119 s',
      '2 min',
      '1 h',
      '1 h 10 min',
    ]);
  });
});
