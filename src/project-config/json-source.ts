/** A JSON text to plain data, with the places of its keys and values found on demand. */

import { clip } from '../domain/errors.ts';
import { found } from './found.ts';
import { locateOffsets } from './position.ts';
import type { ConfigPath, Finding, LocatedFile } from './problem.ts';

/** What {@link readJson} found. */
export interface JsonSource extends LocatedFile {
  /** Undefined if the text is not JSON. */
  value: unknown;
  findings: Finding[];
}

const MAX_DEPTH = 64;

/** Reads a JSON text; duplicate keys, `__proto__` and deep nesting are findings. Never throws. */
export function readJson(file: string, text: string): JsonSource {
  const source: JsonSource = {
    file,
    value: undefined,
    findings: [],
    locate: (findings) => locateOffsets(text, offsetsOf(text, findings)),
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    source.findings.push(syntaxFinding(text));
    return source;
  }
  const keys: Set<string>[] = [];
  walk(text, (step) => {
    if (step.path.length > MAX_DEPTH) source.findings.push(tooDeep(step));
    if (step.part === 'key') source.findings.push(...keyFindings(step, keys));
    else keys.splice(step.path.length, Infinity, new Set());
    return source.findings.length < 20;
  });
  const tooNested = source.findings.some((finding) => finding.path.length > MAX_DEPTH);
  if (!tooNested) source.value = value;
  return source;
}

function syntaxFinding(text: string): Finding {
  const offset = syntaxErrorOffset(text);
  const rest = text.slice(offset, offset + 20);
  return {
    path: [],
    message: `expected JSON; found ${rest === '' ? 'the end of the file' : found(rest)}`,
    offset,
  };
}

/** Where the text stops being the beginning of some JSON. The engine tells the place of some errors only. */
function syntaxErrorOffset(text: string): number {
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isBeginningOfJson(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function isBeginningOfJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const said = error instanceof Error ? error.message : '';
    return (
      said.includes('end of JSON input') ||
      said.includes(`at position ${text.length} `) ||
      said.includes('Unterminated string')
    );
  }
}

function tooDeep(step: Step): Finding {
  return { path: [...step.path], message: `nested deeper than ${MAX_DEPTH} levels`, offset: step.offset };
}

function keyFindings(step: Step, keys: readonly Set<string>[]): Finding[] {
  const name = String(step.path.at(-1));
  const siblings = keys[step.path.length - 1];
  const place = { path: [...step.path], offset: step.offset };
  if (name === '__proto__')
    return [{ ...place, message: 'the key __proto__ is not allowed', fix: 'remove it' }];
  if (siblings?.has(name) === true) {
    return [{ ...place, message: `duplicate key "${clip(name)}"`, fix: 'keep one of them' }];
  }
  siblings?.add(name);
  return [];
}

/**
 * The offsets of the findings, or of the nearest things around them that exist, found in one walk: an index of
 * the whole file would be larger than the file.
 */
function offsetsOf(text: string, findings: readonly Finding[]): (number | undefined)[] {
  const wanted = new Set<string>();
  for (const { path } of findings.filter((finding) => finding.offset === undefined)) {
    for (let length = 0; length <= path.length; length += 1) {
      wanted.add(placeKey(path.slice(0, length), 'key')).add(placeKey(path.slice(0, length), 'value'));
    }
  }
  const places = new Map<string, number>();
  if (wanted.size > 0) {
    walk(text, ({ path, part, offset }) => {
      const key = placeKey(path, part);
      if (wanted.has(key) && !places.has(key)) places.set(key, offset);
      return path.length <= MAX_DEPTH;
    });
  }
  return findings.map((finding) => finding.offset ?? nearestOffset(finding, places));
}

function placeKey(path: ConfigPath, part: 'key' | 'value'): string {
  return JSON.stringify([part, ...path]);
}

function nearestOffset(finding: Finding, places: ReadonlyMap<string, number>): number | undefined {
  const part = finding.at ?? 'value';
  for (let length = finding.path.length; length >= 0; length -= 1) {
    const path = finding.path.slice(0, length);
    const offset = places.get(placeKey(path, part)) ?? places.get(placeKey(path, 'value'));
    if (offset !== undefined) return offset;
  }
  return undefined;
}

/** A key or the beginning of a value. The path is reused from step to step: copy it to keep it. */
interface Step {
  path: ConfigPath;
  part: 'key' | 'value';
  offset: number;
}

const TOKEN = /([{}[\],:])|("[^"\\]*(?:\\.[^"\\]*)*")|[^\s{}[\],:"]+/g;

/** Visits every key and value of a text that is known to be JSON, until `visit` returns false. */
function walk(text: string, visit: (step: Step) => boolean): void {
  const path: (string | number)[] = [];
  const isList: boolean[] = [];
  let expectsKey = false;
  for (const match of text.matchAll(TOKEN)) {
    const [, mark, quoted] = match;
    const offset = match.index;
    if (mark === ':') expectsKey = false;
    else if (mark === ',') {
      expectsKey = isList.at(-1) === false;
      if (!expectsKey) path.push(Number(path.pop()) + 1);
    } else if (mark === '}' || mark === ']') {
      path.pop();
      isList.pop();
      expectsKey = false;
    } else if (expectsKey && quoted !== undefined) {
      path.splice(isList.length - 1, 1, String(JSON.parse(quoted)));
      if (!visit({ path, part: 'key', offset })) return;
    } else {
      if (!visit({ path, part: 'value', offset })) return;
      if (mark === undefined) continue;
      isList.push(mark === '[');
      path.push(mark === '[' ? 0 : '');
      expectsKey = mark === '{';
    }
  }
}
