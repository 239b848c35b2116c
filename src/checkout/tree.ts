import { clip, PerfCiError } from '../domain/errors.ts';
import { git, gitText, type GitLimits, type ObjectStore } from './git.ts';
import { requireObjectName, requireRepositoryPath } from './object-names.ts';

/** Modes of tree entries as git knows them. */
export const FILE_MODE = '100644';
export const EXECUTABLE_MODE = '100755';
export const SYMLINK_MODE = '120000';
export const SUBMODULE_MODE = '160000';
export const FOLDER_MODE = '040000';

/** One entry of a git tree. */
export interface TreeEntry {
  mode: string;
  sha: string;
  /** Bytes of a blob; 0 for folders and submodules. */
  sizeBytes: number;
  /** From the root of the repository, one character per byte (latin1): names need not be UTF-8. */
  rawPath: string;
}

/** `git ls-tree` in its exact form: no quoting, no folder of the caller, sizes included. */
export const LIST_TREE = ['ls-tree', '-z', '-l', '--full-tree'];

/** Entries of `git ls-tree -z -l`. */
export function parseTreeEntries(output: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (const record of output.toString('latin1').split('\0')) {
    const parsed = /^(\d{6}) [a-z]+ ([0-9a-f]{40}) +(\d+|-)\t([^]+)$/.exec(record);
    if (record === '') continue;
    if (parsed === null) {
      // git prints BAD for the size of an object that is missing or damaged: leaving the file out would build,
      // and keep, another tree than the commit's.
      throw new PerfCiError('objects-damaged', `expected a tree entry with its size, found ${clip(record)}`, {
        retryable: true,
        remedy: 'the repository lacks objects; a clone made with --filter needs git fetch --refetch',
      });
    }
    const [, mode = '', sha = '', size = '-', rawPath = ''] = parsed;
    entries.push({ mode, sha, sizeBytes: size === '-' ? 0 : Number(size), rawPath });
  }
  return entries;
}

/** A raw path as text for people and messages. */
export function displayPath(rawPath: string): string {
  return Buffer.from(rawPath, 'latin1').toString('utf8');
}

/**
 * The entry at `path` of a commit, never following a symlink; undefined when there is none, and for the root.
 * @throws PerfCiError `bad-path`, `bad-object-name`.
 */
export async function entryAt(
  store: ObjectStore,
  commitSha: string,
  path: string,
  limits: GitLimits = {},
): Promise<TreeEntry | undefined> {
  const plain = requireRepositoryPath(path);
  if (plain === '') return undefined;
  const { stdout } = await git([...LIST_TREE, requireObjectName(commitSha), '--', plain], {
    gitDir: store.gitDir,
    ...limits,
  });
  return parseTreeEntries(stdout).find((entry) => displayPath(entry.rawPath) === plain);
}

/** Id of the whole tree of a commit: equal ids are equal contents. */
export async function rootTreeOf(
  store: ObjectStore,
  commitSha: string,
  limits: GitLimits = {},
): Promise<string> {
  const revision = `${requireObjectName(commitSha)}^{tree}`;
  return gitText(['rev-parse', '--verify', '--end-of-options', revision], {
    gitDir: store.gitDir,
    ...limits,
  });
}

/**
 * Id of the tree of one folder of a commit (`''` is the root). Undefined when it does not exist there or is no folder.
 * @throws PerfCiError `bad-path`, `bad-object-name`.
 */
export async function treeOf(
  store: ObjectStore,
  commitSha: string,
  directory: string,
  limits: GitLimits = {},
): Promise<string | undefined> {
  if (requireRepositoryPath(directory) === '') return rootTreeOf(store, commitSha, limits);
  const entry = await entryAt(store, commitSha, directory, limits);
  return entry?.mode === FOLDER_MODE ? entry.sha : undefined;
}
