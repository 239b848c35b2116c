import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { RequestSpec } from '../../../src/domain/benchmark.ts';
import { withCaptured } from '../../../src/measure/load/placeholders.ts';
import { capturedValue } from '../../../src/measure/load/set-up.ts';
import { encodeHttp } from '../../../src/measure/load/wire.ts';

const spec = (changes: Partial<RequestSpec>): RequestSpec => ({
  method: 'POST',
  path: '/',
  headers: {},
  ...changes,
});

describe('what a set-up request captured', () => {
  it('is encoded also where it holds half a surrogate pair', () => {
    const filled = withCaptured(spec({ path: '/{{x}}' }), new Map([['x', 'a\ud800']]));
    expect(filled.path).toBe('/a%EF%BF%BD');
  });

  it('stands in path, headers and body, each in its own writing', () => {
    const captured = new Map([['token', 'a/b "c" &d']]);

    const filled = withCaptured(
      spec({
        path: '/mine?token={{token}}',
        headers: { authorization: 'Bearer {{token}}', 'content-type': 'application/json' },
        body: '{"token":"{{token}}"}',
      }),
      captured,
    );

    expect(filled.path).toBe('/mine?token=a%2Fb%20%22c%22%20%26d');
    expect(filled.headers['authorization']).toBe('Bearer a/b "c" &d');
    expect(JSON.parse(filled.body ?? '')).toEqual({ token: 'a/b "c" &d' });
  });

  it.each([
    ['application/json; charset=utf-8', '["{{x}}"]', '["a\\"&"]'],
    [undefined, '["{{x}}"]', '["a\\"&"]'],
    ['application/x-www-form-urlencoded', 'x={{x}}', 'x=a%22%26'],
    ['text/plain', 'x={{x}}', 'x=a"&'],
    [undefined, 'x={{x}}', 'x=a"&'],
  ])('is written into a body of type %s as that type asks', (type, body, filled) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };

    expect(withCaptured(spec({ headers, body }), new Map([['x', 'a"&']])).body).toBe(filled);
  });

  it('never breaks out of a JSON text, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const { body = '' } = withCaptured(spec({ body: '{"a":"<{{x}}>"}' }), new Map([['x', value]]));

        expect(JSON.parse(body)).toEqual({ a: `<${value}>` });
      }),
    );
  });

  it('leaves names that nobody captured, and binary bodies', () => {
    const untouched = spec({ path: '/{{other}}', bodyBase64: Buffer.from('{{x}}').toString('base64') });

    const filled = withCaptured(untouched, new Map([['x', 'y']]));

    expect(filled).toEqual(untouched);
    expect(encodeHttp(filled, new Map()).body?.toString()).toBe('{{x}}');
  });

  it('is not filled in twice', () => {
    const captured = new Map([
      ['a', '{{b}}'],
      ['b', 'secret'],
    ]);

    expect(withCaptured(spec({ body: '{{a}}' }), captured).body).toBe('{{b}}');
  });

  it.each(['a\r\nx: y', 'é', '\0'])('is refused in a header when it is %j', (value) => {
    expect(() => withCaptured(spec({ headers: { a: '{{x}}' } }), new Map([['x', value]]))).toThrow(
      /expected ASCII text for the header a/,
    );
  });
});

describe('capturing', () => {
  const answer = (body: string, headers: Record<string, string> = {}) => ({
    headers,
    body: Buffer.from(body),
  });

  it.each([
    ['{"session":{"token":"t"}}', '/session/token', 't'],
    ['{"n":7}', '/n', '7'],
    ['{"yes":true}', '/yes', 'true'],
    ['["a",["b"]]', '/1/0', 'b'],
    ['"whole"', '', 'whole'],
  ])('finds in %s at %j the text %j', (body, at, value) => {
    expect(capturedValue(answer(body), { name: 'x', from: 'json', at })).toBe(value);
  });

  it('finds headers whatever their case', () => {
    expect(capturedValue(answer('', { 'x-token': 't' }), { name: 'x', from: 'header', at: 'X-Token' })).toBe(
      't',
    );
  });

  it.each([
    [
      '{"session":{}}',
      '/session/token',
      /expected a text or number at \/session\/token, found nothing there/,
    ],
    ['{"token":{"a":1}}', '/token', /found \{"a":1\}/],
    ['{"token":null}', '/token', /found null/],
    ['<html>', '/token', /expected JSON with a value at \/token, found <html>/],
    ['', '/token', /found nothing/],
    [`{"token":"${'x'.repeat(9000)}"}`, '/token', /expected at most 8192 characters at \/token, found 9000/],
  ])('says of %.20s what was expected and what was found', (body, at, message) => {
    expect(() => capturedValue(answer(body), { name: 'x', from: 'json', at })).toThrow(message);
  });
});
