/** One request of perf-ci.yml, with or without a row of data, to the bytes that are sent. */

import type { RequestSpec } from '../domain/benchmark.ts';
import type { DataRow } from './data-file.ts';
import { aroundPlaceholders, PLACEHOLDER_SOURCE, replacePlaceholders } from './placeholders.ts';
import type { RepositoryFiles } from './repository-files.ts';
import { httpMethod } from './request-rules.ts';
import type { RequestYml } from './request-schema.ts';
import { encodeUrlPath } from './url-path.ts';

/** A request as it is written, apart from how often it is sent. */
export type RequestTemplate = Omit<RequestYml, 'weight'> & { weight?: number };

/** How placeholders are treated. */
export interface Filling {
  files: RepositoryFiles;
  /** The row whose values are put in. */
  row?: DataRow | undefined;
  /** Whether what is left stands for captured values and must stay as it is written. */
  keepsPlaceholders: boolean;
}

/** The request as it is sent. Files that it names must have been read. */
export function fillRequest(request: RequestTemplate, filling: Filling): RequestSpec {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name.toLowerCase(),
      put(value, filling, (text) => text),
    ]),
  );
  const content = contentOf(request, filling, headers['content-type']);
  if (content.type !== undefined) headers['content-type'] ??= content.type;
  const { weight = 1, expect } = request;
  return {
    method: httpMethod(request.method) ?? 'GET',
    path: around(put(request.path, filling, encodeURIComponent), filling, encodeUrlPath),
    headers,
    ...(content.body === undefined ? {} : { body: content.body }),
    ...(content.bodyBase64 === undefined ? {} : { bodyBase64: content.bodyBase64 }),
    ...(weight === 1 ? {} : { weight }),
    ...(expect === undefined ? {} : { expect }),
  };
}

interface Content {
  body?: string | undefined;
  bodyBase64?: string;
  /** Its content type, unless the request gives one. */
  type?: string;
}

function contentOf(request: RequestTemplate, filling: Filling, contentType: string | undefined): Content {
  const { body, body_file: file, body_base64: base64, form } = request;
  if (base64 !== undefined) return { bodyBase64: base64 };
  if (form !== undefined) return { body: formBody(form, filling), type: 'application/x-www-form-urlencoded' };
  if (file !== undefined && request.binary === true)
    return { bodyBase64: filling.files.knownBytes(file).toString('base64') };
  const text = file === undefined ? body : filling.files.known(file);
  if (text === undefined) return {};
  if (typeof text === 'string')
    return { body: put(text, filling, isJson(text, contentType) ? jsonEscaped : (value) => value) };
  return { body: putIntoJson(JSON.stringify(text), filling), type: 'application/json' };
}

/** By its content type, or, without one, by its beginning, unless that is a placeholder. */
function isJson(text: string, contentType: string | undefined): boolean {
  return contentType === undefined ? /^\s*(?:\[|\{(?!\{))/.test(text) : /\bjson\b/i.test(contentType);
}

/** `application/x-www-form-urlencoded` of the URL standard. */
function formBody(form: Readonly<Record<string, string>>, filling: Filling): string {
  const encoded = (text: string): string =>
    around(
      put(text, filling, (value) => value),
      filling,
      (part) => new URLSearchParams([['', part]]).toString().slice(1),
    );
  return Object.entries(form)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join('&');
}

/** `text` with the values of the row, each as `encode` writes it. */
function put(text: string, { row }: Filling, encode: (value: string) => string): string {
  if (row === undefined) return text;
  return replacePlaceholders(text, (name) =>
    Object.hasOwn(row, name) ? encode(asText(row[name])) : undefined,
  );
}

/** A text that is nothing but a placeholder becomes the value itself, so that numbers stay numbers. */
const IN_JSON = new RegExp(`(?<=^|[{[,:])"${PLACEHOLDER_SOURCE}"(?!:)`, 'g');

function putIntoJson(json: string, filling: Filling): string {
  const { row } = filling;
  if (row === undefined || !json.includes('{{')) return json;
  const whole = replacePlaceholders(
    json,
    (name) => {
      const isValue = Object.hasOwn(row, name) && typeof row[name] !== 'string';
      return isValue ? JSON.stringify(row[name]) : undefined;
    },
    IN_JSON,
  );
  return put(whole, filling, jsonEscaped);
}

/** `text` changed by `encode`, except placeholders that are filled in later. */
function around(text: string, { keepsPlaceholders }: Filling, encode: (part: string) => string): string {
  return keepsPlaceholders ? aroundPlaceholders(text, encode) : encode(text);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function jsonEscaped(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
