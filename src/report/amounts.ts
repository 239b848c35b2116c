import { metricOf, type Metric } from '../domain/metric.ts';
import type { ConfidenceInterval, Verdict } from '../domain/verdict.ts';
import {
  decimalsFor,
  formatBound,
  formatChange,
  formatInterval,
  formatLimit,
  group,
  MINUS,
  type Scale,
  scaleFor,
  withUnit,
} from './numbers.ts';

/** How changes of one verdict are written: relative ones in percent, others in the unit of the metric. */
export interface Amounts {
  /** `+7.7 %`, `+0.8 pp`, `−12.0 B`. */
  change(value: number): string;
  /** `[+6.8, +8.5]`, in the unit of the change. */
  interval(interval: ConfidenceInterval): string;
  /** The change for the worse that still passes, with the sign of what is worse: `+5 %`, `−5 %`, `+0.5 pp`. */
  limit(threshold: number): string;
  /** A size without sign, rounded up. */
  bound(size: number): string;
}

/** The metric of a verdict, with what the project says of it when it is the project's own. */
export function metricOfVerdict({ metric, custom }: Pick<Verdict, 'metric' | 'custom'>): Metric {
  return metricOf(metric, custom === undefined ? [] : [custom]);
}

export function amountsOf(verdict: Verdict): Amounts {
  const metric = metricOfVerdict(verdict);
  return verdict.effectIn === 'absolute' ? absoluteAmounts(verdict, metric) : relativeAmounts(metric);
}

/** Nothing that GitHub makes a link of: no `www.`, no commit id, no reference such as GH-12. */
const PLAIN_UNIT = /^(?!.*(?:www\.|-\d|[\da-f]{7}))[\p{L}%‰°][\p{L}\d%‰°/ .^-]{0,15}$/iu;

/** What stands behind a custom number: a word or a sign, else nothing, as it stands outside code. */
export function unitLabelOf({ custom }: Pick<Verdict, 'custom'>): string {
  const label = custom?.unitLabel ?? '';
  return PLAIN_UNIT.test(label) ? label : '';
}

function relativeAmounts({ better }: Metric): Amounts {
  return {
    change: formatChange,
    interval: formatInterval,
    limit: (threshold) => signOfWorse(better, formatLimit(threshold)),
    bound: formatBound,
  };
}

function absoluteAmounts(verdict: Verdict, metric: Metric): Amounts {
  const { effect = 0, interval } = verdict;
  const largest = Math.max(...[effect, interval?.lo ?? 0, interval?.hi ?? 0].map(Math.abs));
  const label = unitLabelOf(verdict);
  // Change and interval share unit and decimals; a limit or a bound has those that suit it.
  const shared = absoluteScale(metric, largest, label);
  const decimals = decimalsOf(metric, largest / shared.factor);
  const signed = (value: number): string => withSign((value / shared.factor).toFixed(decimals));
  return {
    change: (value) => withUnit(signed(value), shared.unit),
    interval: ({ lo, hi }) => `[${signed(lo)}, ${signed(hi)}]`,
    limit(threshold) {
      const { factor, unit } = absoluteScale(metric, threshold, label);
      return signOfWorse(metric.better, withUnit(`+${trimmed(threshold / factor)}`, unit));
    },
    bound(size) {
      const { factor, unit } = absoluteScale(metric, Math.abs(size), label);
      const scaled = Math.abs(size) / factor;
      const places = 10 ** decimalsOf(metric, scaled);
      return withUnit(group(String(Math.ceil(scaled * places - 1e-9) / places)), unit);
    },
  };
}

/** A difference of two shares is in percentage points: 1 % more of 2 % would be another thing. */
function absoluteScale({ unit }: Metric, largest: number, label: string): Scale {
  if (label === '%') return { factor: 1, unit: 'pp' };
  return unit === 'share' ? { factor: 0.01, unit: 'pp' } : scaleFor(unit, largest, label);
}

function decimalsOf({ unit }: Metric, scaled: number): number {
  return unit === 'share' && scaled >= 1 ? 1 : decimalsFor(scaled);
}

function withSign(digits: string): string {
  if (Number(digits) === 0) return digits.replace('-', '');
  return digits.startsWith('-') ? group(digits) : `+${group(digits)}`;
}

function signOfWorse(better: Metric['better'], limit: string): string {
  return better === 'higher' ? limit.replace('+', MINUS) : limit;
}

function trimmed(value: number): string {
  return group(String(Number(value.toFixed(4))));
}
