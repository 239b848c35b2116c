/**
 * What Postgres can hold of text and objects from outside. Neither `text` nor `jsonb` takes NUL, and `jsonb`
 * refuses half surrogate pairs; both occur in hostile input, and a refused insert would lose the whole row.
 */

/** `text` with each character that Postgres refuses replaced by U+FFFD. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

/** `value` as JSON for a `jsonb` parameter, strings and keys made storable. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'string') return storableText(part);
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [storableText(key), inner]));
  });
}

/** `row` without the properties that are undefined, as optional properties of exact types want it. */
export function withoutUndefined<T extends object>(row: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as T;
}
