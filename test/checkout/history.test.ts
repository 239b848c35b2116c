import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readFileOfCommit } from '../../src/checkout/blob.ts';
import { changedPaths, MAX_CHANGED_PATHS } from '../../src/checkout/changed-paths.ts';
import { tidyMirror } from '../../src/checkout/housekeeping.ts';
import { compareCommits } from '../../src/checkout/merge-base.ts';
import { rootTreeOf, treeOf } from '../../src/checkout/tree.ts';
import { commitOfTree, makeRepository, runGit, storeOf, treeEntry, type TestRepository } from './fixtures.ts';

let repository: TestRepository;

describe('compareCommits', () => {
  let root: string;

  beforeAll(() => {
    repository = makeRepository();
    root = repository.git('rev-parse', 'HEAD');
  });
  afterAll(() => repository.remove());

  it('finds where the head left the base, and how far it is behind', async () => {
    repository.branch('feature', root);
    const head = repository.commit({ 'feature.txt': '1' });
    repository.git('switch', '--quiet', 'main');
    repository.commit({ 'main.txt': '1' });
    const base = repository.commit({ 'main.txt': '2' });

    const comparison = await compareCommits(storeOf(repository), base, head);

    expect(comparison).toEqual({ state: 'comparable', mergeBaseSha: root, commitsBehind: 2 });
  });

  it('is not behind when the base has not moved', async () => {
    const comparison = await compareCommits(
      storeOf(repository),
      root,
      repository.git('rev-parse', 'feature'),
    );

    expect(comparison).toEqual({ state: 'comparable', mergeBaseSha: root, commitsBehind: 0 });
  });

  it('has nothing to compare when base and head are one', async () => {
    expect(await compareCommits(storeOf(repository), root, root)).toEqual({
      state: 'nothing-to-compare',
      why: `base and head are the same commit, ${root.slice(0, 9)}`,
    });
  });

  it('has nothing to compare when the base already contains the head', async () => {
    const main = repository.git('rev-parse', 'main');

    expect(await compareCommits(storeOf(repository), main, root)).toMatchObject({
      state: 'nothing-to-compare',
    });
  });

  it('states that an orphan has no merge base', async () => {
    repository.git('switch', '--quiet', '--orphan', 'orphan');
    const orphan = repository.commit({ 'o.txt': 'o' });

    expect(await compareCommits(storeOf(repository), root, orphan)).toMatchObject({ state: 'no-merge-base' });
  });

  it('fails when a commit is not there', async () => {
    await expect(compareCommits(storeOf(repository), root, 'f'.repeat(40))).rejects.toMatchObject({
      code: 'objects-damaged',
    });
  });
});

describe('changedPaths', () => {
  beforeEach(() => {
    repository = makeRepository({ 'old name.txt': 'same\n', 'kept.txt': 'x', 'gone.txt': 'x' });
  });
  afterEach(() => repository.remove());

  it('names added, changed, removed and renamed files, however they are called', async () => {
    const before = repository.git('rev-parse', 'HEAD');
    repository.git('mv', 'old name.txt', 'new\nname.txt');
    repository.git('rm', '--quiet', 'gone.txt');
    const after = repository.commit({ 'kept.txt': 'y', 'ünïcode/"quoted".txt': 'z', '-x': 'z' });

    const changed = await changedPaths(storeOf(repository), before, after);

    expect(changed.truncated).toBe(false);
    expect(changed.paths.sort()).toEqual(
      ['-x', 'gone.txt', 'kept.txt', 'new\nname.txt', 'old name.txt', 'ünïcode/"quoted".txt'].sort(),
    );
  });

  it('stops at its limit', async () => {
    const before = repository.git('rev-parse', 'HEAD');
    const blob = repository.git('rev-parse', 'HEAD:kept.txt');
    const many = Array.from({ length: MAX_CHANGED_PATHS + 1 }, (_, index) =>
      treeEntry('100644', `file-${String(index).padStart(6, '0')}`, blob),
    );
    const after = commitOfTree(repository, Buffer.concat(many));

    const changed = await changedPaths(storeOf(repository), before, after);

    expect(changed.truncated).toBe(true);
    expect(changed.paths).toHaveLength(MAX_CHANGED_PATHS);
  });
});

describe('treeOf', () => {
  beforeAll(() => {
    repository = makeRepository({
      'service/a.txt': 'a',
      'b.txt': 'b',
      link: { link: 'service' },
      ':odd/*': 'c',
    });
  });
  afterAll(() => repository.remove());

  it('names the tree of the root and of folders', async () => {
    const head = repository.git('rev-parse', 'HEAD');

    expect(await rootTreeOf(storeOf(repository), head)).toBe(repository.git('rev-parse', 'HEAD^{tree}'));
    expect(await treeOf(storeOf(repository), head, '')).toBe(repository.git('rev-parse', 'HEAD^{tree}'));
    expect(await treeOf(storeOf(repository), head, 'service/')).toBe(
      repository.git('rev-parse', 'HEAD:service'),
    );
    expect(await treeOf(storeOf(repository), head, ':odd')).toBe(repository.git('rev-parse', 'HEAD::odd'));
  });

  it.each(['nowhere', 'b.txt', 'link', 'link/x', ':(top)service', 'serv*'])(
    'knows no folder %j',
    async (directory) => {
      const head = repository.git('rev-parse', 'HEAD');

      expect(await treeOf(storeOf(repository), head, directory)).toBeUndefined();
    },
  );
});

describe('readFileOfCommit', () => {
  const secret = '/etc/passwd';
  let head: string;

  beforeAll(() => {
    repository = makeRepository({
      'perf-ci.yml': 'version: 1\n',
      'run.sh': { script: '#!/bin/sh\n' },
      link: { link: secret },
      'folder/link.yml': { link: '../perf-ci.yml' },
      'big.yml': 'x'.repeat(65 * 1024),
    });
    head = repository.commitEntry('160000', 'a'.repeat(40), 'sub');
  });
  afterAll(() => repository.remove());

  it('reads a file and its mode', async () => {
    const file = await readFileOfCommit(storeOf(repository), head, 'perf-ci.yml');

    expect(file).toEqual({ mode: '100644', bytes: Buffer.from('version: 1\n') });
  });

  it.each([
    ['run.sh', '100755', '#!/bin/sh\n'],
    ['link', '120000', ''],
    ['folder/link.yml', '120000', ''],
    ['sub', '160000', ''],
    ['folder', '040000', ''],
  ])('tells by its mode that %s is %s', async (path, mode, content) => {
    const file = await readFileOfCommit(storeOf(repository), head, path);

    expect(file?.mode).toBe(mode);
    expect(file?.bytes.toString()).toBe(content);
  });

  it.each(['missing.yml', 'link/hosts', 'perf-ci.yml/x', '*.yml', '-x'])(
    'finds nothing at %j',
    async (path) => {
      expect(await readFileOfCommit(storeOf(repository), head, path)).toBeUndefined();
    },
  );

  it('refuses a file above the limit without reading it', async () => {
    await expect(readFileOfCommit(storeOf(repository), head, 'big.yml')).rejects.toMatchObject({
      code: 'file-too-large',
      blame: 'config',
    });
  });
});

describe('tidyMirror', () => {
  it('lets the oldest kept commits go, but none that is in use', async () => {
    repository = makeRepository();
    const keep = (sha: string): string => `refs/perf-ci/commits/${sha}`;
    const shas = [1, 2, 3, 4, 5].map((day) => {
      const date = `2024-01-0${day}T00:00:00Z`;
      repository.git('commit', '--quiet', '--allow-empty', '--message', date, '--date', date);
      const tree = repository.git('rev-parse', 'HEAD^{tree}');
      const raw = `tree ${tree}\nauthor A <a@b> ${day} +0000\ncommitter A <a@b> ${day} +0000\n\nx\n`;
      const sha = runGit(repository.path, ['hash-object', '-t', 'commit', '-w', '--stdin'], raw);
      repository.git('update-ref', keep(sha), sha);
      return sha;
    });
    const [oldest = '', , , , newest = ''] = shas;

    await tidyMirror({ gitDir: join(repository.path, '.git') }, [{ sha: oldest }], {}, 2);

    const left = repository.git('for-each-ref', '--format=%(objectname)', 'refs/perf-ci').split('\n');
    expect(new Set(left)).toEqual(new Set([oldest, shas[3], newest]));
    repository.remove();
  });
});
