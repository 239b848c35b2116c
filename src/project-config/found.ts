import { clip } from '../domain/errors.ts';

/** A value as a message shows it: text in quotes, collections by their kind, 80 characters at most. */
export function found(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `"${clip(value)}"`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return 'a mapping';
}

/** "expected …; found …", or "missing; expected …" where there is no value at all. */
export function expectation(expected: string, value: unknown): string {
  return value === undefined
    ? `missing; expected ${expected}`
    : `expected ${expected}; found ${found(value)}`;
}
