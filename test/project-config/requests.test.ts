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

    expect(both).toEqual(['scenarios[0].requests_file: expected requests or requests_file; found both']);
    expect(none).toEqual(['scenarios[0].requests: missing; expected requests or requests_file']);
    expect(bodies).toEqual(['scenarios[0].requests[0].body_file: expected body or body_file; found both']);
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
