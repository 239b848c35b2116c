import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportTree } from '../../src/checkout/export.ts';
import { openLocalRepository, resolveRevision, type LocalRepository } from '../../src/checkout/local.ts';
import { compareCommits } from '../../src/checkout/merge-base.ts';
import { rootTreeOf } from '../../src/checkout/tree.ts';
import { makeRepository, runGit, temporaryFolder, type TestRepository } from './fixtures.ts';
import { HOSTILE_BRANCHES } from './hostile-names.ts';

let folder: { path: string; remove(): Promise<void> };
let repository: TestRepository;
let first: string;
let scratches = 0;

beforeEach(async () => {
  folder = await temporaryFolder();
  repository = makeRepository({ 'README.md': 'hello\n', 'src/a.js': 'a' });
  first = repository.git('rev-parse', 'HEAD');
});
afterEach(async () => {
  repository.remove();
  await folder.remove();
});

function open(path = repository.path): Promise<LocalRepository> {
  scratches += 1;
  return openLocalRepository({ path, scratchDir: join(folder.path, `scratch-${scratches}`) });
}

/** Content and times of everything in a folder. */
function stateOf(path: string): string {
  return execFileSync('find', [path, '-printf', '%p %s %T@ %C@\n'], { encoding: 'utf8' });
}

describe('openLocalRepository', () => {
  it('reads commits of the repository around a folder, and writes nothing into it', async () => {
    repository.branch('feature');
    const head = repository.commit({ 'src/a.js': 'b' });
    repository.write({ 'src/a.js': 'c', 'new.js': 'new', 'other.js': 'new' });
    const before = stateOf(repository.path);

    const local = await open(join(repository.path, 'src'));
    const comparison = await compareCommits(local.store, await resolveRevision(local, 'main'), head);
    await exportTree(local.store, head, join(folder.path, 'tree'));

    expect(local).toMatchObject({
      root: repository.path,
      shallow: false,
      uncommitted: { changed: 1, untracked: 2 },
    });
    expect(comparison).toMatchObject({ state: 'comparable', mergeBaseSha: first });
    expect(stateOf(repository.path)).toBe(before);
  });

  it('finds nothing uncommitted in a clean tree, ignored files aside', async () => {
    repository.commit({ '.gitignore': 'node_modules\n' });
    repository.write({ 'node_modules/x.js': '' });

    expect((await open()).uncommitted).toEqual({ changed: 0, untracked: 0 });
  });

  it('reads a linked work tree, whose HEAD is its own', async () => {
    const linked = join(folder.path, 'linked');
    repository.git('worktree', 'add', '--quiet', '-b', 'side', linked);
    repository.commit({ 'a.txt': 'main only' });

    const local = await open(linked);

    expect(local.root).toBe(linked);
    expect(await resolveRevision(local, 'HEAD')).toBe(first);
    expect(await rootTreeOf(local.store, first)).toBe(repository.git('rev-parse', `${first}^{tree}`));
  });

  it('reads a bare repository', async () => {
    const bare = join(folder.path, 'bare.git');
    runGit(folder.path, ['clone', '--quiet', '--bare', repository.path, bare]);

    const local = await open(bare);

    expect(local).toMatchObject({ root: undefined, uncommitted: { changed: 0, untracked: 0 } });
    expect(await resolveRevision(local, 'main')).toBe(first);
  });

  it('reads a shallow clone as far as it goes, and tells that it is one', async () => {
    repository.commit({ 'a.txt': '1' });
    repository.commit({ 'a.txt': '2' });
    const clone = join(folder.path, 'clone');
    runGit(folder.path, ['clone', '--quiet', '--depth', '2', `file://${repository.path}`, clone]);

    const local = await open(clone);
    const [base, head] = [await resolveRevision(local, 'HEAD~1'), await resolveRevision(local, 'HEAD')];

    expect(local.shallow).toBe(true);
    expect(await compareCommits(local.store, base, head)).toMatchObject({
      state: 'comparable',
      mergeBaseSha: base,
    });
    await expect(resolveRevision(local, 'HEAD~2')).rejects.toMatchObject({
      code: 'unknown-revision',
      remedy: expect.stringContaining('--unshallow') as string,
    });
  });

  it('starts no program that the settings of the repository name', async () => {
    const owned = join(folder.path, 'owned');
    const head = repository.commit({ '.gitattributes': '*.js filter=evil\n' });
    repository.git('config', 'core.fsmonitor', `touch ${owned}`);
    repository.git('config', 'core.pager', `touch ${owned}`);
    repository.git('config', 'diff.external', `touch ${owned}`);
    repository.git('config', 'filter.evil.smudge', `touch ${owned}; cat`);

    const local = await open();
    await exportTree(local.store, head, join(folder.path, 'tree'));

    expect(execFileSync('ls', [folder.path], { encoding: 'utf8' })).not.toContain('owned');
  });

  it('says that a folder is no repository, or does not exist', async () => {
    await mkdir(join(folder.path, 'plain'));

    for (const path of [join(folder.path, 'plain'), join(folder.path, 'missing')]) {
      await expect(open(path)).rejects.toMatchObject({ code: 'not-a-repository', blame: 'usage' });
    }
  });

  it('refuses object names that it cannot handle', async () => {
    const modern = join(folder.path, 'modern');
    runGit(folder.path, ['init', '--quiet', '--object-format=sha256', modern]);

    await expect(open(modern)).rejects.toMatchObject({ code: 'unsupported-object-format' });
  });
});

describe('resolveRevision', () => {
  it('reads branches, tags, short ids and expressions', async () => {
    repository.git('tag', '--annotate', '--message', 'x', 'v1');
    repository.commit({ 'a.txt': 'a' });
    const local = await open();

    for (const revision of ['v1', first, first.slice(0, 12), 'HEAD~1', 'main^', 'main@{1}']) {
      expect(await resolveRevision(local, revision)).toBe(first);
    }
  });

  it('reads hostile branch names as names', async () => {
    const names = HOSTILE_BRANCHES.filter(
      (name) => !['HEAD', 'FETCH_HEAD', 'refs/heads/main'].includes(name),
    );
    const commands = names.map((name) => `create refs/heads/${name}\0${first}\0`).join('');
    runGit(repository.path, ['update-ref', '-z', '--stdin'], commands);
    const local = await open();

    for (const name of names.filter((_, index) => index < 32)) {
      expect(await resolveRevision(local, name)).toBe(first);
    }
  });

  it.each([
    '',
    'nowhere',
    '--help',
    '--git-dir',
    '-h',
    'main..HEAD',
    'HEAD:README.md',
    'HEAD^{tree}',
    'a\0b',
    'x'.repeat(9_000),
    'f'.repeat(40),
  ])('knows no commit %j', async (revision) => {
    const gitDir = join(repository.path, '.git');

    await expect(resolveRevision({ gitDir, shallow: false }, revision)).rejects.toMatchObject({
      code: 'unknown-revision',
      blame: 'usage',
    });
  });

  it('finds nothing in an empty repository', async () => {
    const empty = join(folder.path, 'empty');
    runGit(folder.path, ['init', '--quiet', empty]);

    await expect(resolveRevision(await open(empty), 'HEAD')).rejects.toMatchObject({
      code: 'unknown-revision',
    });
  });
});
