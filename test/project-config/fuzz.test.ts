import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatProblems } from '../../src/project-config/problem.ts';
import { starterConfig } from '../../src/project-config/starter.ts';
import { parse } from './read-config.ts';

/** Every key of the file, so that random mappings reach deep into the schema. */
const KEYS = [
  ...new Set(
    `version service directory build build_timeout start port ready path timeout env huge_pages paths include
    ignore answers ignore_keys sample pool scenarios name why requests requests_file method headers body body_file load
    warm_up warm_up_requests connections measured request_timeout budget gate metric threshold by weight expect form
    binary body_base64 data_file setup request capture json header warm_up_mix warm_up_mix_file protocol keep_alive slow_limits
    open rate arrivals duration closed memory_after_gc grpc proto_file service method messages messages_file message command run
    prepare outputs custom title unit better served printed pointer ranking items id scores list in_item k diagnosis profile
    instructions __proto__ constructor <<`.split(/\s+/),
  ),
];

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

/** The most CPU time of one parse, in milliseconds. The first runs, in which the engine compiles, are not the parser's. */
let worstMs = 0;

const FILES = {
  a: '{"requests":[{"path":"/","headers":{"x":"{{b}}"}}]}',
  'd.csv': 'a,b\n1,"2"\n',
  'x.jsonl': '{"a":1}\n',
};

async function survives(content: string | Buffer): Promise<void> {
  const before = process.cpuUsage();
  const parsed = await parse(content, FILES);
  const { user, system } = process.cpuUsage(before);
  worstMs = Math.max(worstMs, (user + system) / 1000);
  if (parsed.ok) {
    expect(parsed.hash).toMatch(/^[\da-f]{64}$/);
    return;
  }
  expect(parsed.problems.length).toBeGreaterThan(0);
  expect(formatProblems(parsed.problems).split('\n')).toHaveLength(parsed.problems.length);
  expect(formatProblems(parsed.problems)).not.toMatch(CONTROL);
}

const scalar = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom(
    'a',
    '/',
    '10s',
    '2m',
    'auto',
    'startup',
    '**',
    'GET',
    '{{a}}',
    '/{{b}}',
    'd.csv',
    'tcp',
    'x.jsonl',
  ),
  fc.integer(),
  fc.double(),
  fc.constantFrom(1, 3, 0, null, true),
);

const tree = fc.letrec((tie) => ({
  node: fc.oneof({ maxDepth: 6, withCrossShrink: true }, scalar, tie('list'), tie('mapping')),
  list: fc.array(tie('node'), { maxLength: 4 }),
  mapping: fc.dictionary(
    fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...KEYS) }, fc.string({ maxLength: 6 })),
    tie('node'),
    {
      maxKeys: 8,
    },
  ),
})).mapping;

/** One way to write each key, sound or nearly so: together they reach past the schema, to what joins the keys. */
const key = (name: string, ...values: readonly unknown[]): fc.Arbitrary<[string, unknown] | undefined> =>
  fc.option(
    fc.constantFrom(...values).map((value): [string, unknown] => [name, value]),
    { freq: 2, nil: undefined },
  );

const nearlySound = fc
  .tuple(
    key(
      'requests',
      [{ path: '/{{a}}' }],
      [
        { path: '/', weight: 3 },
        { path: '/', form: { '{{c}}': '{{ a }}' } },
      ],
    ),
    key('requests_file', 'a', 'none'),
    key('grpc', { proto_file: 'a', service: 'S', method: 'M', messages: [{ message: {} }] }, {}),
    key('command', { run: ['a'] }, { run: ['a'], outputs: ['b'] }),
    key('data_file', 'd.csv', 'x.jsonl', 'a'),
    key(
      'setup',
      { request: { path: '/{{a}}' }, capture: [{ name: 'c', json: '/c' }] },
      {
        request: { path: '/' },
        capture: [
          { name: 'a', header: 'x' },
          { name: 'b', json: '' },
        ],
      },
    ),
    key('warm_up_mix', [{ path: '/' }], [{ path: '/{{b}}' }]),
    key('load', { open: { rate: 5 } }, { slow_limits: ['10ms'], closed: {} }, { protocol: 'http2' }),
    key('custom', [{ name: 'x', printed: 'x' }], [{ name: 'x', served: { path: '/', pointer: '/x' } }]),
    key(
      'gate',
      [{ metric: 'cpu_per_request' }],
      [{ metric: 'custom_x', threshold: 1 }, { metric: 'latency_over_10ms' }],
      [{ metric: 'cpu_time', threshold: 2 }],
    ),
  )
  .map((keys) => Object.fromEntries([['name', 'a'], ...keys.filter((pair) => pair !== undefined)]));

describe('the parser', () => {
  it('answers any bytes with problems', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), (bytes) => survives(Buffer.from(bytes))),
      {
        numRuns: 200,
      },
    );
  });

  it('answers any text of YAML characters', async () => {
    const token = fc.constantFrom(
      ...'-?:,[]{}#&*!|>\'"%@`~ \n\t\r'.split(''),
      '---\n',
      '...\n',
      '  ',
      '\n  ',
      'a',
      'a: ',
      '- ',
      '? ',
      '<<: ',
      '!!',
      '\uFEFF',
      '\u0085',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(token, { maxLength: 60 }), (tokens) => survives(tokens.join(''))),
      { numRuns: 800 },
    );
  });

  it('answers any mapping of its own keys', async () => {
    await fc.assert(
      fc.asyncProperty(tree, (value) => survives(stringify(value, { aliasDuplicateObjects: false }))),
      { numRuns: 150 },
    );
  });

  it('answers any choice of the ways to say what is measured', async () => {
    await fc.assert(
      fc.asyncProperty(nearlySound, (scenario) =>
        survives(stringify({ version: 1, service: { start: ['a'] }, scenarios: [scenario] })),
      ),
      { numRuns: 250 },
    );
  });

  it('answers any data file', async () => {
    const config =
      'version: 1\nservice: { start: [a] }\nscenarios: [{ name: a, data_file: FILE, requests: [{ path: "/{{a}}", headers: { x: "{{b}}" } }] }]\n';
    const cell = fc.constantFrom(
      'a',
      'b',
      ',',
      '"',
      '""',
      '\n',
      '\r\n',
      '\r',
      '..',
      'é',
      '{{a}}',
      '{"a":1,"b":2}',
      '1',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(cell, { maxLength: 12 }),
        fc.constantFrom('d.csv', 'd.jsonl'),
        async (cells, file) => {
          const text = cells.join('');
          const parsed = await parse(config.replace('FILE', file), {
            [file]: file === 'd.csv' ? `a,b\n${text}` : text,
          });

          expect(parsed.ok || parsed.problems.length > 0).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('answers any JSON, which is YAML too', async () => {
    await fc.assert(
      fc.asyncProperty(tree, (value) => survives(JSON.stringify({ version: 1, ...value }))),
      { numRuns: 200 },
    );
  });

  it('answers a sound file with any small damage', async () => {
    const starter = starterConfig();
    const damage = fc.tuple(fc.nat(starter.length), fc.nat(12), fc.string({ unit: 'binary', maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(damage, ([at, removed, inserted]) =>
        survives(starter.slice(0, at) + inserted + starter.slice(at + removed)),
      ),
      { numRuns: 150 },
    );
  });

  it('answers any requests file', async () => {
    const config = 'version: 1\nservice: { start: [a] }\nscenarios: [{ name: a, requests_file: r.json }]\n';
    const text = fc.oneof(
      fc.string({ maxLength: 40 }),
      tree.map((value) => JSON.stringify({ requests: [value] })),
      tree.map((value) => JSON.stringify(value).slice(0, -2)),
    );
    await fc.assert(
      fc.asyncProperty(text, async (json) => {
        const parsed = await parse(config, { 'r.json': json });

        expect(parsed.ok || parsed.problems.length > 0).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('took less than 500 ms of work for each of these, and left no trace in the prototype of objects', () => {
    expect(worstMs).toBeLessThan(500);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
