import { describe, expect, it } from 'vitest';
import { configOf, messagesOf, yml } from './read-config.ts';

describe('C15: commands', () => {
  it.each([
    ['start: []', 'service.start: expected at least one argument; found an empty list'],
    ['start: [""]', 'service.start: expected a command whose first argument names a program; found a list'],
    [
      'start: node server.ts',
      'service.start: expected a list of arguments such as [node, server.ts]; found "node server.ts"',
    ],
    ['start: [a, "b\\0"]', 'service.start[1]: expected a text without NUL characters; found "b\uFFFD"'],
    [
      `start: [${'a'.repeat(5_000)}]`,
      'service.start[0]: expected a text of at most 4096 characters; found "aaa',
    ],
    [
      'start: [a, 80]',
      'service.start[1]: expected a text (put numbers and words such as true in quotes); found 80',
    ],
    ['start: [a], build: [[]]', 'service.build[0]: expected at least one argument; found an empty list'],
    ['build: []', 'service.start: missing; expected a list of arguments such as [node, server.ts]'],
  ])('refuses %s', async (service, expected) => {
    const messages = await messagesOf(yml({ service }));

    expect(messages).toHaveLength(1);
    expect(messages[0]?.startsWith(expected)).toBe(true);
  });

  it('refuses a command of 100 kB for the size of the file', async () => {
    const messages = await messagesOf(yml({ service: `start: [${'a'.repeat(100_000)}]` }));

    expect(messages[0]).toContain('expected at most 64 KiB; found 98 KiB');
  });
});

describe('C16: variables', () => {
  it.each([
    'LD_PRELOAD',
    'ld_preload',
    'NODE_OPTIONS',
    'PATH',
    'HOME',
    'PORT',
    'PERFCI_X',
    'PERF_CI_X',
    'GITHUB_TOKEN',
    'GLIBC_TUNABLES',
    'npm_config_registry',
    'GIT_DIR',
    'https_proxy',
  ])('refuses %s as reserved', async (name) => {
    const messages = await messagesOf(yml({ service: `start: [a], env: { ${name}: x }` }));

    expect(messages).toEqual([
      `service.env.${name}: expected no reserved variable; found "${name}"  remove it: the runner sets or forbids it`,
    ]);
  });

  it('accepts texts, and refuses numbers and odd names', async () => {
    const config = await configOf(
      yml({ service: 'start: [a], env: { SEED: "1", EMPTY: "", DATABASE_URL: x }' }),
    );
    const messages = await messagesOf(yml({ service: 'start: [a], env: { SEED: 1, "A=B": x }' }));

    expect(config.service.env).toEqual({ SEED: '1', EMPTY: '', DATABASE_URL: 'x' });
    expect(messages).toEqual([
      'service.env.SEED: expected a text (put numbers and words such as true in quotes); found 1',
      'service.env["A=B"]: expected a variable name such as LOG_LEVEL; found "A=B"',
    ]);
  });
});

describe('C17: ports', () => {
  it.each([
    ['22', '22'],
    ['0', '0'],
    ['70000', '70000'],
    ['auto0', '"auto0"'],
    ['"8080"', '"8080"'],
  ])('refuses %s', async (written, shown) => {
    const messages = await messagesOf(yml({ service: `start: [a], port: ${written}` }));

    expect(messages).toEqual([`service.port: expected 1024..65535 or auto; found ${shown}`]);
  });
});

describe('C18: version', () => {
  it.each([
    ['99', '99'],
    ['"1"', '"1"'],
    ['', 'null'],
  ])('refuses %s', async (version, shown) => {
    const messages = await messagesOf(yml({ version }));

    expect(messages).toEqual([`version: this server reads version 1; found ${shown}`]);
  });

  it('refuses a file without it', async () => {
    const messages = await messagesOf(yml({}).replace('version: 1\n', ''));

    expect(messages).toEqual(['version: this server reads version 1; found nothing']);
  });
});
