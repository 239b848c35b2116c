import { z } from 'zod';

/**
 * The few kinds of field that are read out of a payload. Each fails with its own rule as the whole message, so
 * that a refusal can say `path: rule`. Keys that are not named are dropped, whatever they are called.
 */

const SHA = /^[0-9a-f]{40}$/;
const NO_COMMIT = '0'.repeat(40);
const FULL_NAME = /^[\w.-]{1,100}\/[\w.-]{1,100}$/;
const LOGIN = /^[\w.-]{1,100}(\[bot\])?$/;
/** GitHub's own limit of a comment; what is longer is cut, a command stands at the top or nowhere. */
const MAX_COMMENT_CHARACTERS = 65_536;

function text(rule: string, accepts: (value: string) => boolean): z.ZodType<string> {
  return z.custom<string>((value) => typeof value === 'string' && accepts(value), { error: rule });
}

/** A number of GitHub's that JSON.parse kept exact (below 2^53), as a string from here on. */
export const id = z
  .custom<number>((value) => Number.isSafeInteger(value) && (value as number) > 0, {
    error: 'positive integer',
  })
  .transform(String);

/** A pull request or issue number; stored in four bytes. */
export const number = z.custom<number>(
  (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31,
  { error: 'positive integer' },
);

/** A commit that exists: 40 lower-case hex, not all zero. */
export const sha = text('40 lower-case hex', (value) => SHA.test(value) && value !== NO_COMMIT);

/** A commit, or all zero for "none" as pushes write it; the latter becomes undefined. */
export const shaOrNone = text('40 lower-case hex', (value) => SHA.test(value)).transform((value) =>
  value === NO_COMMIT ? undefined : value,
);

export const fullName = text('owner/name', (value) => FULL_NAME.test(value));
export const login = text('login', (value) => LOGIN.test(value));
export const flag = z.custom<boolean>((value) => typeof value === 'boolean', { error: 'true or false' });

/** A branch or ref name: shown and compared, never handed to a command. */
export const ref = text(
  'ref of 1 to 1024 characters without control characters',
  (value) => value.length >= 1 && value.length <= 1024 && !/\p{Cc}/u.test(value),
);

export const commentBody = z
  .custom<string | null>((value) => typeof value === 'string' || value === null, { error: 'text' })
  .transform((value) => (value ?? '').slice(0, MAX_COMMENT_CHARACTERS));

/** A JSON object with these keys. */
export function object<T extends z.ZodRawShape>(shape: T): z.ZodObject<T> {
  return z.object(shape, { error: 'object' });
}

/** A JSON list of these. */
export function list<T extends z.ZodType>(item: T): z.ZodArray<T> {
  return z.array(item, { error: 'list' });
}
