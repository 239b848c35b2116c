import type { RequestSpec } from '../../domain/benchmark.ts';

/** What a set-up request captured, by name. */
export type Captured = ReadonlyMap<string, string>;

const PLACEHOLDER = /\{\{([^{}]{1,100})\}\}/g;
/** What Node puts into a header as it is: visible ASCII, blank and tab. */
const HEADER_TEXT = /^[\t\x20-\x7e]*$/;

/** Half a surrogate pair, which JSON can hold, has no UTF-8 to be encoded. */
function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function fill(text: string, captured: Captured, encode: (value: string) => string): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => {
    const value = captured.get(name);
    // A body may hold such brackets of its own.
    return value === undefined ? whole : encode(value);
  });
}

function bodyEncoding(spec: RequestSpec): (value: string) => string {
  const header = Object.entries(spec.headers).find(([name]) => name.toLowerCase() === 'content-type');
  const type = header?.[1] ?? (/^\s*[[{]/.test(spec.body ?? '') ? 'application/json' : '');
  if (/\bjson\b/i.test(type)) return (value) => JSON.stringify(value).slice(1, -1);
  if (/x-www-form-urlencoded/i.test(type)) return percentEncoded;
  return (value) => value;
}

/**
 * `spec` with what was captured in place of each `{{name}}`: percent-encoded in the path and in form bodies, escaped
 * inside the strings of JSON bodies, as it is in headers and other bodies. Names that were not captured stay as they are, and
 * so do binary bodies.
 * @throws RangeError when a value cannot stand in a header
 */
export function withCaptured(spec: RequestSpec, captured: Captured): RequestSpec {
  if (captured.size === 0) return spec;
  const headers: Record<string, string> = {};
  for (const [name, template] of Object.entries(spec.headers)) {
    const value = fill(template, captured, (text) => text);
    if (!HEADER_TEXT.test(value))
      throw new RangeError(`expected ASCII text for the header ${name}, found other characters`);
    headers[name] = value;
  }
  return {
    ...spec,
    path: fill(spec.path, captured, percentEncoded),
    headers,
    ...(spec.body === undefined ? {} : { body: fill(spec.body, captured, bodyEncoding(spec)) }),
  };
}
