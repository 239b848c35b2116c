import hdr from 'hdr-histogram-js';
import type { ZodType } from 'zod';
import { clip, PerfCiError } from '../domain/errors.ts';
import type { Pair, Trial } from '../domain/trial.ts';
import type { BareCase } from './judge-case.ts';
import { bareCaseSchema, MAX_LINE_LENGTH, recordedPairSchema } from './recorded-schema.ts';

/** One line of input, understood. */
export type RecordedLine = { form: 'pair'; pair: Pair } | { form: 'case'; bare: BareCase };

/**
 * Parses one line of `perf-ci judge`.
 *
 * @param lineNo 1-based, for messages
 * @throws PerfCiError `recorded-line-invalid` with the line, the field, what was expected and what was found
 */
export function parseRecordedLine(line: string, lineNo: number): RecordedLine {
  if (line.length > MAX_LINE_LENGTH) {
    throw invalid(lineNo, '', `expected at most ${MAX_LINE_LENGTH} characters`, `${line.length} of them`);
  }
  const value = parseJson(line, lineNo);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(lineNo, '', 'expected one JSON object', clip(line.trim(), 40));
  }
  if (Object.hasOwn(value, 'case')) {
    return { form: 'case', bare: validate(bareCaseSchema, value, lineNo) };
  }
  const { schemaVersion: _, ...rest } = validate(recordedPairSchema, value, lineNo);
  const pair = withoutUndefined(rest) satisfies Pair;
  for (const side of ['base', 'head'] as const) {
    const outcome = pair[side];
    if (outcome.state === 'ok') checkHistogram(outcome.trial, `${side}.trial.histogram`, lineNo);
  }
  return { form: 'pair', pair };
}

/** What is optional and missing is a key too many; zod leaves it undefined. */
type Defined<T> = T extends (infer Item)[]
  ? Defined<Item>[]
  : T extends object
    ? { [K in keyof T]: Defined<Exclude<T[K], undefined>> }
    : T;

function withoutUndefined<T>(value: T): Defined<T> {
  // Whatever was parsed from JSON can be written as JSON again, and undefined cannot.
  return JSON.parse(JSON.stringify(value)) as Defined<T>;
}

function parseJson(line: string, lineNo: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    const number = /[[:,]\s*(-?(?:NaN|Infinity))\b/.exec(line);
    if (number !== null) throw invalid(lineNo, '', 'expected a finite number >= 0', number[1] as string);
    throw invalid(lineNo, '', 'expected one complete JSON object', clip(line.trim(), 40));
  }
}

function validate<T>(schema: ZodType<T>, value: object, lineNo: number): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  const where = path.join('.');
  // Of a wrong key the message is one level down, and what was found is the key itself.
  if (issue?.code === 'invalid_key') {
    const expected = issue.issues[0]?.message ?? 'expected another key';
    throw invalid(lineNo, where, expected, clip(String(path.at(-1)), 40));
  }
  throw invalid(lineNo, where, issue?.message ?? 'expected another shape', describe(dig(value, path)));
}

/** A histogram that counts other than the trial does belongs to another trial or was cut. */
function checkHistogram(trial: Trial, path: string, lineNo: number): void {
  if (trial.histogram === '') return;
  const total = countOf(trial.histogram);
  if (total !== trial.requests) {
    const found = total === undefined ? 'one that cannot be read' : `${total}`;
    throw invalid(lineNo, path, `inconsistent histogram: expected ${trial.requests} values`, found);
  }
}

function countOf(histogram: string): number | undefined {
  try {
    return hdr.decodeFromCompressedBase64(histogram).totalCount;
  } catch {
    return undefined;
  }
}

function dig(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

function describe(found: unknown): string {
  if (found === undefined) return 'nothing';
  if (typeof found === 'number') return String(found);
  return clip(JSON.stringify(found), 40);
}

function invalid(lineNo: number, path: string, expected: string, found: string): PerfCiError {
  const where = path === '' ? `line ${lineNo}` : `line ${lineNo}, ${path}`;
  return new PerfCiError('recorded-line-invalid', `${where}: ${expected}, found ${found}`, {
    remedy: 'Correct that line, or leave the whole recording out; nothing is judged from a broken one.',
    blame: 'usage',
    details: { lineNo, path },
  });
}
