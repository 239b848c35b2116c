/** Looking into data that the schema has not accepted: rules across keys speak even where it found something else. */

import { found } from './found.ts';
import type { ConfigPath, Finding } from './problem.ts';

/** A mapping of unknown content. */
export type Mapping = Readonly<Record<string, unknown>>;

/** Whether `value` is a mapping. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mapping at `key` of `holder`; undefined if there is none. */
export function mappingAt(holder: unknown, key: string): Mapping | undefined {
  const value = isMapping(holder) ? holder[key] : undefined;
  return isMapping(value) ? value : undefined;
}

/** The mappings in the list at `key` of `holder`, with their indexes. */
export function mappingsIn(holder: unknown, key: string): { index: number; mapping: Mapping }[] {
  const values = isMapping(holder) ? holder[key] : undefined;
  if (!Array.isArray(values)) return [];
  return values.flatMap((value: unknown, index) => (isMapping(value) ? [{ index, mapping: value }] : []));
}

/** A finding where `holder` has more than one of `keys`, at the second one. */
export function atMostOne(path: ConfigPath, holder: Mapping, keys: readonly string[]): Finding[] {
  const given = keys.filter((key) => key in holder);
  const [, second] = given;
  if (second === undefined) return [];
  const message = `expected one of ${keys.join(', ')}; found ${given.join(' and ')}`;
  return [{ path: [...path, second], at: 'key', message }];
}

/** The same, and a finding where it has none of them. */
export function exactlyOne(
  path: ConfigPath,
  holder: Mapping,
  keys: readonly [string, ...string[]],
): Finding[] {
  if (keys.some((key) => key in holder)) return atMostOne(path, holder, keys);
  return [{ path: [...path, keys[0]], message: `missing; expected one of ${keys.join(', ')}` }];
}

/** A finding for every key that another entry before it has. */
export function duplicates(
  entries: readonly { path: ConfigPath; key: string | undefined }[],
  what: string,
  fix: string,
): Finding[] {
  const seen = new Set<string>();
  return entries.flatMap(({ path, key }) => {
    if (key === undefined) return [];
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ path, message: `${what} ${found(key)}`, fix }];
  });
}

/** The texts at `key` of mappings of the list `list`, for {@link duplicates}. */
export function textsIn(
  path: ConfigPath,
  holder: unknown,
  list: string,
  key: string,
): { path: ConfigPath; key: string | undefined }[] {
  return mappingsIn(holder, list).map(({ index, mapping }) => {
    const text = mapping[key];
    return {
      path: [...path, list, index, key],
      key: typeof text === 'string' ? text.normalize('NFC') : undefined,
    };
  });
}
