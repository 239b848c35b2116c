import { isUtf8 } from 'node:buffer';
import { PROBLEMS, type Problem } from './problem.ts';

/**
 * Bounds of what is parsed. Distinct keys are what costs: 60,000 take some 25 ms of event loop, a million near a
 * second. GitHub's largest push (2,048 commits) has about 40,000 keys and 6 levels; its values are file names.
 */
const MAX_LEVELS = 64;
const MAX_KEYS = 60_000;
const MAX_VALUES = 1_000_000;

export type JsonObject = Record<string, unknown>;

/** `body` as a JSON object, or why it is not taken. Work is linear in the bytes and bounded; never throws. */
export function parseBoundedJson(
  body: Buffer,
): { state: 'ok'; value: JsonObject } | { state: 'refused'; problem: Problem } {
  if (!isUtf8(body) || startsWithByteOrderMark(body)) return { state: 'refused', problem: PROBLEMS.notUtf8 };
  if (!isWithinBounds(body)) return { state: 'refused', problem: PROBLEMS.tooIntricate };

  const value = parse(body);
  return isJsonObject(value) ? { state: 'ok', value } : { state: 'refused', problem: PROBLEMS.notObject };
}

/** Whether `value` is a JSON object, not null and not a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function startsWithByteOrderMark(body: Buffer): boolean {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Counts levels, keys and values without building anything. On text that is not JSON the counts may be off,
 * but only behind the first error, which is where JSON.parse stops.
 */
function isWithinBounds(body: Buffer): boolean {
  let levels = 0;
  let keys = 0;
  let values = 0;
  for (let at = 0; at < body.length; at += 1) {
    switch (body[at]) {
      case QUOTE:
        at = endOfString(body, at);
        break;
      case COLON:
        keys += 1;
        break;
      case COMMA:
        values += 1;
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        levels += 1;
        values += 1;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        levels -= 1;
        break;
      default:
    }
    if (levels > MAX_LEVELS || keys > MAX_KEYS || values > MAX_VALUES) return false;
  }
  return true;
}

/** Index of the quote that ends the string which starts at `start`, or the end of the body. */
function endOfString(body: Buffer, start: number): number {
  let at = start + 1;
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return at;
}
