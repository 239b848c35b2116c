import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareSides, type PreparedSides, type PrepareRequest } from '../../src/checkout/prepare.ts';
import { makeRepository, storeOf, temporaryFolder, type TestRepository } from './fixtures.ts';

let folder: { path: string; remove(): Promise<void> };
let repository: TestRepository;
let base: string;

const BUILD_SCRIPT = { script: '#!/bin/sh\necho building; cp source built\n' };

beforeEach(async () => {
  folder = await temporaryFolder();
  repository = makeRepository({ source: 'base', 'build.sh': BUILD_SCRIPT });
  base = repository.git('rev-parse', 'HEAD');
});
afterEach(async () => {
  repository.remove();
  await folder.remove();
});

function prepare(headSha: string, more: Partial<PrepareRequest> = {}): Promise<PreparedSides> {
  return prepareSides({
    store: storeOf(repository),
    cache: { dataDir: folder.path },
    baseSha: base,
    headSha,
    service: { directory: '', build: [['./build.sh']], buildTimeoutMs: 20_000, env: {} },
    trustTier: 'branch',
    ...more,
  });
}

async function usesLeft(): Promise<string[]> {
  return readdir(join(folder.path, 'builds/.uses')).catch(() => []);
}

describe('prepareSides', () => {
  it('builds both sides, base first, each from its own commit', async () => {
    const head = repository.commit({ source: 'head' });
    const sides: string[] = [];

    const prepared = await prepare(head, { onSide: (side) => sides.push(side) });

    if (prepared.state !== 'ready') throw new Error(prepared.message);
    expect(sides).toEqual(['base', 'head']);
    expect(await readFile(join(prepared.base.path, 'built'), 'utf8')).toBe('base');
    expect(await readFile(join(prepared.head.path, 'built'), 'utf8')).toBe('head');
    expect(await readdir(prepared.head.path)).not.toContain('.git');
    expect(await usesLeft()).toHaveLength(2);
    await prepared.release();
    expect(await usesLeft()).toEqual([]);
  });

  it('builds a tree once, however many commits have it', async () => {
    repository.commit({ passwd: { link: '/etc/passwd' } });
    base = repository.git('rev-parse', 'HEAD');
    const head = repository.commit({}, 'no change');

    const first = await prepare(head);
    const second = await prepare(head);

    expect(first).toMatchObject({ base: { cached: false }, head: { cached: true } });
    expect(second).toMatchObject({
      base: { cached: true, notes: ['1 links that lead out of the repository were left out: passwd'] },
      head: { cached: true },
    });
  });

  it('shares no build between trust tiers', async () => {
    await prepare(base);

    expect(await prepare(base, { trustTier: 'fork' })).toMatchObject({ base: { cached: false } });
  });

  it('says that the head does not build, which command failed and what it printed', async () => {
    const head = repository.commit({ 'build.sh': { script: '#!/bin/sh\necho no such module; exit 3\n' } });

    const prepared = await prepare(head);

    expect(prepared).toMatchObject({
      state: 'failed',
      side: 'head',
      code: 'build-failed',
      message: 'expected `./build.sh` to exit with 0, found 3',
      logTail: expect.stringContaining('no such module') as string,
    });
    expect(await usesLeft()).toEqual([]);
  });

  it('says that the base does not build, and that the pull request is not to blame', async () => {
    base = repository.commit({ 'build.sh': { script: '#!/bin/sh\nexit 1\n' } });
    const head = repository.commit({ 'build.sh': BUILD_SCRIPT });

    expect(await prepare(head)).toMatchObject({
      state: 'failed',
      side: 'base',
      remedy: expect.stringContaining('not to blame') as string,
    });
  });

  it.each([
    ['build-timeout', { build: [['sleep', '60']], buildTimeoutMs: 50 }],
    ['build-not-started', { build: [['./missing']] }],
    ['build-not-started', { directory: 'nowhere' }],
  ])('answers %s for %j', async (code, change) => {
    const service = { directory: '', build: [['true']], buildTimeoutMs: 20_000, env: {}, ...change };

    expect(await prepare(base, { service })).toMatchObject({ state: 'failed', side: 'base', code });
  });

  it('says which side is too large', async () => {
    const head = repository.commit({ big: 'x'.repeat(5_000) });

    expect(await prepare(head, { treeLimits: { maxBytes: 4_000 } })).toMatchObject({
      state: 'failed',
      side: 'head',
      code: 'tree-too-large',
    });
    expect(await usesLeft()).toEqual([]);
  });

  it('throws what neither side is to blame for', async () => {
    await expect(prepare('f'.repeat(40))).rejects.toMatchObject({ code: 'objects-damaged' });
    await expect(prepare(base, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    expect(await usesLeft()).toEqual([]);
  });
});
