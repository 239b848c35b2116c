import { mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportNotes, exportTree } from '../../src/checkout/export.ts';
import {
  commitOfTree,
  makeRepository,
  runGit,
  storeOf,
  temporaryFolder,
  treeEntry,
  type FileSpec,
  type TestRepository,
} from './fixtures.ts';

let folder: { path: string; remove(): Promise<void> };
let repository: TestRepository;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  repository.remove();
  await folder.remove();
});

function commitOf(files: Record<string, FileSpec>): string {
  repository = makeRepository(files);
  return repository.git('rev-parse', 'HEAD');
}

const exported = (): string => join(folder.path, 'tree');

describe('exportTree', () => {
  it('writes what a checkout would write, without .git', async () => {
    const head = commitOf({
      'package.json': '{}',
      'src/deep/a.js': 'a',
      'run.sh': { script: '#!/bin/sh\n' },
      'line\nbreak and ünïcode.txt': 'odd',
      ['x'.repeat(255)]: 'long',
      empty: '',
    });

    const report = await exportTree(storeOf(repository), head, exported());

    expect(report).toEqual({ files: 6, bytes: 20, leftOutLinks: [], submodules: [], lfsPointers: [] });
    expect((await readdir(exported())).sort()).toEqual(
      ['empty', 'line\nbreak and ünïcode.txt', 'package.json', 'run.sh', 'src', 'x'.repeat(255)].sort(),
    );
    expect(await readFile(join(exported(), 'src/deep/a.js'), 'utf8')).toBe('a');
    expect((await stat(join(exported(), 'run.sh'))).mode & 0o111).not.toBe(0);
    expect((await stat(join(exported(), 'empty'))).mode & 0o111).toBe(0);
  });

  it('does not let attributes leave files out or rewrite them', async () => {
    const head = commitOf({
      '.gitattributes': 'tests export-ignore\nversion.txt export-subst\n*.js filter=evil\n',
      'tests/a.js': 'a',
      'version.txt': '$Format:%H$\n',
    });

    await exportTree(storeOf(repository), head, exported());

    expect(await readFile(join(exported(), 'tests/a.js'), 'utf8')).toBe('a');
    expect(await readFile(join(exported(), 'version.txt'), 'utf8')).toBe('$Format:%H$\n');
  });

  it('keeps links within the tree and leaves out those that lead outside', async () => {
    const head = commitOf({
      'docs/real.md': 'x',
      'docs/link.md': { link: 'real.md' },
      'up.md': { link: 'docs/../docs/real.md' },
      passwd: { link: '/etc/passwd' },
      'docs/above': { link: '../../above' },
      'a/b/c/root': { link: '../../..' },
      sneaky: { link: 'a/b/c/root/../above' },
    });

    const report = await exportTree(storeOf(repository), head, exported());

    expect(report.leftOutLinks.sort()).toEqual(['docs/above', 'passwd', 'sneaky']);
    expect((await readdir(exported())).sort()).toEqual(['a', 'docs', 'up.md']);
    expect(await readlink(join(exported(), 'docs/link.md'))).toBe('real.md');
    expect(await readFile(join(exported(), 'up.md'), 'utf8')).toBe('x');
  });

  it('leaves a submodule as an empty folder and notes it', async () => {
    commitOf({ '.gitmodules': '[submodule "s"]\n path = vendor/s\n url = https://evil.example/x\n' });
    const head = repository.commitEntry('160000', 'a'.repeat(40), 'vendor/s');

    const report = await exportTree(storeOf(repository), head, exported());

    expect(report.submodules).toEqual(['vendor/s']);
    expect(await readdir(join(exported(), 'vendor/s'))).toEqual([]);
  });

  it('notes pointers of Git LFS and leaves them as they are', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;
    const head = commitOf({
      '.gitattributes': '*.bin filter=lfs diff=lfs\n',
      'model.bin': pointer,
      'a.txt': 'a',
    });

    const report = await exportTree(storeOf(repository), head, exported());

    expect(report.lfsPointers).toEqual(['model.bin']);
    expect(await readFile(join(exported(), 'model.bin'), 'utf8')).toBe(pointer);
  });

  it.each([
    [{ maxFiles: 2 }, 'expected at most 2 files, found more'],
    [{ maxBytes: 10 }, 'expected at most 10 bytes in all files, found 15'],
    [{ maxPathBytes: 5 }, 'expected paths of at most 5 bytes, found folder/c.txt'],
  ])('refuses a tree above %j before it writes anything', async (limits, message) => {
    const head = commitOf({ 'a.txt': '01234', 'b.txt': '01234', 'folder/c.txt': '01234' });

    await expect(exportTree(storeOf(repository), head, exported(), limits)).rejects.toMatchObject({
      code: 'tree-too-large',
      message,
    });
    expect(await readdir(exported())).toEqual([]);
  });

  it('refuses a tree that unfolds to more files than anybody can list', async () => {
    commitOf({ 'a.txt': 'a' });
    let tree = repository.git('rev-parse', 'HEAD^{tree}');
    for (let level = 0; level < 7; level += 1) {
      const entries = Array.from({ length: 10 }, (_, index) => treeEntry('40000', String(index), tree));
      const commit = commitOfTree(repository, Buffer.concat(entries));
      tree = repository.git('rev-parse', `${commit}^{tree}`);
    }
    const bomb = runGit(repository.path, ['commit-tree', '-m', 'bomb', tree]);

    await expect(
      exportTree(storeOf(repository), bomb, exported(), { maxFiles: 1_000 }),
    ).rejects.toMatchObject({
      code: 'tree-too-large',
    });
  });

  it.each(['.git', '..', '.GIT'])('refuses a tree that holds %j', async (name) => {
    commitOf({ 'a.txt': 'a' });
    const blob = repository.git('rev-parse', 'HEAD:a.txt');
    const inner = commitOfTree(repository, treeEntry('100644', 'owned', blob));
    const tree = repository.git('rev-parse', `${inner}^{tree}`);
    const evil = commitOfTree(repository, treeEntry('40000', name, tree));

    await expect(exportTree(storeOf(repository), evil, exported())).rejects.toMatchObject({
      code: 'objects-refused',
    });
    expect(await readdir(folder.path)).toEqual(['tree']);
  });

  it('does not write through a link, even from a tree that no honest git makes', async () => {
    commitOf({ 'a.txt': 'a' });
    const blob = repository.git('rev-parse', 'HEAD:a.txt');
    const link = runGit(repository.path, ['hash-object', '-w', '--stdin'], '../outside');
    const inner = commitOfTree(repository, treeEntry('100644', 'owned', blob));
    const tree = repository.git('rev-parse', `${inner}^{tree}`);
    const both = Buffer.concat([treeEntry('120000', 'd', link), treeEntry('40000', 'd', tree)]);
    const evil = commitOfTree(repository, both);
    await mkdir(join(folder.path, 'outside'));

    await exportTree(storeOf(repository), evil, exported()).catch(() => {});

    expect(await readdir(join(folder.path, 'outside'))).toEqual([]);
  });

  it('refuses a folder that is not empty', async () => {
    const head = commitOf({ 'a.txt': 'a' });
    await mkdir(exported());
    await writeFile(join(exported(), 'mine'), '');

    await expect(exportTree(storeOf(repository), head, exported())).rejects.toMatchObject({
      code: 'folder-not-empty',
    });
  });
});

describe('exportNotes', () => {
  it('says what is missing from the tree, and nothing when nothing is', () => {
    const nothing = { files: 1, bytes: 1, leftOutLinks: [], submodules: [], lfsPointers: [] };

    expect(exportNotes(nothing)).toEqual([]);
    expect(exportNotes({ ...nothing, submodules: ['a\nb'], lfsPointers: ['1', '2', '3', '4'] })).toEqual([
      '1 submodules were not fetched: a\uFFFDb',
      '4 files lie in Git LFS and were not fetched: 1, 2, 3, …',
    ]);
  });
});
