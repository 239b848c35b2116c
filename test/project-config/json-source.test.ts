import { describe, expect, it } from 'vitest';
import { readJson } from '../../src/project-config/json-source.ts';
import { toProblems } from '../../src/project-config/problem.ts';
import { problemsOf, yml } from './read-config.ts';

function shown(text: string): string[] {
  const source = readJson('r.json', text);
  return toProblems(source, source.findings).map(
    ({ line, column, path, message }) => `${line}:${column} ${path} ${message}`,
  );
}

describe('readJson', () => {
  it('gives the value of a sound text', () => {
    const source = readJson('r.json', '\n{"a": [1, {"b": "}\\"{"}], "c": {}, "d": [], "e": null}\n');

    expect(source.findings).toEqual([]);
    expect(source.value).toEqual({ a: [1, { b: '}"{' }], c: {}, d: [], e: null });
  });

  it('places duplicate keys, those written with escapes too', () => {
    const problems = shown('{"a": 1,\n "b": {"a": 1, "\\u0061": 2},\n "a": 3}');

    expect(problems).toEqual(['2:16 b.a duplicate key "a"', '3:2 a duplicate key "a"']);
  });

  it('takes equal keys of different objects for different', () => {
    const problems = shown('[{"a": 1}, {"a": {"a": [{"a": 1}]}}]');

    expect(problems).toEqual([]);
  });

  it('refuses prototype keys', () => {
    const problems = shown('{"requests": [{"__proto__": {}}]}');

    expect(problems).toEqual(['1:16 requests[0].__proto__ the key __proto__ is not allowed']);
  });

  it('refuses deep nesting', () => {
    const source = readJson('r.json', `${'['.repeat(500_000)}${']'.repeat(500_000)}`);

    expect(source.value).toBeUndefined();
    expect(source.findings[0]?.message).toBe('nested deeper than 64 levels');
  });

  it.each([
    ['{"a": 1,}', '1:9  expected JSON; found "}"'],
    ['{"a": 1', '1:8  expected JSON; found the end of the file'],
    ['{"a', '1:4  expected JSON; found the end of the file'],
    ['{\n"a": x}', '2:6  expected JSON; found "x}"'],
    ['', '1:1  expected JSON; found the end of the file'],
    ['nonsense', '1:2  expected JSON; found "onsense"'],
    ['{} {}', '1:4  expected JSON; found "{}"'],
    ['[1, "a\nb"]', '1:7  expected JSON; found "\uFFFDb"]"'],
    [`[${'1,'.repeat(50_000)}]`, '1:100002  expected JSON; found "]"'],
  ])('places the syntax error of %j', (text, expected) => {
    expect(shown(text)).toEqual([expected]);
  });

  it('locates values, keys and the nearest thing that exists', () => {
    const source = readJson('r.json', '{\n  "a": [\n    1,\n    {"b": 2}\n  ]\n}');

    const positions = source.locate([
      { path: ['a', 1, 'b'], message: '' },
      { path: ['a', 1, 'b'], message: '', at: 'key' },
      { path: ['a', 1, 'missing'], message: '' },
      { path: ['a', 0], message: '' },
      { path: [], message: '' },
    ]);

    expect(positions).toEqual([
      { line: 4, column: 11 },
      { line: 4, column: 6 },
      { line: 4, column: 5 },
      { line: 3, column: 5 },
      { line: 1, column: 1 },
    ]);
  });
});

describe('a requests file', () => {
  const config = yml({ scenario: 'name: a, requests_file: r.json' });

  it('reports every problem with its place, once for all scenarios that name it', async () => {
    const twice = `${config}  - { name: b, requests_file: ./r.json }\n`;

    const problems = await problemsOf(twice, {
      'r.json': '{"requests": [\n  {"path": "/", "methods": "GET"},\n  {"path": "x"}\n]}',
    });

    expect(problems).toEqual([
      'r.json:2:17  requests[0].methods: unknown key; did you mean "method"?  known keys here: method, path, headers, body, body_file, binary, body_base64, form, weight, expect',
      'r.json:3:12  requests[1].path: expected a path that starts with one slash; found "x"  give a path such as /api/items',
    ]);
  });

  it.each([
    ['[]', 'r.json:1:1  expected a mapping of keys to values; found an empty list'],
    ['{}', 'r.json:1:1  requests: missing; expected a list of requests'],
    ['{"requests": []}', 'r.json:1:14  requests: expected at least one request; found an empty list'],
    ['{"requests": [1]}', 'r.json:1:15  requests[0]: expected a mapping of keys to values; found 1'],
  ])('refuses %s', async (text, expected) => {
    const problems = await problemsOf(config, { 'r.json': text });

    expect(problems).toEqual([expected]);
  });

  it('refuses 10,001 requests', async () => {
    const requests = JSON.stringify(Array.from({ length: 10_001 }, () => ({ path: '/' })));

    const problems = await problemsOf(config, { 'r.json': `{"requests":${requests}}` });

    expect(problems).toEqual(['r.json:1:13  requests: expected at most 10,000 requests; found 10,001']);
  });

  it('lists a hundred problems of a file in which every request is wrong', async () => {
    const requests = JSON.stringify(Array.from({ length: 10_000 }, () => ({ path: 'x', a: 1 })));

    const problems = await problemsOf(config, { 'r.json': `{"requests":${requests}}` });

    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe('r.json  19900 more problems are not listed');
  });
});
