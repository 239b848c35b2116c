import type { Metric, Unit } from '../domain/metric.ts';
import type { ConfidenceInterval } from '../domain/verdict.ts';

export const MINUS = '\u2212';

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

/** One way to write values of a unit: divided by `factor`, followed by `unit`. */
export interface Scale {
  factor: number;
  unit: string;
}

const MICROSECONDS: readonly Scale[] = [
  { factor: 1e6, unit: 's' },
  { factor: 1e3, unit: 'ms' },
  { factor: 1, unit: 'µs' },
];
const BYTES: readonly Scale[] = [
  { factor: 1024 ** 3, unit: 'GiB' },
  { factor: 1024 ** 2, unit: 'MiB' },
  { factor: 1024, unit: 'KiB' },
  { factor: 1, unit: 'B' },
];
const SCALES: Readonly<Record<Unit, readonly Scale[]>> = {
  us: MICROSECONDS,
  ms: MICROSECONDS.map(({ factor, unit }) => ({ factor: factor / 1e3, unit })),
  bytes: BYTES,
  'per-second': [{ factor: 1, unit: '/s' }],
  share: [{ factor: 0.01, unit: '%' }],
  // As with CPU per request, the title says what it is shared by.
  'bytes-per-request': BYTES,
  number: [{ factor: 1, unit: '' }],
};

/** The scale in which `largest` reads best; `label` stands behind bare numbers. */
export function scaleFor(unit: Unit, largest: number, label = ''): Scale {
  const scales = SCALES[unit];
  const scale = scales.find(({ factor }) => largest >= factor) ?? scales.at(-1) ?? { factor: 1, unit: '' };
  return unit === 'number' ? { ...scale, unit: label } : scale;
}

/** Decimals with which values of up to `scaled` keep three figures or so; 0 from 1,000 on, at most 5. */
export function decimalsFor(scaled: number): number {
  if (scaled >= 1_000) return 0;
  if (scaled >= 100) return 1;
  if (scaled >= 0.1 || scaled === 0) return 2;
  return Math.min(5, 1 - Math.floor(Math.log10(scaled)));
}

/** `1 842 /s` without the space that a slash does not want. */
export function withUnit(digits: string, unit: string): string {
  return unit === '' || unit.startsWith('/') ? `${digits}${unit}` : `${digits} ${unit}`;
}

/** Both values of a row in one unit and with the same decimals, so that they compare at a glance. */
export function formatValues(
  metric: Metric,
  values: { base: number | undefined; head: number | undefined },
  label = '',
): { base: string; head: string } {
  const largest = Math.max(Math.abs(values.base ?? 0), Math.abs(values.head ?? 0));
  const scale = scaleFor(metric.unit, largest, label);
  const decimals = decimalsFor(largest / scale.factor);
  const format = (value: number | undefined): string =>
    value === undefined ? '–' : withUnit(group((value / scale.factor).toFixed(decimals)), scale.unit);
  return { base: format(values.base), head: format(values.head) };
}

/** Thousands parted by a narrow space that does not break, from 1,000 on. */
export function group(digits: string): string {
  const [whole = '', fraction] = digits.split('.');
  const parted = whole.replace('-', MINUS).replace(/(?<=\d)(?=(?:\d{3})+$)/g, '\u202F');
  return fraction === undefined ? parted : `${parted}.${fraction}`;
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
  const scale = BYTES.find(({ factor }) => bytes >= factor) ?? { factor: 1, unit: 'B' };
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
