/** What to say about a key that this version does not know. */

import { everyKey, knownKeys, type SchemaNode } from './json-schema.ts';
import { nearest } from './nearest.ts';
import type { ConfigPath, Finding } from './problem.ts';

/** Keys that people bring from other load tools, and what stands in their place. */
const HINTS: Readonly<Record<string, string>> = {
  url: 'give a path such as /api/items; the host is fixed',
  uri: 'give a path such as /api/items; the host is fixed',
  host: 'give a path such as /api/items; the host is fixed',
  pipelining: 'a connection has one request in flight, so there is no pipelining',
  duration: 'measured is the time of one pair, budget the time of all pairs',
};

/** A finding for the unknown `key` of the mapping at `path`. */
export function unknownKey(root: SchemaNode, path: ConfigPath, key: string): Finding {
  const known = knownKeys(root, path);
  const { hint, place } = suggestion(root, known, key);
  const knownHere = `known keys here: ${known.join(', ')}`;
  return {
    path: [...path, key],
    at: 'key',
    message: hint === undefined ? 'unknown key' : `unknown key; ${hint}`,
    fix: place === undefined ? knownHere : `it belongs in ${place}; ${knownHere}`,
  };
}

/** First what is known here, then what people bring from elsewhere, then what is known at another place. */
function suggestion(
  root: SchemaNode,
  known: readonly string[],
  key: string,
): { hint?: string; place?: string } {
  const near = nearest(key, known);
  if (near !== undefined) return { hint: `did you mean "${near}"?` };
  const hint = Object.hasOwn(HINTS, key) ? HINTS[key] : undefined;
  if (hint !== undefined) return { hint };
  const places = placesOfKeys(root);
  const meant = places.has(key) ? key : nearest(key, [...places.keys()]);
  const place = meant === undefined ? undefined : places.get(meant);
  if (meant === undefined || place === undefined) return {};
  return meant === key ? { place } : { hint: `did you mean "${meant}"?`, place };
}

const PLACES = new WeakMap<SchemaNode, Map<string, string>>();

/** Where each key of `root` belongs; a file may hold thousands of unknown keys, so it is found out once. */
function placesOfKeys(root: SchemaNode): ReadonlyMap<string, string> {
  const known = PLACES.get(root);
  if (known !== undefined) return known;
  const places = new Map(everyKey(root).map(({ path }) => [path.slice(path.lastIndexOf('.') + 1), path]));
  PLACES.set(root, places);
  return places;
}
