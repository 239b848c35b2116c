/** Which placeholders may stand in the requests of a scenario. */

import type { DataRows } from './data-file.ts';
import { found } from './found.ts';
import { collectPlaceholders, unknownPlaceholder, type PlacedName } from './placeholders.ts';
import type { ConfigPath, Finding } from './problem.ts';
import { requestsIn } from './scenario-rules.ts';
import { mappingAt, textsIn, type Mapping } from './unchecked.ts';

/** The placeholders of requests, each name once with its first place. */
export interface PlacedPlaceholders {
  inRequests: Map<string, PlacedName>;
  /** In the set-up request, which is sent before there is any value. */
  inSetup: Map<string, PlacedName>;
}

/** Where a scenario has its names from. */
export interface PlaceholderUse {
  scenario: Mapping;
  /** Undefined where there is none, or none that can be used. */
  data: DataRows | undefined;
}

/** More unknown names than this in one scenario are not listed. */
const MAX_LISTED = 10;

/** Keys of a request in which placeholders are looked for. */
const TEMPLATED = ['path', 'headers', 'body', 'form'] as const;

/** What stands in the requests of `holder`, a scenario or a requests file; `namesOfText` looks into a body file. */
export function placeholdersIn(
  path: ConfigPath,
  holder: unknown,
  namesOfText: (path: unknown) => readonly string[],
): PlacedPlaceholders {
  const placed: PlacedPlaceholders = { inRequests: new Map(), inSetup: new Map() };
  for (const { path: place, request } of requestsIn(path, holder)) {
    const places = place.at(-2) === 'setup' ? placed.inSetup : placed.inRequests;
    for (const key of TEMPLATED) collectPlaceholders([...place, key], request[key], places);
    if (request['binary'] === true) continue;
    for (const name of namesOfText(request['body_file']))
      if (!places.has(name)) places.set(name, { name, path: [...place, 'body_file'] });
  }
  return placed;
}

/** Findings over placeholders that mean nothing; nothing is said where the data file could not be read. */
export function objectToPlaceholders(placed: PlacedPlaceholders, use: PlaceholderUse): Finding[] {
  if ('data_file' in use.scenario && use.data === undefined) return [];
  const names = [...(use.data?.columns ?? []), ...capturedNames(use.scenario)];
  const known = new Set(names);
  const unknown = Array.from(placed.inRequests.values()).filter(({ name }) => !known.has(name));
  return [
    ...unknown.slice(0, MAX_LISTED).map((place) => unknownPlaceholder(place, names)),
    ...Array.from(placed.inSetup.values(), (place) => unknownPlaceholder(place, [])).slice(0, MAX_LISTED),
  ];
}

/** One name must not mean two things, and no row may smuggle in what is replaced later. */
export function clashes(path: ConfigPath, { scenario, data }: PlaceholderUse): Finding[] {
  if (data === undefined) return [];
  const captured = capturedNames(scenario);
  const place = [...path, 'data_file'];
  const twice = captured
    .filter((name) => data.columns.includes(name))
    .map((name) => ({
      path: place,
      message: `expected columns unlike captured values; found ${found(name)} in both`,
    }));
  if (captured.length === 0 || !data.hasBraces) return twice;
  const message = 'expected no {{ in values beside a set-up request; found one';
  return [...twice, { path: place, message, fix: 'it would be taken for a captured value' }];
}

function capturedNames(scenario: Mapping): string[] {
  return textsIn([], mappingAt(scenario, 'setup'), 'capture', 'name').flatMap(({ key }) => key ?? []);
}
