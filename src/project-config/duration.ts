/** Durations as people write them: a whole number and its unit. */

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `2500ms`, `30s`, `5m`, `1h`. */
export const DURATION_PATTERN = /^(\d{1,7})(ms|s|m|h)$/;

/** Milliseconds of `text`; undefined if it is not a whole number followed by ms, s, m or h. */
export function durationMs(text: string): number | undefined {
  const match = DURATION_PATTERN.exec(text);
  if (match === null) return undefined;
  const [, count = '', unit = ''] = match;
  return Number(count) * (MS_PER_UNIT[unit] ?? Number.NaN);
}

/** Milliseconds of a text that the schema has already accepted as a duration. */
export function knownDurationMs(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw new RangeError(`expected a duration; found ${text}`);
  return ms;
}

/** `ms` in the largest unit in which it is whole: 120000 is `2m`. */
export function durationText(ms: number): string {
  for (const unit of ['h', 'm', 's']) {
    const msPerUnit = MS_PER_UNIT[unit] ?? Number.NaN;
    if (ms > 0 && ms % msPerUnit === 0) return `${ms / msPerUnit}${unit}`;
  }
  return `${ms}ms`;
}
