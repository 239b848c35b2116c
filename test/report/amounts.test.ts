import { describe, expect, it } from 'vitest';
import type { CustomMetric } from '../../src/domain/metric.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { amountsOf } from '../../src/report/amounts.ts';
import { toRows } from '../../src/report/rows.ts';
import { absolute, verdict } from './helpers/builders.ts';

function custom(unitLabel: string, better: CustomMetric['better'] = 'lower'): Partial<Verdict> {
  const from = { kind: 'printed', after: 'rows:' } as const;
  return { metric: 'custom_rows', custom: { name: 'rows', title: 'rows read', unitLabel, better, from } };
}

/** Change, interval and limit as a table shows them. */
function texts(of: Verdict): string[] {
  const amounts = amountsOf(of);
  return [amounts.change(of.effect!), amounts.interval(of.interval!), amounts.limit(of.threshold!)];
}

describe('a change', () => {
  it.each<[string, Verdict, string[]]>([
    ['of a ratio', verdict('regressed', 0.077, [0.068, 0.085]), ['+7.7 %', '[+6.8, +8.5]', '+5 %']],
    [
      'of a ratio of which more is better',
      verdict('regressed', -0.077, [-0.085, -0.068], { metric: 'throughput' }),
      ['−7.7 %', '[−8.5, −6.8]', '−5 %'],
    ],
    [
      'of a share in percentage points',
      absolute('regressed', 0.008, [0.0051, 0.0109], { metric: 'errors', gates: 0.005 }),
      ['+0.8 pp', '[+0.5, +1.1]', '+0.5 pp'],
    ],
    [
      'of a small share with the decimals that it needs',
      absolute('regressed', 0.00041, [0.0002, 0.00062], { metric: 'latency_over_50ms', gates: 0.001 }),
      ['+0.041 pp', '[+0.020, +0.062]', '+0.1 pp'],
    ],
    [
      'in bytes, all in one unit',
      absolute('regressed', 2_048, [900, 3_200], { metric: 'memory_growth', gates: 64 }),
      ['+2.00 KiB', '[+0.88, +3.13]', '+64 B'],
    ],
    [
      'that is none',
      absolute('unchanged', 0, [-3, 3], { metric: 'memory_growth', gates: 64 }),
      ['0.00 B', '[−3.00, +3.00]', '+64 B'],
    ],
    [
      'of a number of the project, in its unit',
      absolute('regressed', 1_250, [1_000, 1_500], { ...custom('rows'), gates: 2_000 }),
      ['+1\u202F250 rows', '[+1\u202F000, +1\u202F500]', '+2\u202F000 rows'],
    ],
    [
      'of a number of which more is better',
      absolute('regressed', -4, [-5, -3], { ...custom('', 'higher'), gates: 2 }),
      ['−4.00', '[−5.00, −3.00]', '−2'],
    ],
    [
      'of a percentage of the project in percentage points',
      absolute('improved', 3.2, [2.1, 4.4], { ...custom('%', 'higher'), gates: 1 }),
      ['+3.20 pp', '[+2.10, +4.40]', '−1 pp'],
    ],
  ])('%s', (_what, of, expected) => {
    expect(texts(of)).toEqual(expected);
  });

  it('has a bound that is rounded up', () => {
    const errors = absolute('unchanged', 0, [0, 0.001], { metric: 'errors' });

    expect(amountsOf(errors).bound(0.001_01)).toBe('0.11 pp');
    expect(amountsOf(errors).bound(0)).toBe('0 pp');
  });

  it.each([
    'rows\n# heading',
    '@team',
    '[x](y)',
    '<b>',
    'k'.repeat(17),
    ' rows',
    'GH-12',
    'www.x',
    'a1b2c3d',
  ])('leaves the unit %j out', (label) => {
    expect(amountsOf(absolute('regressed', 2, [1, 3], custom(label))).change(2)).toBe('+2.00');
  });
});

it.each(['rows', 'm/s', '°C', 'CO2', 'm^2', 'items per user', 'µs'])('shows the unit %j', (label) => {
  expect(amountsOf(absolute('regressed', 2, [1, 3], custom(label))).change(2)).toBe(`+2.00 ${label}`);
});

describe('a row', () => {
  const rowOf = (of: Verdict) => toRows([of], (untrusted) => `<${untrusted}>`)[0]!;

  it('shows which way the number went, and says whether that is better', () => {
    const outcomes = [
      verdict('regressed', 0.06, [0.05, 0.07]),
      verdict('improved', -0.06, [-0.07, -0.05]),
      verdict('regressed', -0.06, [-0.07, -0.05], { metric: 'throughput' }),
      verdict('regressed', -0.03, [-0.04, -0.02], { metric: 'throughput' }),
      verdict('improved', 0.06, [0.05, 0.07], { metric: 'throughput' }),
      verdict('inconclusive', 0.06, [0.05, 0.07], { blocked: 'the control fails' }),
    ].map((of) => rowOf(of).outcome);

    expect(outcomes).toEqual([
      '▲ worse, over the limit',
      '▼ better',
      '▼ worse, over the limit',
      '▼ worse, below the limit',
      '▲ better',
      '! not raised',
    ]);
  });

  it('writes titles of the project as text from outside, and only those', () => {
    expect(rowOf(absolute('regressed', 2, [1, 3], custom('rows'))).metric).toBe('<rows read>');
    expect(rowOf(absolute('regressed', 2, [1, 3], { metric: 'custom_rows' })).metric).toBe('<rows>');
    expect(rowOf(absolute('regressed', 2, [1, 3], { metric: 'latency_over_50ms' })).metric).toBe(
      'over 50 ms',
    );
  });

  it('has values in the unit of the metric', () => {
    const values = (more: Partial<Verdict>) => {
      const { base, head } = rowOf(absolute('regressed', 1, [1, 1], more));
      return [base, head];
    };

    expect(values({ metric: 'errors', baseValue: 0.0021, headValue: 0.0163 })).toEqual(['0.21 %', '1.63 %']);
    expect(values({ metric: 'throughput', baseValue: 1_842, headValue: 12_345.6 })).toEqual([
      '1\u202F842/s',
      '12\u202F346/s',
    ]);
    expect(values({ ...custom('rows'), baseValue: -3, headValue: 0 })).toEqual(['−3.00 rows', '0.00 rows']);
    expect(values({ ...custom(''), baseValue: 0.000_12, headValue: 0.000_2 })).toEqual([
      '0.00012',
      '0.00020',
    ]);
  });
});
