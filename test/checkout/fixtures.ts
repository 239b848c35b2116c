import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectStore } from '../../src/checkout/git.ts';
import { makeRepository, runGit, type FileSpec, type TestRepository } from '../helpers/repository.ts';

/** A temporary folder; the caller removes it. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'perf-ci-checkout-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** The objects of a test repository, without a mirror between. */
export function storeOf(repository: TestRepository): ObjectStore {
  return { gitDir: join(repository.path, '.git') };
}

/** A commit made of one hand-written tree, as no honest git would write it; answers the commit's id. */
export function commitOfTree(repository: TestRepository, entries: Buffer | string): string {
  const literally = ['hash-object', '-w', '--literally', '--stdin', '-t', 'tree'];
  const tree = runGit(repository.path, literally, entries);
  return runGit(repository.path, ['commit-tree', '-m', 'crafted', tree]);
}

/** One entry of a tree in git's binary form. */
export function treeEntry(mode: string, name: string, sha: string): Buffer {
  return Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(sha, 'hex')]);
}

/** Publishes a repository as `<root>/<fullName>.git`, as a server would hold it. */
export function publish(repository: TestRepository, root: string, fullName = 'acme/ranking'): string {
  const bare = join(root, `${fullName}.git`);
  cpSync(join(repository.path, '.git'), bare, { recursive: true });
  writeFileSync(join(bare, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n');
  return bare;
}

export { makeRepository, runGit, type FileSpec, type TestRepository };

/** Whether some living process of this machine shows `text` in its argument list. */
export function isInSomeArgumentList(text: string): boolean {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.some((pid) => read(`/proc/${pid}/cmdline`).includes(text));
}

/** Files below `folder` that hold `text`. */
export function filesThatHold(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => read(path).includes(text));
}

function read(path: string): string {
  if (!existsSync(path)) return '';
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
