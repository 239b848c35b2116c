/**
 * `{{name}}` in requests. It stands for a column of the scenario's data file, put in when the configuration is
 * read, or for a value that its set-up request captures, put in when the requests are sent. In a scenario with
 * neither, braces are text like any other.
 */

import { found } from './found.ts';
import { nearest } from './nearest.ts';
import type { ConfigPath, Finding } from './problem.ts';

/**
 * A placeholder as text of a regular expression with the name as its group. No quote, backslash or line break: JSON
 * writes a name as it is, and an end is never far from its beginning.
 */
export const PLACEHOLDER_SOURCE = String.raw`\{\{([^{}"\\\u0000-\u001f]{0,100})\}\}`;

const PLACEHOLDER = new RegExp(PLACEHOLDER_SOURCE, 'g');

/** Why `name` cannot be a column; undefined if it can. */
export function objectToColumn(name: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  const fits = /^[^{}"\\\u0000-\u001f]{1,100}$/.test(name) && name.trim() === name;
  return fits
    ? undefined
    : 'column names of 1 to 100 characters without { } " \\, that neither start nor end with a space';
}

/** Longer than anything that may be sent, in characters: what is longer is refused for its length. */
const MAX_FILLED = 2 * 1_048_576;

/**
 * `text` with every placeholder replaced by what `valueOf` gives for its name; undefined leaves it. `pattern` has the
 * name as its first group. A few bytes of text and of value can stand for gigabytes, so replacing stops where the
 * result has become too long to be sent.
 */
export function replacePlaceholders(
  text: string,
  valueOf: (name: string) => string | undefined,
  pattern: RegExp = PLACEHOLDER,
): string {
  if (!text.includes('{{')) return text;
  let result = '';
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const [whole, name = ''] = match;
    result += text.slice(from, match.index) + (valueOf(name) ?? whole);
    from = match.index + whole.length;
    if (result.length > MAX_FILLED) return result;
  }
  return result + text.slice(from);
}

/** The names in `text`, in their order, each once. */
export function distinctNames(text: string): string[] {
  if (!text.includes('{{')) return [];
  return [...new Set(Array.from(text.matchAll(PLACEHOLDER), ([, name = '']) => name))];
}

/** The parts of `text` between placeholders mapped by `change`; the placeholders stay. */
export function aroundPlaceholders(text: string, change: (part: string) => string): string {
  let result = '';
  let from = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    result += change(text.slice(from, match.index)) + match[0];
    from = match.index + match[0].length;
  }
  return result + change(text.slice(from));
}

/** A placeholder, and the first place at which it stands. */
export interface PlacedName {
  name: string;
  path: ConfigPath;
}

/** Adds what stands in `value`, a text or what holds texts, to `places`, each name once. */
export function collectPlaceholders(path: ConfigPath, value: unknown, places: Map<string, PlacedName>): void {
  if (typeof value === 'string') {
    for (const name of distinctNames(value)) if (!places.has(name)) places.set(name, { name, path });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    const place = [...path, Array.isArray(value) ? Number(key) : key];
    if (!Array.isArray(value)) collectPlaceholders(place, key, places);
    collectPlaceholders(place, inner, places);
  }
}

/** The finding for a placeholder that none of `names` is meant by. */
export function unknownPlaceholder({ path, name }: PlacedName, names: readonly string[]): Finding {
  const near = nearest(name.trim(), names);
  const known = names.slice(0, 20).map((candidate) => `{{${candidate}}}`);
  return {
    path,
    message: `unknown placeholder ${found(`{{${name}}}`)}${near === undefined ? '' : `; did you mean ${found(`{{${near}}}`)}?`}`,
    fix:
      names.length === 0
        ? 'no value is known before this request has its answer'
        : `known here: ${known.join(', ')}`,
  };
}
