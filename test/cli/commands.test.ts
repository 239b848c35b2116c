import { describe, expect, it } from 'vitest';

import { perfCi } from './helpers.ts';

const COMMANDS = [
  'up',
  'web',
  'worker',
  'reporter',
  'compare',
  'judge',
  'rejudge',
  'selftest',
  'config',
  'migrate',
  'receive',
  'doctor',
  'fsck',
  'demo',
];

describe('the command line', () => {
  it.each(COMMANDS)('%s --help explains itself and exits 0', async (command) => {
    const { code, stdout } = await perfCi([command, '--help']);

    expect(code).toBe(0);
    expect(stdout).toContain(`perf-ci ${command}`);
  });

  it.each([
    [['compar', 'main'], /Did you mean compare/],
    [['compare'], /missing required argument 'base'/],
    [['compare', 'main', '--jsn'], /Did you mean --json/],
    [['compare', 'main', '--json', '--markdown'], /cannot be used with/],
    [['compare', 'main', '--seed', 'soon'], /whole number from 0 to 4294967295/],
    [['judge', '--threshold', '0'], /percent between 0\.1 and 100 expected, found 0/],
    [['up'], /GITHUB_APP_ID, GITHUB_PRIVATE_KEY_FILE, GITHUB_WEBHOOK_SECRET/],
    [['web'], /GITHUB_WEBHOOK_SECRET/],
    [['config', 'check', '/nonexistent/perf-ci.yml'], /no file/],
  ])('%j is a usage error with a remedy and no stack', async (args, message) => {
    const { code, stderr } = await perfCi(args);

    expect(code).toBe(3);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at .*\.ts:\d+/);
  });

  it('lists every wrong setting at once and keeps secrets to itself', async () => {
    const { code, stderr } = await perfCi(['migrate'], {
      env: {
        PORT: 'x',
        LOG_LEVEL: 'loud',
        GITHUB_API_URL: 'http://example.com',
        DATABASE_URL: 'mysql://u:hunter2@h/d',
      },
    });

    expect(code).toBe(3);
    for (const name of ['PORT', 'LOG_LEVEL', 'GITHUB_API_URL', 'DATABASE_URL'])
      expect(stderr).toContain(name);
    expect(stderr).not.toContain('hunter2');
  });
});

describe('perf-ci judge', () => {
  const bare = (id: string, head: number): string =>
    JSON.stringify({
      case: id,
      base: Array.from({ length: 12 }, (_, i) => 100 + (i % 3)),
      head: Array.from({ length: 12 }, (_, i) => (100 + (i % 3)) * head),
    });

  it('reads bare cases and prints a verdict a line; a regression is exit code 1', async () => {
    const { code, stdout } = await perfCi(['judge'], {
      input: `${bare('same', 1)}\n${bare('slower', 1.08)}\n`,
    });

    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { case: string; verdict: string });
    expect(lines).toMatchObject([
      { case: 'same', verdict: 'unchanged', pairs: 12 },
      { case: 'slower', verdict: 'regressed', pairs: 12 },
    ]);
    expect(code).toBe(1);
  });

  it('names the line that it cannot read and judges nothing', async () => {
    const { code, stderr } = await perfCi(['judge'], { input: `${bare('same', 1)}\n{"case": "x"` });

    expect(code).toBe(3);
    expect(stderr).toMatch(/line 2/);
  });
});

describe('perf-ci config', () => {
  it('prints an example that its own check accepts', async () => {
    const example = await perfCi(['config', 'example']);

    expect(example.code).toBe(0);
    expect(example.stdout).toContain('version: 1');
  });

  it('prints the JSON Schema', async () => {
    const { stdout } = await perfCi(['config', 'schema']);

    expect(JSON.parse(stdout)).toHaveProperty('properties.scenarios');
  });
});
