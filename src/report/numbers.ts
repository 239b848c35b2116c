import type { Metric } from '../domain/benchmark.ts';
import type { ConfidenceInterval } from '../domain/verdict.ts';

const MINUS = '\u2212';

/** 0.078 as `+7.8 %`; whole percents from 100 % on. */
export function formatChange(relative: number): string {
  return `${formatSigned(relative)} %`;
}

/** The bounds of an interval, `[+5.9, +9.6]`, in percent. */
export function formatInterval(interval: ConfidenceInterval): string {
  return `[${formatSigned(interval.lo)}, ${formatSigned(interval.hi)}]`;
}

/** A limit as it is configured: 0.05 is `+5 %`, 0.025 is `+2.5 %`. */
export function formatLimit(threshold: number): string {
  return `+${trimZeros((threshold * 100).toFixed(2))} %`;
}

/** A size without sign, rounded up, so that "below 1.9 %" holds: 0.0186 is `1.9 %`. */
export function formatBound(relative: number): string {
  return `${(Math.ceil(Math.abs(relative) * 1_000 - 1e-9) / 10).toFixed(1)} %`;
}

/** Coverage of an interval: 0.95 is `95 %`. */
export function formatLevel(level: number): string {
  return `${trimZeros((level * 100).toFixed(2))} %`;
}

interface Scale {
  factor: number;
  unit: string;
}

const MICROSECONDS: readonly Scale[] = [
  { factor: 1e6, unit: 's' },
  { factor: 1e3, unit: 'ms' },
  { factor: 1, unit: 'µs' },
];
const SCALES: Readonly<Record<Metric['unit'], readonly Scale[]>> = {
  us: MICROSECONDS,
  ms: MICROSECONDS.map(({ factor, unit }) => ({ factor: factor / 1e3, unit })),
  bytes: [
    { factor: 1024 ** 3, unit: 'GiB' },
    { factor: 1024 ** 2, unit: 'MiB' },
    { factor: 1024, unit: 'KiB' },
    { factor: 1, unit: 'B' },
  ],
};

/** Both values of a row in one unit and with the same decimals, so that they compare at a glance. */
export function formatValues(
  metric: Metric,
  values: { base: number | undefined; head: number | undefined },
): { base: string; head: string } {
  const largest = Math.max(Math.abs(values.base ?? 0), Math.abs(values.head ?? 0));
  const scales = SCALES[metric.unit];
  const scale = scales.find(({ factor }) => largest >= factor) ?? scales.at(-1) ?? { factor: 1, unit: '' };
  const scaled = largest / scale.factor;
  const decimals = scaled >= 1_000 ? 0 : scaled >= 100 ? 1 : 2;
  const format = (value: number | undefined): string =>
    value === undefined ? '–' : `${(value / scale.factor).toFixed(decimals)} ${scale.unit}`;
  return { base: format(values.base), head: format(values.head) };
}

/** A length of time for people: `40 s`, `3 min`, `1 h 10 min`; rounded up. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(1, Math.ceil(durationMs / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** Bytes for people: `24.0 GiB`. */
export function formatBytes(bytes: number): string {
  const scale = SCALES.bytes.find(({ factor }) => bytes >= factor) ?? { factor: 1, unit: 'B' };
  return `${(bytes / scale.factor).toFixed(scale.factor === 1 ? 0 : 1)} ${scale.unit}`;
}

/** `1 pair`, `2 pairs`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `1st`, `2nd`, `3rd`, `11th`. */
export function ordinal(number: number): string {
  const teen = number % 100 >= 11 && number % 100 <= 13;
  return `${number}${teen ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th')}`;
}

function formatSigned(relative: number): string {
  const percent = relative * 100;
  const digits = Math.abs(percent).toFixed(Math.abs(percent) >= 99.95 ? 0 : 1);
  if (Number(digits) === 0) return digits;
  return `${percent < 0 ? MINUS : '+'}${digits}`;
}

function trimZeros(text: string): string {
  return text.replace(/\.?0+$/, '');
}
