import { describe, expect, it } from 'vitest';
import { configOf, messagesOf, yml } from './read-config.ts';

const MIB = 1_048_576;

describe('requests', () => {
  it('send JSON bodies compactly with their content type, and texts as they are', async () => {
    const config = await configOf(
      `version: 1
service: { start: [a] }
scenarios:
  - name: a
    requests:
      - { method: POST, path: /, body: { b: [1, 2.5, null], a: "\\u00e9" } }
      - { method: POST, path: /, body: { a: 1 }, headers: { Content-Type: application/vnd.api+json } }
      - { method: POST, path: /, body: "{ }" }
      - { method: POST, path: /, body: [], headers: { X-A: b } }
      - { method: POST, path: /, body_file: body.txt }
`,
      { 'body.txt': 'first\nsecond\n' },
    );

    expect(config.scenarios[0]?.requests).toEqual([
      {
        method: 'POST',
        path: '/',
        headers: { 'content-type': 'application/json' },
        body: '{"b":[1,2.5,null],"a":"\u00e9"}',
      },
      { method: 'POST', path: '/', headers: { 'content-type': 'application/vnd.api+json' }, body: '{"a":1}' },
      { method: 'POST', path: '/', headers: {}, body: '{ }' },
      { method: 'POST', path: '/', headers: { 'x-a': 'b', 'content-type': 'application/json' }, body: '[]' },
      { method: 'POST', path: '/', headers: {}, body: 'first\nsecond\n' },
    ]);
  });

  it('come from a file with its reason, unless the scenario gives one', async () => {
    const files = {
      'r.json': '{"name":"r","why":"From the file.","seed":1,"requests":[{"path":"/","body_file":"b"}]}',
      b: 'x',
    };

    const quiet = await configOf(yml({ scenario: 'name: a, requests_file: ./r.json' }), files);
    const telling = await configOf(yml({ scenario: 'name: a, requests_file: r.json, why: Mine.' }), files);

    expect(quiet.scenarios[0]?.requests).toEqual([{ method: 'GET', path: '/', headers: {}, body: 'x' }]);
    expect([quiet.scenarios[0]?.why, telling.scenarios[0]?.why]).toEqual(['From the file.', 'Mine.']);
  });

  it('are given in exactly one way', async () => {
    const both = await messagesOf(
      yml({ scenario: 'name: a, requests: [{ path: / }], requests_file: r.json' }),
      {
        'r.json': '{"requests":[{"path":"/"}]}',
      },
    );
    const none = await messagesOf(yml({ scenario: 'name: a' }));
    const bodies = await messagesOf(yml({ request: 'path: /, body: x, body_file: b' }), { b: 'x' });

    expect(both).toEqual([
      'scenarios[0].requests_file: expected one of requests, requests_file, grpc, command; found requests and requests_file',
    ]);
    expect(none).toEqual([
      'scenarios[0].requests: missing; expected one of requests, requests_file, grpc, command',
    ]);
    expect(bodies).toEqual([
      'scenarios[0].requests[0].body_file: expected one of body, body_file, body_base64, form; found body and body_file',
    ]);
  });

  it('refuse bodies that JSON would change', async () => {
    const bodies = ['{ id: 12345678901234567890 }', '[.inf]', '{ a: { b: .nan } }', 'null'];

    const messages = await messagesOf(
      yml({
        scenario: `name: a, requests: [${bodies.map((body) => `{ path: /, body: ${body} }`).join(', ')}]`,
      }),
    );

    expect(messages.map((message) => message.split('  ')[0])).toEqual([
      'scenarios[0].requests[0].body: expected numbers that JSON keeps exactly; found 12345678901234567000',
      'scenarios[0].requests[1].body: expected numbers that JSON keeps exactly; found Infinity',
      'scenarios[0].requests[2].body: expected numbers that JSON keeps exactly; found NaN',
      'scenarios[0].requests[3].body: expected a body; found null',
    ]);
  });

  it('refuse more than 16 MiB in all, although each file is small', async () => {
    const more = Array.from(
      { length: 16 },
      (_, index) => `  - { name: s${index}, requests: [{ path: /, body_file: big }] }\n`,
    );

    const messages = await messagesOf(yml({ request: 'path: /, body_file: big', rest: more.join('') }), {
      big: 'x'.repeat(MIB),
    });

    expect(messages).toEqual([
      'scenarios[15]: expected at most 16 MiB of requests in all scenarios together; found more  send fewer or smaller requests',
    ]);
  });
});

describe('further keys of requests', () => {
  it('are bytes, forms, weights and the statuses that are right', async () => {
    const bytes = Buffer.from([0, 1, 2, 255, 123, 123]);
    const config = await configOf(
      yml({
        scenario: `name: a, requests: [
          { path: /, method: PUT, body_base64: AAEC/w== },
          { path: /, method: PUT, body_file: f, binary: true, headers: { Content-Type: image/png } },
          { path: /, method: PUT, body_file: t, binary: false },
          { path: /, method: POST, form: { "a b": "c&d=é", empty: "" }, weight: 9, expect: [201, 404] },
          { path: /, method: POST, form: {}, headers: { content-type: "application/x-www-form-urlencoded; charset=utf-8" } }]`,
      }),
      { f: { mode: '100644', bytes }, t: 'text' },
    );

    expect(config.scenarios[0]?.requests).toEqual([
      { method: 'PUT', path: '/', headers: {}, bodyBase64: 'AAEC/w==' },
      {
        method: 'PUT',
        path: '/',
        headers: { 'content-type': 'image/png' },
        bodyBase64: bytes.toString('base64'),
      },
      { method: 'PUT', path: '/', headers: {}, body: 'text' },
      {
        method: 'POST',
        path: '/',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'a+b=c%26d%3D%C3%A9&empty=',
        weight: 9,
        expect: [201, 404],
      },
      {
        method: 'POST',
        path: '/',
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: '',
      },
    ]);
  });

  it('read a file as text and as bytes once', async () => {
    const scenario =
      'name: a, requests: [{ path: /, body_file: f, binary: true }, { path: /, body_file: f }]';
    const text = await configOf(yml({ scenario }), { f: 'é' });
    const bytes = await messagesOf(yml({ scenario }), { f: { mode: '100644', bytes: Buffer.from([0xe9]) } });

    expect(text.scenarios[0]?.requests.map(({ body, bodyBase64 }) => body ?? bodyBase64)).toEqual([
      'w6k=',
      'é',
    ]);
    expect(bytes[0]).toContain('requests[1].body_file: expected UTF-8; found the byte 0xE9 in line 1');
  });

  it.each([
    ['body_base64: "AAE"', 'body_base64: expected base64 with its padding; found "AAE"'],
    ['body_base64: "AAEC_w=="', 'body_base64: expected base64 with its padding; found "AAEC_w=="'],
    ['body_base64: "AA EC"', 'body_base64: expected base64 with its padding; found "AA EC"'],
    ['body_base64: "AB=="', 'body_base64: expected base64 with its padding; found "AB=="'],
    ['binary: true', 'binary: expected body_file beside binary; found none'],
    ['form: { a: 1 }', 'form.a: expected a text (put numbers and words such as true in quotes); found 1'],
    ['form: [a]', 'form: expected a mapping of field names to texts; found a list'],
    ['weight: 0', 'weight: expected a whole number from 1 to 1,000; found 0'],
    ['weight: 1.5', 'weight: expected a whole number from 1 to 1,000; found 1.5'],
    ['expect: 404', 'expect: expected a list of statuses; found 404'],
    ['expect: []', 'expect: expected at least one status; found an empty list'],
    ['expect: [99]', 'expect[0]: expected a whole number from 100 to 599; found 99'],
    ['expect: ["200"]', 'expect[0]: expected a whole number from 100 to 599; found "200"'],
    ['wieght: 2', 'wieght: unknown key; did you mean "weight"?'],
    [
      'body: x, form: { a: b }',
      'form: expected one of body, body_file, body_base64, form; found body and form',
    ],
  ])('refuse { %s }', async (keys, expected) => {
    const messages = await messagesOf(yml({ request: `path: /, ${keys}` }));

    expect(messages).toHaveLength(1);
    expect(messages[0]?.startsWith(`scenarios[0].requests[0].${expected}`), messages[0]).toBe(true);
  });
});
