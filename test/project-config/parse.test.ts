import { describe, expect, it } from 'vitest';
import { PerfCiError } from '../../src/domain/errors.ts';
import { parseProjectConfig } from '../../src/project-config/parse.ts';
import { formatProblems } from '../../src/project-config/problem.ts';
import { starterConfig } from '../../src/project-config/starter.ts';
import { configOf, messagesOf, parse, problemsOf, yml } from './read-config.ts';

const MIB = 1_048_576;

describe('a configuration', () => {
  it('needs no more than version, start command, names and requests', async () => {
    const config = await configOf(yml({}));

    expect(config).toEqual({
      version: 1,
      service: {
        directory: '',
        build: [],
        buildTimeoutMs: 300_000,
        start: ['node', 'server.ts'],
        port: 'auto',
        readyPath: '/healthz',
        readyTimeoutMs: 20_000,
        env: {},
        hugePages: true,
      },
      scenarios: [
        {
          name: 'a',
          requests: [{ method: 'GET', path: '/', headers: {} }],
          load: {
            warmUpMs: 2_500,
            warmUpRequests: 1_200,
            connections: 5,
            measuredMs: 2_000,
            requestTimeoutMs: 10_000,
          },
          gates: [{ metric: 'cpu_per_request', threshold: 0.03 }],
          budgetMs: 120_000,
        },
      ],
      paths: { include: ['**'], ignore: [] },
      answers: { ignoreKeys: [], sample: 32 },
      pool: 'default',
    });
  });

  it('takes what it says over the defaults', async () => {
    const config = await configOf(`
version: 1
service:
  directory: ./services//api/
  build: [[npm, ci], [npm, run, build]]
  build_timeout: 1h
  start: [node, server.ts]
  port: 8080
  ready: { path: /ready, timeout: 1s }
  env: { SEED: "1" }
  huge_pages: false
paths: { include: ["src/**"], ignore: ["**/*.md"] }
answers: { ignore_keys: [stageMs], sample: 1 }
pool: arm
scenarios:
  - name: a
    why: Because.
    requests: [{ path: / }]
    load: { warm_up: 100ms, warm_up_requests: 1, connections: 1, measured: 100ms, request_timeout: 100ms }
    budget: 10s
    gate: []
`);

    expect(config.service).toEqual({
      directory: 'services/api',
      build: [
        ['npm', 'ci'],
        ['npm', 'run', 'build'],
      ],
      buildTimeoutMs: 3_600_000,
      start: ['node', 'server.ts'],
      port: 8080,
      readyPath: '/ready',
      readyTimeoutMs: 1_000,
      env: { SEED: '1' },
      hugePages: false,
    });
    expect(config.paths).toEqual({ include: ['src/**'], ignore: ['**/*.md'] });
    expect(config.answers).toEqual({ ignoreKeys: ['stageMs'], sample: 1 });
    expect(config.pool).toBe('arm');
    expect(config.scenarios[0]).toEqual({
      name: 'a',
      why: 'Because.',
      requests: [{ method: 'GET', path: '/', headers: {} }],
      load: { warmUpMs: 100, warmUpRequests: 1, connections: 1, measuredMs: 100, requestTimeoutMs: 100 },
      gates: [],
      budgetMs: 10_000,
    });
  });

  it('is what the starter file holds', async () => {
    const config = await configOf(starterConfig());

    expect(config.scenarios.map(({ name, requests }) => [name, requests.length])).toEqual([['everyday', 2]]);
  });

  it('reports everything wrong at once, in the order of the file', async () => {
    const problems = await problemsOf(
      `version: 2
service: { start: [a], port: 22, colour: red }
scenarios:
  - { name: a, requests_file: a.json, budget: 1s }
  - { name: a, requests_file: missing.json }
  - { requests: [{ path: b, body_file: c }] }
paths: { ignore: ["(x)"] }
`,
      { 'a.json': '{\n  "requests": [{ "path": "b" }]\n}' },
    );

    expect(problems.map((problem) => problem.split(': ')[0])).toEqual([
      'perf-ci.yml:1:10  version',
      'perf-ci.yml:2:30  service.port',
      'perf-ci.yml:2:34  service.colour',
      'perf-ci.yml:4:47  scenarios[0].budget',
      'perf-ci.yml:5:13  scenarios[1].name',
      'perf-ci.yml:5:31  scenarios[1].requests_file',
      'perf-ci.yml:6:5  scenarios[2].name',
      'perf-ci.yml:6:26  scenarios[2].requests[0].path',
      'perf-ci.yml:6:40  scenarios[2].requests[0].body_file',
      'perf-ci.yml:7:19  paths.ignore[0]',
      'a.json:2:26  requests[0].path',
    ]);
  });

  it('counts the problems beyond a hundred', async () => {
    const problems = await problemsOf(
      `version: 1\n${Array.from({ length: 300 }, (_, index) => `x${index}: 1`).join('\n')}`,
    );

    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe('perf-ci.yml  202 more problems are not listed');
  });

  it.each(['5', '[1]', '"text"', 'true'])('must be a mapping, not %s', async (text) => {
    const problems = await problemsOf(text);

    expect(problems[0]).toContain('perf-ci.yml:1:1  expected a mapping of keys to values; found');
  });
});

describe('reading files', () => {
  const twoFiles = yml({
    scenario: 'name: a, requests: [{ path: /, body_file: a }, { path: /, body_file: ./a }]',
  });

  it('reads each file once and tells the reader the limit', async () => {
    const asked: [string, number][] = [];

    await parseProjectConfig({ bytes: Buffer.from(twoFiles), path: 'perf-ci.yml' }, (path, maxBytes) => {
      asked.push([path, maxBytes]);
      return Promise.resolve({ mode: '100644', bytes: Buffer.from('x') });
    });

    expect(asked).toEqual([['a', MIB]]);
  });

  it('names the commit in which a file is missing', async () => {
    const parsed = await parseProjectConfig(
      { bytes: Buffer.from(twoFiles), path: 'perf-ci.yml', ref: 'main' },
      () => Promise.resolve(undefined),
    );

    expect(parsed.ok ? '' : formatProblems(parsed.problems.slice(0, 1))).toContain(
      'found no file "a" at main',
    );
  });

  it('takes a refusal by the reader as a problem and passes other errors on', async () => {
    const source = { bytes: Buffer.from(twoFiles), path: 'perf-ci.yml' };
    const refusal = new PerfCiError('file-too-large', 'expected at most 5 bytes, found 6', {
      blame: 'config',
    });

    const refused = await parseProjectConfig(source, () => Promise.reject(refusal));
    const broken = parseProjectConfig(source, () => Promise.reject(new Error('disk on fire')));

    expect(refused.ok ? '' : formatProblems(refused.problems)).toContain('expected at most 5 bytes, found 6');
    await expect(broken).rejects.toThrow('disk on fire');
  });

  it('refuses more than 256 files', async () => {
    const bodies = Array.from({ length: 257 }, (_, index) => `{ path: /, body_file: f${index} }`).join(', ');
    const files = Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`f${index}`, 'x']));

    const messages = await messagesOf(yml({ scenario: `name: a, requests: [${bodies}]` }), files);

    expect(messages).toEqual([
      'scenarios[0].requests[256].body_file: expected at most 256 files in all; found more',
    ]);
  });
});

describe('the hash', () => {
  const hashOf = async (text: string, files = {}): Promise<string> => {
    const parsed = await parse(text, files);
    return parsed.ok ? parsed.hash : 'refused';
  };

  it('is the same for the same meaning, whatever the order and the comments', async () => {
    const one = await hashOf(
      'version: 1\nservice: { start: [a], env: { A: x, B: y } }\nscenarios: [{ name: a, requests: [{ path: / }] }]',
    );
    const two = await hashOf(
      '# same\nscenarios:\n- requests: [{ method: get, path: / }]\n  name: a\nservice: { env: { B: y, A: x }, start: [a] }\nversion: 1',
    );

    expect(one).toMatch(/^[\da-f]{64}$/);
    expect(two).toBe(one);
  });

  it('follows the content of the files', async () => {
    const text = yml({ request: 'path: /, body_file: a' });

    const hashes = [await hashOf(text, { a: '1' }), await hashOf(text, { a: '2' })];

    expect(new Set(hashes).size).toBe(2);
  });

  it.each<[string, string, string]>([
    ['d.csv', 'id\n1\n', 'id\n2\n'],
    ['b', 'one', 'two'],
    ['r.json', '{"requests":[{"path":"/{{id}}"}]}', '{"requests":[{"path":"/{{id}}","weight":2}]}'],
    ['w.json', '{"requests":[{"path":"/w","body_file":"b"}]}', '{"requests":[{"path":"/v"}]}'],
  ])('follows the content of %s', async (name, before, after) => {
    const text = yml({
      scenario: 'name: a, requests_file: r.json, data_file: d.csv, warm_up_mix_file: w.json',
    });
    const files = {
      'd.csv': 'id\n1\n',
      b: 'one',
      'r.json': '{"requests":[{"path":"/{{id}}"}]}',
      'w.json': '{"requests":[{"path":"/w","body_file":"b"}]}',
    };

    const hashes = [
      await hashOf(text, { ...files, [name]: before }),
      await hashOf(text, { ...files, [name]: after }),
    ];

    expect(new Set(hashes).size).toBe(2);
    expect(hashes).not.toContain('refused');
  });

  it('follows the text of a proto file', async () => {
    const text = yml({
      scenario: 'name: a, grpc: { proto_file: p, service: S, method: M, messages: [{ message: {} }] }',
    });
    const proto = 'service S { rpc M(A) returns (A); } message A {}';

    const hashes = [await hashOf(text, { p: proto }), await hashOf(text, { p: `${proto} message B {}` })];

    expect(new Set(hashes).size).toBe(2);
    expect(hashes).not.toContain('refused');
  });
});
