import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gitEnvironment, withoutSecrets } from '../../src/checkout/git-environment.ts';
import { toGitError } from '../../src/checkout/git-errors.ts';
import { git, gitText } from '../../src/checkout/git.ts';
import { makeRepository, type TestRepository } from '../helpers/repository.ts';

let repository: TestRepository;
let gitDir: string;

beforeAll(() => {
  repository = makeRepository({ 'big.txt': 'x'.repeat(300_000) });
  gitDir = join(repository.path, '.git');
});
afterAll(() => repository.remove());

describe('git', () => {
  it('answers what git printed', async () => {
    const head = await gitText(['rev-parse', 'HEAD'], { gitDir });

    expect(head).toBe(repository.git('rev-parse', 'HEAD'));
  });

  it('inherits nothing but PATH', async () => {
    process.env['PERF_CI_CANARY'] = 'canary';
    const printed = await gitText(['-c', 'alias.show-env=!env', 'show-env'], { gitDir });
    delete process.env['PERF_CI_CANARY'];

    expect(printed).not.toContain('canary');
    expect(printed).toContain('HOME=/dev/null');
    expect(printed).toContain('GIT_ALLOW_PROTOCOL=none');
  });

  it('runs no hook of a repository', async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'perf-ci-checkout-test-'));
    const indexFile = join(scratch, 'index');
    const entry = `100644 ${repository.git('rev-parse', 'HEAD:big.txt')}\tbig.txt\0`;
    const hook = '.git/hooks/post-index-change';
    repository.write({ [hook]: { script: `#!/bin/sh\ntouch ${scratch}/owned\n` } });

    await git(['update-index', '-z', '--index-info'], { gitDir, indexFile, input: entry });
    const without = await readdir(scratch);
    repository.git('update-index', '--force-remove', 'nothing');
    const withHook = await readdir(scratch);

    expect(without).toEqual(['index']);
    // The control: git as a user runs it does start the hook.
    expect(withHook).toContain('owned');
    await rm(join(repository.path, hook));
    await rm(scratch, { recursive: true });
  });

  it('refuses every way to fetch when no remote was named', async () => {
    for (const url of [
      repository.path,
      `file://${repository.path}`,
      'ext::sh -c id',
      'git://localhost/x',
      'ssh://x/y',
    ]) {
      await expect(git(['ls-remote', '--end-of-options', url], { gitDir })).rejects.toThrow(
        /not allowed|not supported/,
      );
    }
  });

  it('fails with a typed error that names the command and what git said', async () => {
    await expect(git(['cat-file', '-t', 'f'.repeat(40)], { gitDir })).rejects.toMatchObject({
      name: 'PerfCiError',
      details: { command: 'cat-file', exitCode: 128 },
    });
  });

  it('stops git, and what git started, when the time is over', async () => {
    const call = git(['-c', 'alias.wait=!sleep 60', 'wait'], { gitDir, timeoutMs: 100 });

    await expect(call).rejects.toMatchObject({ code: 'git-timeout', retryable: false });
  });

  it('stops when its caller says so', async () => {
    const controller = new AbortController();
    const call = git(['-c', 'alias.wait=!sleep 60', 'wait'], { gitDir, signal: controller.signal });
    setTimeout(() => controller.abort(), 50);

    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    await expect(git(['version'], { signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' });
  });

  it('refuses or cuts an output above the limit', async () => {
    const call = { gitDir, maxOutputBytes: 1_000 };

    await expect(git(['cat-file', 'blob', 'HEAD:big.txt'], call)).rejects.toMatchObject({
      code: 'git-output-too-large',
    });
    const cut = await git(['cat-file', 'blob', 'HEAD:big.txt'], { ...call, onOverflow: 'cut' });
    expect(cut).toMatchObject({ truncated: true });
    expect(cut.stdout).toHaveLength(1_000);
  });

  it('says that git is missing', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    const call = git(['version']);
    process.env['PATH'] = path;

    await expect(call).rejects.toMatchObject({ code: 'git-missing' });
  });

  it('refuses an argument with a NUL byte', async () => {
    await expect(git(['rev-parse', 'a\0b'], { gitDir })).rejects.toMatchObject({ code: 'git-failed' });
  });
});

describe('gitEnvironment and withoutSecrets', () => {
  const remote = { url: 'https://github.com/acme/ranking.git', token: 'ghs_verysecret' };
  const encoded = Buffer.from('x-access-token:ghs_verysecret').toString('base64');

  it('passes a token as a setting for its host alone', () => {
    const environment = gitEnvironment({ remote });

    const index = Object.values(environment).indexOf('http.https://github.com/.extraHeader');
    const key = Object.keys(environment)[index] ?? '';
    expect(environment[key.replace('KEY', 'VALUE')]).toBe(`Authorization: Basic ${encoded}`);
    expect(environment['GIT_ALLOW_PROTOCOL']).toBe('https');
  });

  it('removes the token in every form', () => {
    const text = `ghs_verysecret ${encoded} https://x-access-token:ghs_other@github.com/a/b`;

    expect(withoutSecrets(text, remote)).toBe('[token] [token] https://github.com/a/b');
  });
});

describe('toGitError', () => {
  it.each([
    ['access-denied', false, "fatal: Authentication failed for 'https://github.com/a/b/'"],
    [
      'access-denied',
      false,
      "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
    ],
    ['access-denied', false, "fatal: unable to access 'https://x/': The requested URL returned error: 403"],
    ['repository-not-found', false, "fatal: repository 'https://github.com/a/b/' not found"],
    ['repository-moved', true, "fatal: unable to access 'https://x/': The requested URL returned error: 301"],
    ['repository-unreachable', true, "fatal: unable to access 'https://x/': Could not resolve host: x"],
    [
      'repository-unreachable',
      true,
      "fatal: unable to access 'https://x/': The requested URL returned error: 502",
    ],
    [
      'repository-unreachable',
      true,
      "fatal: unable to access 'https://x/': The requested URL returned error: 429",
    ],
    ['repository-unreachable', true, 'error: RPC failed; curl 56 Recv failure: Connection reset by peer'],
    ['commit-unreachable', false, `fatal: remote error: upload-pack: not our ref ${'a'.repeat(40)}`],
    [
      'commit-unreachable',
      false,
      `error: Server does not allow request for unadvertised object ${'a'.repeat(40)}`,
    ],
    ['commit-unreachable', false, "fatal: couldn't find remote ref refs/pull/1/head"],
    ['unsupported-object-format', false, 'fatal: mismatched algorithms: client sha1; server sha256'],
    [
      'objects-refused',
      false,
      'error: object 1234: hasDotgit: contains .git\nfatal: fsck error in packed object',
    ],
    ['objects-damaged', true, "fatal: not a git repository: '/data/mirrors/1.git'"],
    ['objects-damaged', true, 'fatal: bad object HEAD'],
    ['disk-full', true, 'fatal: write error: No space left on device'],
    ['git-failed', false, 'fatal: something new'],
  ])('reads %s (retryable %s) out of %j', (code, retryable, stderr) => {
    expect(toGitError({ command: 'fetch', exitCode: 128, stderr })).toMatchObject({ code, retryable });
  });

  it('takes a crash for a tree that nobody can walk', () => {
    expect(
      toGitError({ command: 'ls-tree', exitCode: undefined, signalName: 'SIGSEGV', stderr: '' }),
    ).toMatchObject({
      code: 'objects-refused',
    });
  });

  it('clips and cleans what git said', () => {
    const stderr = `fatal: \u001b[31m${'x'.repeat(1_000)}\u202E`;

    const error = toGitError({ command: 'fetch', exitCode: 1, stderr });

    expect(error.message.length).toBeLessThan(400);
    expect(error.message).not.toContain('\u001b');
    expect(error.message).not.toContain('\u202E');
  });
});
