/** Rules over the method, headers and body of a request. */

import type { HttpMethod } from '../domain/benchmark.ts';
import type { Objection } from './objection.ts';

/** Methods that may be sent. */
export const HTTP_METHODS: readonly HttpMethod[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
];

/** Headers that the load generator sets itself, or that change how a connection behaves. */
export const RESERVED_HEADERS: readonly string[] = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Largest header value, in characters. */
export const MAX_HEADER_VALUE = 4_096;

/** Largest request body, in bytes. */
export const MAX_BODY_BYTES = 1_048_576;

/** `text` as a method; case does not matter. Undefined if it is none that may be sent. */
export function httpMethod(text: string): HttpMethod | undefined {
  return HTTP_METHODS.find((method) => method === text.toUpperCase());
}

/** Methods are names of {@link HTTP_METHODS}, in any case. */
export function objectToMethod(text: string): Objection | undefined {
  return httpMethod(text) === undefined ? { expected: `one of ${HTTP_METHODS.join(', ')}` } : undefined;
}

/** Header names are tokens of RFC 9110. */
export function objectToHeaderToken(name: string): Objection | undefined {
  return /^[!#$%&'*+\-.^_`|~\w]{1,100}$/.test(name)
    ? undefined
    : { expected: 'a header name such as accept-language' };
}

/** Headers of requests are none of {@link RESERVED_HEADERS}. */
export function objectToHeaderName(name: string): Objection | undefined {
  const objection = objectToHeaderToken(name);
  if (objection !== undefined) return objection;
  if (!RESERVED_HEADERS.includes(name.toLowerCase())) return undefined;
  return { expected: 'no reserved header', fix: 'remove it: the load generator sets it' };
}

/** Header values are printable ASCII, so that every client sends the same bytes. */
export function objectToHeaderValue(value: string): Objection | undefined {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(value))
    return { expected: 'a header value without a control character' };
  if (!/^[\u0020-\u007e]*$/.test(value)) return { expected: 'a header value of ASCII characters' };
  if (value.length > MAX_HEADER_VALUE)
    return { expected: `a header value of at most ${MAX_HEADER_VALUE} characters` };
  return undefined;
}

/** A body is text, sent as it is, or JSON, sent compactly; numbers that would change on the way are refused. */
export function objectToBody(body: unknown): Objection | undefined {
  if (body === null) return { expected: 'a body', fix: 'remove the key, or write "null" in quotes' };
  if (typeof body === 'string') {
    if (!body.isWellFormed()) return { expected: 'a body of well-formed Unicode' };
    return Buffer.byteLength(body) > MAX_BODY_BYTES ? tooLarge() : undefined;
  }
  const changed = changedNumber(body);
  if (changed !== undefined) {
    return {
      expected: 'numbers that JSON keeps exactly',
      found: changed,
      fix: 'put the number in quotes, or write the whole body as text',
    };
  }
  return Buffer.byteLength(JSON.stringify(body)) > MAX_BODY_BYTES ? tooLarge() : undefined;
}

/** What bytes in a text must be, for messages. */
export const BASE64_RULE = 'base64 with its padding';

/** Base64 is that of RFC 4648 section 4, without line breaks, in the one form that encoding gives. */
export function objectToBase64(text: string): Objection | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) return { expected: BASE64_RULE };
  return bytes.length > MAX_BODY_BYTES ? tooLarge() : undefined;
}

/** Fields of forms are any Unicode; they are percent-encoded. */
export function objectToFormValue(value: string): Objection | undefined {
  if (!value.isWellFormed()) return { expected: 'a text of well-formed Unicode' };
  return Buffer.byteLength(value) > MAX_BODY_BYTES ? tooLarge() : undefined;
}

function tooLarge(): Objection {
  return { expected: `a body of at most ${MAX_BODY_BYTES} bytes` };
}

function changedNumber(value: unknown): number | undefined {
  if (typeof value === 'number') {
    const kept = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
    return kept ? undefined : value;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const inner of Object.values(value)) {
    const changed = changedNumber(inner);
    if (changed !== undefined) return changed;
  }
  return undefined;
}
