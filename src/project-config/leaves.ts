/** The kinds of values in perf-ci.yml, each with its words, bounds and example in one place. */

import { z } from 'zod';
import { DURATION_PATTERN, durationMs } from './duration.ts';
import { expecting, obeying } from './objection.ts';
import { FILE_RULE, objectToFilePath, objectToPointer, POINTER_RULE } from './text-rules.ts';

/** What the schema says about a key beside its type; `bounds` is in words, for the reference page. */
export interface About {
  description: string;
  example?: unknown;
  bounds?: string;
  /** Its keys are those of this other place, where they are described. */
  like?: string;
}

function meta(about: About): Record<string, unknown> {
  return {
    description: about.description,
    ...(about.example === undefined ? {} : { examples: [about.example] }),
    ...(about.bounds === undefined ? {} : { bounds: about.bounds }),
    ...(about.like === undefined ? {} : { like: about.like }),
  };
}

/** `schema` with its description, example and bounds. */
export function described<S extends z.ZodType>(schema: S, about: About): S {
  return schema.meta(meta(about));
}

/** A mapping with exactly these keys. */
export function mapping<Shape extends z.ZodRawShape>(
  shape: Shape,
  about: About,
): z.ZodObject<Shape, z.core.$strict> {
  return described(z.strictObject(shape, expecting('a mapping of keys to values')), about);
}

/** How many values a list may hold, and what one and many of them are called in messages. */
export interface ListSize {
  min: 0 | 1;
  max: number;
  one: string;
  many: string;
}

/** A list of `size.min` to `size.max` values. */
export function list<S extends z.ZodType>(item: S, size: ListSize, about: About): z.ZodArray<S> {
  const { min, max, one, many } = size;
  const tooMany = (input: unknown): string =>
    `expected at most ${count(max)} ${many}; found ${Array.isArray(input) ? count(input.length) : 'more'}`;
  return described(
    z
      .array(item, expecting(`a list of ${many}`))
      .min(min, expecting(`at least one ${one}`))
      .max(max, { error: (issue) => tooMany(issue.input) }),
    { bounds: `${min} to ${count(max)} ${many}`, ...about },
  );
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number, about: About): z.ZodNumber {
  const words = expecting(`a whole number from ${count(min)} to ${count(max)}`);
  return described(z.int(words).min(min, words).max(max, words), {
    ...about,
    bounds: `${count(min)} to ${count(max)}`,
  });
}

/** A duration from `min` to `max`, both as written in the file; see {@link durationMs}. */
export function duration(min: string, max: string, about: About & { example: string }): z.ZodString {
  const words = expecting(`a duration of ${min} to ${max}, e.g. ${about.example}`);
  const [minMs = Number.NaN, maxMs = Number.NaN] = [durationMs(min), durationMs(max)];
  const isWithin = (text: string): boolean => {
    const ms = durationMs(text);
    return ms !== undefined && ms >= minMs && ms <= maxMs;
  };
  const schema = z.string(words).regex(DURATION_PATTERN, words).refine(isWithin, words);
  return described(schema, { ...about, bounds: `${min} to ${max}` });
}

/** True or false. */
export function flag(about: About): z.ZodBoolean {
  return described(z.boolean(expecting('true or false')), { bounds: 'true or false', ...about });
}

/** A file of the measured repository, relative to its root. */
export function file(about: About): z.ZodString {
  const schema = z.string(expecting(FILE_RULE)).superRefine(obeying(objectToFilePath));
  return described(schema, { bounds: FILE_RULE, ...about });
}

/** A JSON pointer (RFC 6901). */
export function pointer(about: About): z.ZodString {
  const schema = z.string(expecting(POINTER_RULE)).superRefine(obeying(objectToPointer));
  return described(schema, { bounds: 'a JSON pointer (RFC 6901)', ...about });
}

/** A text of 1 to `max` characters on one line; `what` names it in messages. */
export function line(what: string, max: number, about: About): z.ZodString {
  const words = expecting(`${what} of 1 to ${count(max)} characters on one line`);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  const oneLine = /^[^\u0000-\u001f\u007f]*$/;
  const schema = z.string(words).min(1, words).max(max, words).regex(oneLine, words);
  return described(schema, { bounds: `1 to ${count(max)} characters`, ...about });
}

/** A text that `pattern` matches; `rule` says what that is. */
export function matching(rule: string, pattern: RegExp, about: About): z.ZodString {
  return described(z.string(expecting(rule)).regex(pattern, expecting(rule)), { bounds: rule, ...about });
}

/** 1200 as `1,200`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}
