import { clip, PerfCiError } from '../../domain/errors.ts';

/** Longer pointers are a mistake, not a place in a document. */
const LONGEST_POINTER = 1_000;
const ARRAY_INDEX = /^(?:0|[1-9]\d{0,8})$/;

/**
 * The reference tokens of a JSON pointer, `''` being the whole document (RFC 6901, "JavaScript Object Notation (JSON)
 * Pointer", DOI 10.17487/RFC6901).
 * @throws PerfCiError `json-pointer` for text that is no pointer
 */
export function parseJsonPointer(pointer: string): string[] {
  const isPointer = pointer === '' || pointer.startsWith('/');
  if (!isPointer || pointer.length > LONGEST_POINTER || /~(?![01])/.test(pointer)) {
    throw new PerfCiError(
      'json-pointer',
      `expected a JSON pointer such as /items/0/id, found ${clip(JSON.stringify(pointer))}`,
      { blame: 'config', remedy: 'begin it with /, write ~ as ~0 and / within a key as ~1' },
    );
  }
  // ~1 first: ~01 stands for the two characters ~1.
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * The value that `pointer` leads to in a parsed JSON document; undefined when there is none.
 * @param pointer as text, or already parsed where it is used often
 * @throws PerfCiError `json-pointer` for text that is no pointer
 */
export function readJsonPointer(document: unknown, pointer: string | readonly string[]): unknown {
  const tokens = typeof pointer === 'string' ? parseJsonPointer(pointer) : pointer;
  let value = document;
  for (const token of tokens) {
    if (Array.isArray(value))
      value = ARRAY_INDEX.test(token) ? (value as unknown[])[Number(token)] : undefined;
    // Own keys only: `/constructor` is no part of a document.
    else if (isRecord(value) && Object.hasOwn(value, token)) value = value[token];
    else return undefined;
  }
  return value;
}

/**
 * The finite number that `pointer` leads to; undefined where there is none.
 * @throws PerfCiError `json-pointer` for text that is no pointer
 */
export function readJsonNumber(document: unknown, pointer: string | readonly string[]): number | undefined {
  const value = readJsonPointer(document, pointer);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
