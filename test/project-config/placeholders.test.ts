import { describe, expect, it } from 'vitest';
import type { RequestSpec } from '../../src/domain/benchmark.ts';
import { configOf, messagesOf, problemsOf, yml, type Files } from './read-config.ts';

const LOGIN = 'setup: { request: { path: /login }, capture: [{ name: token, json: /token }] }';

async function requestsOf(scenario: string, files: Files = {}): Promise<RequestSpec[]> {
  return (await configOf(yml({ scenario: `name: a, ${scenario}` }), files)).scenarios[0]?.requests ?? [];
}

describe('data files', () => {
  it('send every request for each row, in the order of the rows', async () => {
    const requests = await requestsOf(
      'data_file: ./d.csv, requests: [{ path: "/{{id}}" }, { path: /plain, weight: 2 }]',
      { 'd.csv': 'id,unused\r\n1,a\r\n2,b\r\n' },
    );

    expect(requests).toEqual([
      { method: 'GET', path: '/1', headers: {} },
      { method: 'GET', path: '/plain', headers: {}, weight: 2 },
      { method: 'GET', path: '/2', headers: {} },
      { method: 'GET', path: '/plain', headers: {}, weight: 2 },
    ]);
  });

  it('encode each value for the place where it stands', async () => {
    const requests = await requestsOf(
      `data_file: d.csv, requests: [
        { path: "/a b/{{v}}?q={{v}}", headers: { x-a: "<{{ascii}}>" }, method: POST, body: { t: "v={{v}}", "{{v}}": ["{{n}}"] } },
        { path: /, method: POST, body: 'raw {{v}}' },
        { path: /, method: POST, body: '{{v}} raw' },
        { path: /, method: POST, body: '{"t": "{{v}}"}' },
        { path: /, method: POST, headers: { Content-Type: text/plain }, body: '{"t": "{{v}}"}' },
        { path: /, method: POST, headers: { Content-Type: application/json }, body: '{"n": {{n}}, "t": "{{v}}"}' },
        { path: /, method: POST, form: { "f {{n}}": "{{v}} {{n}}" } },
        { path: /, method: POST, body_file: b.txt }]`,
      { 'd.csv': 'v,n,ascii\n"a/ä ""\n?",7,~ok~\n', 'b.txt': '{{n}}:{{v}}' },
    );

    expect(requests.map(({ path, headers, body }) => [path, headers, body])).toEqual([
      [
        '/a%20b/a%2F%C3%A4%20%22%0A%3F?q=a%2F%C3%A4%20%22%0A%3F',
        { 'x-a': '<~ok~>', 'content-type': 'application/json' },
        '{"t":"v=a/ä \\"\\n?","a/ä \\"\\n?":["7"]}',
      ],
      ['/', {}, 'raw a/ä "\n?'],
      ['/', {}, 'a/ä "\n? raw'],
      ['/', {}, '{"t": "a/ä \\"\\n?"}'],
      ['/', { 'content-type': 'text/plain' }, '{"t": "a/ä "\n?"}'],
      ['/', { 'content-type': 'application/json' }, '{"n": 7, "t": "a/ä \\"\\n?"}'],
      ['/', { 'content-type': 'application/x-www-form-urlencoded' }, 'f+7=a%2F%C3%A4+%22%0A%3F+7'],
      ['/', {}, '7:a/ä "\n?'],
    ]);
  });

  it('keep the kinds of JSON lines where a JSON text is nothing but a placeholder', async () => {
    const requests = await requestsOf(
      `data_file: d.jsonl, requests: [{ path: "/{{n}}/{{o}}", method: POST,
        body: { n: "{{n}}", s: "{{s}}", o: "{{o}}", z: "{{z}}", in: "<{{n}}{{o}}>", quoted: "\\"{{n}}\\"", "{{n}}": 1, l: ["{{n}}", "{{t}}"] } }]`,
      { 'd.jsonl': '{"n": 1.5, "s": "1", "o": {"a": [null]}, "z": null, "t": true}\r\n\r\n' },
    );

    expect(requests[0]?.path).toBe('/1.5/%7B%22a%22%3A%5Bnull%5D%7D');
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      n: 1.5,
      s: '1',
      o: { a: [null] },
      z: null,
      in: '<1.5{"a":[null]}>',
      quoted: '"1.5"',
      '1.5': 1,
      l: [1.5, true],
    });
  });

  it('fill the requests of files and the warm-up mix too', async () => {
    const config = await configOf(
      yml({ scenario: 'name: a, data_file: d.csv, requests_file: r.json, warm_up_mix_file: w.json' }),
      {
        'd.csv': 'id\n1\n2\n',
        'r.json': '{"requests": [{"path": "/r/{{id}}"}]}',
        'w.json': '{"requests": [{"path": "/w/{{id}}"}]}',
      },
    );

    expect(config.scenarios[0]?.requests.map(({ path }) => path)).toEqual(['/r/1', '/r/2']);
    expect(config.scenarios[0]?.warmUpRequests?.map(({ path }) => path)).toEqual(['/w/1', '/w/2']);
  });

  it.each<[string, string, string]>([
    ['d.csv', '', 'd.csv:1:1  expected at least one column; found none'],
    ['d.csv', 'id\n', 'd.csv:1:1  expected at least one row; found none'],
    [
      'd.csv',
      'id,\n1,2\n',
      'd.csv:1:1  expected column names of 1 to 100 characters without { } " \\, that neither start nor end with a space; found ""',
    ],
    ['d.csv', 'id,id\n1,2\n', 'd.csv:1:1  duplicate column "id"'],
    ['d.csv', 'id\n1\n2,3\n', 'd.csv:3:1  expected 1 fields as in the first record; found 2'],
    [
      'd.csv',
      'id\n1\na"\n',
      'd.csv:3:2  expected no double quote inside a field without quotes; found one  enclose the field in double quotes and double the one inside',
    ],
    ['d.jsonl', '', 'd.jsonl:1:1  expected at least one row; found none'],
    ['d.jsonl', '{}', 'd.jsonl:1:1  expected at least one column; found none'],
    ['d.jsonl', '{"id": 1}\n[1]\n', 'd.jsonl:2:1  expected a JSON object in each line; found a list'],
    ['d.jsonl', '{"id": 1}\n{"id": 2\n', 'd.jsonl:2:9  expected JSON; found the end of the file'],
    ['d.jsonl', '{"id": 1}\n\n{"it": 2}\n', 'd.jsonl:3:1  expected "id" as in the first row; found none'],
    [
      'd.jsonl',
      '{"id": 1}\n{"id": 2, "x": 1}\n',
      'd.jsonl:2:1  expected the keys of the first row, id; found "x"',
    ],
    ['d.jsonl', '{"id": 1, "id": 2}\n', 'd.jsonl:1:11  duplicate key "id"  keep one of them'],
    [
      'd.jsonl',
      '{"id": 12345678901234567890}\n',
      'd.jsonl:1:1  expected numbers that JSON keeps exactly; found 12345678901234567000  put the number in quotes',
    ],
    [
      'd.jsonl',
      '{"id": "\\ud800"}\n',
      'd.jsonl:1:1  expected a body of well-formed Unicode  put the number in quotes',
    ],
  ])('called %s that hold %j are refused', async (name, text, expected) => {
    const problems = await problemsOf(
      yml({ scenario: `name: a, data_file: ${name}, requests: [{ path: "/{{id}}" }]` }),
      { [name]: text },
    );

    expect(problems).toEqual([expected]);
  });

  it('have one of two endings, and must be there', async () => {
    const scenario = (file: string): string =>
      yml({ scenario: `name: a, data_file: ${file}, requests: [{ path: / }]` });

    expect(await problemsOf(scenario('d.tsv'), { 'd.tsv': 'a' })).toEqual([
      'perf-ci.yml:4:27  scenarios[0].data_file: expected a file that ends in .csv or .jsonl; found "d.tsv"',
    ]);
    expect(await messagesOf(scenario('d.csv'))).toEqual([
      'scenarios[0].data_file: must be a regular file inside the repository, <= 1 MiB; found no file "d.csv"',
    ]);
  });

  it('are refused where a row makes a request that could not be written', async () => {
    const scenario = (request: string): string =>
      yml({ scenario: `name: a, data_file: d.csv, requests: [{ ${request} }]` });
    const files = { 'd.csv': 'v\nfine\n..\n' };
    const accents = { 'd.csv': 'v\né\n' };

    expect(await messagesOf(scenario('path: "/a/{{v}}/b"'), files)).toEqual([
      'scenarios[0].data_file: row 2: expected a path without . and .. segments; found "/a/../b"  write the path that is meant',
    ]);
    expect(await messagesOf(scenario('path: /, headers: { x: "{{v}}" }'), accents)).toEqual([
      'scenarios[0].data_file: row 1: expected a header value of ASCII characters; found "é"',
    ]);
  });

  it('do not multiply into more than memory holds', async () => {
    const body = '{{v}}'.repeat(200_000);
    const json = JSON.stringify({
      requests: [{ path: '/', body: Array.from({ length: 90_000 }, () => '{{v}}') }],
    });
    const value = 'x'.repeat(100_000);
    const tooLarge = /^scenarios\[0\]\.data_file: row 1: expected a body of at most 1048576 bytes; found "/;

    const asText = await messagesOf(
      yml({ scenario: 'name: a, data_file: d.csv, requests: [{ path: /, body_file: b }]' }),
      {
        'd.csv': `v\n${value}\n`,
        b: body,
      },
    );
    const asJson = await messagesOf(yml({ scenario: 'name: a, data_file: d.jsonl, requests_file: r.json' }), {
      'd.jsonl': JSON.stringify({ v: [value] }),
      'r.json': json,
    });

    expect(asText).toEqual([expect.stringMatching(tooLarge)]);
    expect(asJson).toEqual([expect.stringMatching(tooLarge)]);
  });

  it('give at most 10,000 requests, weights of 100,000 and 16 MiB', async () => {
    const rows = (number: number, value: string): Files => ({ 'd.csv': `v\n${`${value}\n`.repeat(number)}` });
    const scenario = (requests: string): string =>
      yml({ scenario: `name: a, data_file: d.csv, requests: [${requests}]` });
    const large = { ...rows(20, 'a'), big: `{{v}}${'x'.repeat(1_048_000)}` };

    expect(
      await requestsOf('data_file: d.csv, requests: [{ path: "/{{v}}" }]', rows(10_000, 'a')),
    ).toHaveLength(10_000);
    expect(await messagesOf(scenario('{ path: / }, { path: / }'), rows(5_001, 'a'))).toEqual([
      'scenarios[0].data_file: expected at most 10,000 requests; found 5,001 rows for 2 requests  use fewer rows',
    ]);
    expect(await messagesOf(scenario('{ path: / }'), rows(10_001, 'a'))).toEqual([
      'd.csv:10002:1  expected a header and at most 10,000 rows; found more',
    ]);
    expect(await messagesOf(scenario('{ path: /, weight: 1000 }'), rows(101, 'a'))).toEqual([
      'scenarios[0]: expected weights of at most 100,000 together; found 101,000  weights are relative: divide them by a common factor',
    ]);
    expect(await messagesOf(scenario('{ path: /, body_file: big }'), large)).toEqual([
      'scenarios[0]: expected at most 16 MiB of requests in all scenarios together; found more  send fewer or smaller requests',
    ]);
  });
});

describe('a set-up request', () => {
  it('captures what stands for itself until the requests are sent', async () => {
    const config = await configOf(
      yml({
        scenario: `name: a, setup: { request: { method: post, path: /log in, form: { user: "a b" } }, capture: [{ name: t, json: "/a~1b/0" }, { name: h, header: X-Csrf }] },
    requests: [{ path: "/ü/{{t}} x", method: POST, headers: { authorization: "Bearer {{t}}" }, form: { a: "ü {{h}}" } }]`,
      }),
    );

    expect(config.scenarios[0]?.setup).toEqual({
      request: {
        method: 'POST',
        path: '/log%20in',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'user=a+b',
      },
      capture: [
        { name: 't', from: 'json', at: '/a~1b/0' },
        { name: 'h', from: 'header', at: 'x-csrf' },
      ],
    });
    expect(config.scenarios[0]?.requests).toEqual([
      {
        method: 'POST',
        path: '/%C3%BC/{{t}}%20x',
        headers: { authorization: 'Bearer {{t}}', 'content-type': 'application/x-www-form-urlencoded' },
        body: 'a=%C3%BC+{{h}}',
      },
    ]);
  });

  it('goes together with a data file', async () => {
    const requests = await requestsOf(
      `${LOGIN}, data_file: d.csv, requests: [{ path: "/{{id}}", headers: { a: "{{token}}" }, method: POST, body: { id: "{{id}}", t: "{{token}}" } }]`,
      { 'd.csv': 'id\n1\n' },
    );

    expect(requests).toEqual([
      {
        method: 'POST',
        path: '/1',
        headers: { a: '{{token}}', 'content-type': 'application/json' },
        body: '{"id":"1","t":"{{token}}"}',
      },
    ]);
  });

  it.each([
    ['capture: []', 'capture: expected at least one captured value; found an empty list'],
    ['capture: [{ name: a }]', 'capture[0].json: missing; expected one of json, header'],
    [
      'capture: [{ name: a, json: /a, header: b }]',
      'capture[0].header: expected one of json, header; found json and header',
    ],
    [
      'capture: [{ name: a, json: token }]',
      'capture[0].json: expected a JSON pointer such as /items/0/id; found "token"  begin it with a slash',
    ],
    [
      'capture: [{ name: a, json: /a~b }]',
      'capture[0].json: expected a JSON pointer such as /items/0/id; found "/a~b"  write ~0 for ~ in a key',
    ],
    [
      'capture: [{ name: a, header: "a b" }]',
      'capture[0].header: expected a header name such as accept-language; found "a b"',
    ],
    ['capture: [{ name: "a b", json: /a }]', 'capture[0].name: expected a name of a letter or _'],
    [
      'capture: [{ name: a, json: /a }, { name: a, json: /b }]',
      'capture[1].name: duplicate name "a"  give each captured value its own',
    ],
  ])('is refused with %s', async (capture, expected) => {
    const messages = await messagesOf(
      yml({ scenario: `name: a, setup: { request: { path: / }, ${capture} }, requests: [{ path: / }]` }),
    );

    expect(messages).toHaveLength(1);
    expect(messages[0]?.startsWith(`scenarios[0].setup.${expected}`), messages[0]).toBe(true);
  });

  it('has no weight and no value to put in', async () => {
    const messages = await messagesOf(
      yml({
        scenario: `name: a, setup: { request: { path: "/{{token}}", weight: 2 }, capture: [{ name: token, json: /a }] }, requests: [{ path: / }]`,
      }),
    );

    expect(messages.map((message) => message.replace(/; known keys.*| {2}known keys.*/, ''))).toEqual([
      'scenarios[0].setup.request.path: unknown placeholder "{{token}}"  no value is known before this request has its answer',
      expect.stringContaining('scenarios[0].setup.request.weight: unknown key'),
    ]);
  });

  it('does not share names or braces with the data', async () => {
    const messages = await messagesOf(
      yml({ scenario: `name: a, ${LOGIN}, data_file: d.csv, requests: [{ path: / }]` }),
      {
        'd.csv': 'token\n{{token}}\n',
      },
    );

    expect(messages).toEqual([
      'scenarios[0].data_file: expected columns unlike captured values; found "token" in both',
      'scenarios[0].data_file: expected no {{ in values beside a set-up request; found one  it would be taken for a captured value',
    ]);
  });
});

describe('placeholders', () => {
  it('are text like any other where nothing stands for them', async () => {
    const requests = await requestsOf(
      'requests: [{ path: "/{{a}}", headers: { x: "{{b}}" }, body: "{{#each}} {{ c }}", method: POST }]',
    );

    expect(requests).toEqual([
      { method: 'POST', path: '/%7B%7Ba%7D%7D', headers: { x: '{{b}}' }, body: '{{#each}} {{ c }}' },
    ]);
  });

  it('must be known, wherever they stand; the nearest name is told', async () => {
    const problems = await problemsOf(
      yml({
        scenario: `name: a, ${LOGIN}, data_file: d.csv, requests_file: r.json, warm_up_mix: [{ path: "/{{idd}}", form: { "{{x}}": y }, headers: { a: "{{ id }}" } }]`,
      }),
      {
        'd.csv': 'id\n1\n',
        'r.json':
          '{"requests": [{"path": "/{{id}}"},\n{"path": "/{{tokn}}", "body": {"a": ["{{deep}}"]}},\n{"path": "/", "body_file": "b"}]}',
        b: 'x {{nobody}}',
      },
    );
    const known = 'known here: {{id}}, {{token}}';

    expect(
      problems.map((problem) => problem.replace(/^(?:perf-ci\.yml:4:\d+|(r\.json:\d+:\d+)) {2}/, '$1 ')),
    ).toEqual([
      ` scenarios[0].warm_up_mix[0].path: unknown placeholder "{{idd}}"; did you mean "{{id}}"?  ${known}`,
      ` scenarios[0].warm_up_mix[0].form["{{x}}"]: unknown placeholder "{{x}}"  ${known}`,
      ` scenarios[0].warm_up_mix[0].headers.a: unknown placeholder "{{ id }}"; did you mean "{{id}}"?  ${known}`,
      `r.json:2:10 requests[1].path: unknown placeholder "{{tokn}}"; did you mean "{{token}}"?  ${known}`,
      `r.json:2:38 requests[1].body.a[0]: unknown placeholder "{{deep}}"  ${known}`,
      `r.json:3:28 requests[2].body_file: unknown placeholder "{{nobody}}"  ${known}`,
    ]);
  });

  it('in one requests file are looked up by the names of each scenario that uses it', async () => {
    const messages = await messagesOf(
      `version: 1
service: { start: [a] }
scenarios:
  - { name: a, requests_file: r.json, data_file: a.csv }
  - { name: b, requests_file: r.json, data_file: b.csv }
  - { name: c, requests_file: r.json }
`,
      { 'r.json': '{"requests": [{"path": "/{{id}}"}]}', 'a.csv': 'id\n1\n', 'b.csv': 'it\n1\n' },
    );

    expect(messages).toEqual([
      'r.json:1:24  requests[0].path: unknown placeholder "{{id}}"; did you mean "{{it}}"?  known here: {{it}}',
    ]);
  });

  it('are not looked for in bytes', async () => {
    const requests = await requestsOf(
      `${LOGIN}, requests: [{ path: /, method: PUT, body_file: b, binary: true }, { path: /, method: PUT, body_base64: e3t4fX0= }]`,
      { b: '{{x}}' },
    );

    expect(requests.map(({ bodyBase64 }) => Buffer.from(bodyBase64 ?? '', 'base64').toString())).toEqual([
      '{{x}}',
      '{{x}}',
    ]);
  });
});
