import { describe, expect, it } from 'vitest';
import { missingConfigProblem } from '../../src/project-config/parse.ts';
import { formatProblems } from '../../src/project-config/problem.ts';
import { parse, problemsOf, yml } from './read-config.ts';

const VALID = yml({});

describe('C1: no configuration', () => {
  it('names the base branch and how to write a file when there is none', () => {
    const problem = missingConfigProblem('main', 'https://perf.example/docs/configuration');

    expect(formatProblems([problem])).toBe(
      'perf-ci.yml  no perf-ci.yml on base branch main  commit one to that branch: https://perf.example/docs/configuration',
    );
  });

  it('shows no control character of a hostile branch name', () => {
    const printed = formatProblems([missingConfigProblem('a\u001b[31mb\u202ec')]);

    expect(printed).toContain('no perf-ci.yml on base branch a\uFFFD[31mb\uFFFDc');
  });

  it.each([
    ['nothing', ''],
    ['only comments', '# version: 1\n\n  # later\n'],
    ['only a document start', '---\n'],
    ['only a byte order mark', '\uFEFF'],
  ])('says that a file with %s is empty', async (_what, text) => {
    const problems = await problemsOf(text);

    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^perf-ci\.yml(:\d+:\d+)? {2}file is empty {2}start with version: 1/);
  });
});

describe('C2: malformed YAML', () => {
  it('places a tab that indents', async () => {
    const problems = await problemsOf('version: 1\nservice:\n\tstart: [a]\n');

    expect(problems[0]).toBe('perf-ci.yml:3:1  tabs are not allowed as indentation');
  });

  it('places every duplicate key', async () => {
    const problems = await problemsOf(`${VALID}pool: a\npool: b\npool: c\n`);

    expect(problems).toEqual([
      'perf-ci.yml:6:1  pool: duplicate key "pool"  keep one of them',
      'perf-ci.yml:7:1  pool: duplicate key "pool"  keep one of them',
    ]);
  });

  it('expects one document', async () => {
    const problems = await problemsOf(`${VALID}---\nversion: 1\n`);

    expect(problems[0]).toMatch(/^perf-ci\.yml:\d:\d {2}one YAML document expected; found a second one/);
  });

  it('accepts one document between its markers', async () => {
    const parsed = await parse(`---\n${VALID}...\n`);

    expect(parsed.ok).toBe(true);
  });

  it('places a syntax error', async () => {
    const problems = await problemsOf('version: 1\nservice: [a\n');

    expect(problems[0]).toMatch(/^perf-ci\.yml:3:1 {2}flow sequence in block collection must be/);
  });
});

/** CPU time, as the wall clock of a loaded machine says nothing about the work; the better of two, as it compiles in the first. */
async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 2; run += 1) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  return Math.min(...times);
}

describe('C3: YAML that does more than hold data', () => {
  const laughs = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 10; level += 1) {
    const name = String.fromCharCode(97 + level);
    const before = String.fromCharCode(96 + level);
    laughs.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`);
  }

  it.each([
    ['an alias bomb', laughs.join('\n'), 'perf-ci.yml:1:4  anchors are not allowed'],
    ['an alias', 'a: *b\n', 'perf-ci.yml:1:4  aliases are not allowed'],
    [
      'a merge key',
      'service:\n  <<: { start: [a] }\n',
      'perf-ci.yml:2:3  service["<<"]: merge keys (<<) are not allowed',
    ],
    ['a function tag', 'a: !!js/function "x"\n', 'perf-ci.yml:1:4  custom tags are not allowed'],
    ['a standard tag', 'a: !!str 1\n', 'perf-ci.yml:1:4  custom tags are not allowed'],
    ['an anchor on a key', '&k version: 1\n', 'perf-ci.yml:1:1  anchors are not allowed'],
    ['a directive', '%YAML 1.1\n---\nversion: 1\n', 'perf-ci.yml:1:1  YAML directives are not allowed'],
    [
      'a prototype key',
      'service:\n  __proto__: { x: 1 }\n',
      'perf-ci.yml:2:3  service.__proto__: the key __proto__ is not allowed',
    ],
  ])('refuses %s', async (_what, text, expected) => {
    const problems = await problemsOf(text);

    expect(problems.filter((problem) => problem.startsWith(expected))).toHaveLength(1);
  });

  it('lists every alias of a file, with its place', async () => {
    const problems = await problemsOf('a: "*x"\nb: { c: [*d, "&e"] }\nf: *g\n');

    expect(problems.map((problem) => problem.split('  ')[0])).toEqual([
      'perf-ci.yml:2:10',
      'perf-ci.yml:3:4',
    ]);
  });

  it.each([
    ['an alias bomb', laughs.join('\n')],
    ['deep flow lists', '['.repeat(65_000)],
    ['deep block lists', '- '.repeat(32_000)],
    ['deep explicit keys', '? '.repeat(32_000)],
    ['closing brackets', ']'.repeat(65_000)],
    ['thousands of documents', '---\na\n'.repeat(10_000)],
    ['thousands of anchors', '&a '.repeat(20_000)],
    ['thousands of keys', Array.from({ length: 8_000 }, (_, index) => `k${index}:`).join('\n')],
    ['thousands of nested starts', 'a: [\n'.repeat(13_000)],
    ['thousands of tabs', 'a:\n\tb\n'.repeat(9_000)],
  ])('answers %s with few problems and less than 500 ms of work', async (_what, text) => {
    let count = 0;

    const ms = await cpuMs(async () => {
      count = (await problemsOf(text)).length;
    });

    expect(count).toBeLessThanOrEqual(101);
    expect(ms).toBeLessThan(500);
  });

  it('leaves the prototype of objects alone', async () => {
    await problemsOf('__proto__: { polluted: 1 }\nconstructor: { prototype: { polluted: 1 } }\n');
    await problemsOf(yml({ service: 'start: [a], env: { __proto__: x, constructor: y }' }));
    await problemsOf(yml({ scenario: 'name: a, requests_file: r.json' }), {
      'r.json':
        '{"requests":[{"path":"/","headers":{"__proto__":{"polluted":1}}}],"__proto__":{"polluted":1}}',
    });

    expect('polluted' in {}).toBe(false);
  });
});

describe('C19: encodings and size', () => {
  it.each([
    [
      'UTF-16 with a mark',
      Buffer.from(`\uFEFF${VALID}`, 'utf16le'),
      'expected UTF-8; found UTF-16 (little endian)',
    ],
    ['UTF-16 without one', Buffer.from(VALID, 'utf16le'), 'expected UTF-8; found UTF-16 (little endian)'],
    [
      'big endian UTF-16',
      Buffer.from(`\uFEFF${VALID}`, 'utf16le').swap16(),
      'expected UTF-8; found UTF-16 (big endian)',
    ],
    ['UTF-32', Buffer.from('fffe000076000000', 'hex'), 'expected UTF-8; found UTF-32'],
    [
      'Latin-1',
      Buffer.from(`# a\n# caf\u00e9\n${VALID}`, 'latin1'),
      'expected UTF-8; found the byte 0xE9 in line 2, which looks like Latin-1 (ISO 8859-1)',
    ],
  ])('refuses %s by name', async (_what, bytes, expected) => {
    const problems = await problemsOf(bytes);

    expect(problems).toEqual([`perf-ci.yml  ${expected}  save the file as UTF-8`]);
  });

  it('does not take a genuine replacement character for a broken byte', async () => {
    const bytes = Buffer.concat([Buffer.from('# \uFFFD\n# '), Buffer.from([0xe9]), Buffer.from('\n')]);

    const problems = await problemsOf(bytes);

    expect(problems[0]).toContain('the byte 0xE9 in line 2');
  });

  it('accepts a byte order mark and CRLF', async () => {
    const parsed = await parse(`\uFEFF${VALID.replaceAll('\n', '\r\n')}`);

    expect(parsed.ok).toBe(true);
  });

  it('counts lines and columns the same with CRLF', async () => {
    const problems = await problemsOf(`version: 1\r\nservice: { start: [a] }\r\nscenarios: []\r\n`);

    expect(problems).toEqual([
      'perf-ci.yml:3:12  scenarios: expected at least one scenario; found an empty list',
    ]);
  });

  it('refuses 65 KiB and reads 64 KiB', async () => {
    const padding = (bytes: number): string => `${VALID}#${'x'.repeat(bytes - VALID.length - 1)}`;

    const tooLarge = await problemsOf(padding(65 * 1024));
    const largest = await parse(padding(64 * 1024));

    expect(tooLarge).toEqual([
      'perf-ci.yml  expected at most 64 KiB; found 65 KiB  move requests into a requests_file',
    ]);
    expect(largest.ok).toBe(true);
  });

  it('refuses a raw control character', async () => {
    const problems = await problemsOf('version: 1\npool: "a\u0000b"\n');

    expect(problems[0]).toMatch(/^perf-ci\.yml:2:9 {2}expected text; found the control character U\+0000/);
  });
});

describe('C20: what perf-ci.yml is', () => {
  it.each([
    ['040000', 'a directory'],
    ['120000', 'a symbolic link'],
    ['160000', 'a submodule'],
    ['100755', 'an executable file'],
    ['100600', 'a special file (mode 100600)'],
  ])('refuses mode %s without a look at the content', async (mode, kind) => {
    const problems = await problemsOf('/etc/passwd', {}, mode);

    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`perf-ci.yml  must be a regular file (mode 100644); found ${kind}`);
    expect(problems[0]).not.toContain('passwd');
  });
});
