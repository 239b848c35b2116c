import { randomUUID } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { comment, example, pullRequest, push, withField, ZERO_SHA } from '../fixtures/payloads/payloads.ts';
import { type Delivery, OLD_SECRET, sign } from './door.ts';

/** Rows W1 to W19 of the bad inputs: what is sent, and what exactly is answered. */

export const OPENED = pullRequest('opened');
export const OPENED_BODY = Buffer.from(JSON.stringify(OPENED));
const RIGHT = sign(OPENED_BODY, 'any').slice(7);

interface Row {
  row: string;
  what: string;
  delivery: Delivery;
  status: number;
  /** Parts of the message, one a line. */
  message: string;
}

export const REFUSALS: Row[] = [
  refusal('W1', 'no signature', { headers: { 'X-Hub-Signature-256': undefined } }, 401, [
    'missing X-Hub-Signature-256',
  ]),
  refusal(
    'W1',
    'a SHA-1 signature only',
    { headers: { 'X-Hub-Signature-256': undefined, 'X-Hub-Signature': 'sha1=0123' } },
    401,
    ['sha256 signature required'],
  ),
  ...[
    ['63 digits', `sha256=${RIGHT.slice(1)}`],
    ['65 digits', `sha256=${RIGHT}0`],
    ['upper case', sign(OPENED_BODY, 'x').toUpperCase().replace('SHA256', 'sha256')],
    ['no hex', `sha256=${'g'.repeat(64)}`],
    ['an empty digest', 'sha256='],
    ['an empty header', ''],
    ['a wrong secret', sign(OPENED_BODY, 'wrong')],
  ].map(([what, value]) =>
    refusal('W2', what as string, { headers: { 'X-Hub-Signature-256': value } }, 401, [
      'X-Hub-Signature-256 does not match the body',
    ]),
  ),
  refusal(
    'W2',
    'two headers',
    { headers: { 'X-Hub-Signature-256': [sign(OPENED_BODY, OLD_SECRET), sign(OPENED_BODY, OLD_SECRET)] } },
    401,
    ['X-Hub-Signature-256 does not match the body'],
  ),
  refusal(
    'W3',
    'the right signature of the same JSON in other bytes',
    {
      body: JSON.stringify(OPENED, null, 2),
      headers: { 'X-Hub-Signature-256': sign(OPENED_BODY, OLD_SECRET) },
    },
    401,
    ['X-Hub-Signature-256 does not match the body'],
  ),
  refusal('W4', 'invalid UTF-8', { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) }, 400, [
    'body is not UTF-8 JSON',
  ]),
  refusal('W4', 'a byte order mark', { body: `\uFEFF${JSON.stringify(OPENED)}` }, 400, [
    'body is not UTF-8 JSON',
  ]),
  ...[
    ['application/x-www-form-urlencoded', 'found "application/x-www-form-urlencoded"'],
    ['text/plain', 'found "text/plain"'],
    ['application/json; charset=utf-16', 'found "application/json; charset=utf-16"'],
    [undefined, 'found nothing'],
  ].map(([type, found]) =>
    refusal('W5', `content type ${String(type)}`, { headers: { 'Content-Type': type } }, 415, [
      'set the webhook content type to application/json, ',
      found as string,
    ]),
  ),
  refusal('W7', 'gzip', { body: gzipSync('{}'), headers: { 'Content-Encoding': 'gzip' } }, 415, [
    'compressed bodies not accepted',
  ]),
  refusal('W7', 'br', { body: brotliCompressSync('{}'), headers: { 'Content-Encoding': 'br' } }, 415, [
    'compressed bodies not accepted',
  ]),
  ...['{"a":', 'null', '[]', '"x"', '1', '{} x', ''].map((body) =>
    refusal('W8', `body ${JSON.stringify(body)}`, { body }, 400, ['JSON object expected']),
  ),
  refusal('W9', '50,000 levels', { body: `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}` }, 400, [
    'JSON object of at most 64 levels, 60,000 keys and 1,000,000 values expected',
  ]),
  refusal('W9', 'a million keys', { body: manyKeys(1_000_000) }, 400, [
    'JSON object of at most 64 levels, 60,000 keys and 1,000,000 values expected',
  ]),
  ...[
    ['none', undefined, 'nothing'],
    ['no UUID', '12345', '"12345"'],
    ['a UUID with a line break spelled out', `${randomUUID()}%0d%0aX-Evil: 1`, '"'],
    ['10 kB', 'a'.repeat(10_240), '…"'],
    ['two', [randomUUID(), randomUUID()], '"'],
  ].map(([what, value, found]) =>
    refusal('W10', `delivery id: ${what as string}`, { headers: { 'X-GitHub-Delivery': value } }, 400, [
      'X-GitHub-Delivery must be a UUID, found ',
      found as string,
    ]),
  ),
  refusal('W10', 'no event', { headers: { 'X-GitHub-Event': undefined } }, 400, [
    'X-GitHub-Event must name an event, found nothing',
  ]),
  ...[
    ['push', OPENED],
    ['pull_request', push()],
    ['pull_request', comment('/perf run')],
    ['issue_comment', OPENED],
    ['check_run', OPENED],
    ['installation_repositories', example('installation', 'created')],
    ['ping', OPENED],
  ].map(([event, payload]) =>
    refusal('W12', `${event as string} with another body`, { event, payload } as Delivery, 422, [
      `payload does not match event ${event as string}`,
    ]),
  ),
  ...[
    ['"7"', '7'],
    ['-1', -1],
    ['1.5', 1.5],
    ['9007199254740992', 2 ** 53],
    ['null', null],
    ['0', 0],
    ['nothing', undefined],
    ['an object', {}],
    ['a list', [1]],
  ].flatMap(([found, value]) => [
    fieldRefusal('W14', 'pull_request.number', value, 'positive integer', found as string),
    fieldRefusal('W14', 'repository.id', value, 'positive integer', found as string),
  ]),
  refusal('W16', 'no installation', { payload: withField(OPENED, 'installation', undefined) }, 422, [
    'install the GitHub App',
  ]),
  ...[
    ['39 digits', 'a'.repeat(39)],
    ['41 digits', 'a'.repeat(41)],
    ['upper case', 'A'.repeat(40)],
    ['an option', '-x'],
    ['all zero', ZERO_SHA],
  ].map(([what, value]) => ({
    ...fieldRefusal('W17', 'pull_request.head.sha', value, '40 lower-case hex', `"${value}"`),
    what: `head sha: ${what}`,
  })),
  refusal('W17', 'a push of no commit name', { event: 'push', payload: push({ after: '-x' }) }, 422, [
    'after: 40 lower-case hex expected, found "-x"',
  ]),
  ...['GET', 'PUT', 'OPTIONS', 'DELETE', 'PATCH'].map((method) =>
    refusal('W19', method, { method }, 405, ['POST expected']),
  ),
];

function refusal(row: string, what: string, delivery: Delivery, status: number, message: string[]): Row {
  return { row, what, delivery: { payload: OPENED, ...delivery }, status, message: message.join('\n') };
}

function fieldRefusal(row: string, path: string, value: unknown, rule: string, found: string): Row {
  const payload = withField(OPENED, path, value);
  return refusal(row, `${path} = ${found}`, { payload }, 422, [`${path}: ${rule} expected, found ${found}`]);
}

function manyKeys(count: number): string {
  return `{${Array.from({ length: count }, (_, at) => `"k${at}":1`).join(',')}}`;
}
