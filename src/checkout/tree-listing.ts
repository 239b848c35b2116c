import { clip, PerfCiError } from '../domain/errors.ts';
import { git, type GitLimits, type ObjectStore } from './git.ts';
import { hasCode } from './git-errors.ts';
import { displayPath, LIST_TREE, parseTreeEntries, SYMLINK_MODE, type TreeEntry } from './tree.ts';

/** How large a tree may be that is written to disk. */
export interface TreeLimits {
  maxFiles: number;
  /** Sum over all files. */
  maxBytes: number;
  /** One path, from the root of the repository. */
  maxPathBytes: number;
}

export const DEFAULT_TREE_LIMITS: TreeLimits = {
  maxFiles: 200_000,
  maxBytes: 2 * 1024 ** 3,
  maxPathBytes: 1_000,
};

// Longer than any sane target, and what Linux accepts (PATH_MAX).
const MAX_LINK_TEXT_BYTES = 4_095;
const MAX_ALL_LINK_TEXTS_BYTES = 16 * 1024 * 1024;
/** Room for one line of a listing: 60 bytes of facts and a path that is long on average. */
const LISTING_BYTES_PER_FILE = 400;

/**
 * Every file, symlink and submodule of a commit, counted before a byte is written: git knows all sizes.
 * @throws PerfCiError `tree-too-large`, also for trees that unfold without end; `objects-refused` for names that are no
 *   file names (git would silently leave them out).
 */
export async function listTree(
  store: ObjectStore,
  commitSha: string,
  treeLimits: TreeLimits,
  limits: GitLimits = {},
): Promise<TreeEntry[]> {
  const entries = await wholeListing(store, commitSha, treeLimits, limits);
  if (entries.length > treeLimits.maxFiles) throw tooManyFiles(treeLimits);
  const totalBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  if (totalBytes > treeLimits.maxBytes) {
    throw tooLarge(`expected at most ${treeLimits.maxBytes} bytes in all files, found ${totalBytes}`);
  }
  const unsafe = entries.find((entry) => !isPlainPath(entry.rawPath));
  if (unsafe !== undefined) throw unsafePath(unsafe);
  const longest = entries.find((entry) => entry.rawPath.length > treeLimits.maxPathBytes);
  if (longest !== undefined) {
    const path = clip(displayPath(longest.rawPath));
    throw tooLarge(`expected paths of at most ${treeLimits.maxPathBytes} bytes, found ${path}`);
  }
  return entries;
}

/** The text of every symlink among `entries`, by raw path; an overlong one is undefined. */
export async function readLinks(
  store: ObjectStore,
  entries: readonly TreeEntry[],
  limits: GitLimits = {},
): Promise<Map<string, string>> {
  const links = entries.filter((entry) => entry.mode === SYMLINK_MODE);
  const sane = links.filter((entry) => entry.sizeBytes <= MAX_LINK_TEXT_BYTES);
  // An overlong text stands for a target outside, so the link is never written.
  const texts = new Map(links.map((entry) => [entry.rawPath, '/']));
  if (sane.length === 0) return texts;
  const { stdout } = await git(['cat-file', '--batch'], {
    gitDir: store.gitDir,
    input: sane.map((entry) => `${entry.sha}\n`).join(''),
    maxOutputBytes: MAX_ALL_LINK_TEXTS_BYTES,
    ...limits,
  });
  let at = 0;
  for (const entry of sane) {
    // "<sha> blob <size>\n<content>\n"
    const contentAt = stdout.indexOf('\n', at) + 1;
    at = contentAt + entry.sizeBytes + 1;
    texts.set(entry.rawPath, stdout.toString('latin1', contentAt, contentAt + entry.sizeBytes));
  }
  return texts;
}

async function wholeListing(
  store: ObjectStore,
  commitSha: string,
  treeLimits: TreeLimits,
  limits: GitLimits,
): Promise<TreeEntry[]> {
  try {
    const { stdout } = await git([...LIST_TREE, '-r', commitSha], {
      gitDir: store.gitDir,
      maxOutputBytes: (treeLimits.maxFiles + 1) * LISTING_BYTES_PER_FILE,
      ...limits,
    });
    return parseTreeEntries(stdout);
  } catch (error) {
    if (hasCode(error, 'git-output-too-large')) throw tooManyFiles(treeLimits);
    throw error;
  }
}

function isPlainPath(rawPath: string): boolean {
  return rawPath
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !/^\.git$/i.test(part));
}

function unsafePath(entry: TreeEntry): PerfCiError {
  const path = clip(displayPath(entry.rawPath));
  return new PerfCiError('objects-refused', `expected plain file names in the tree, found ${path}`, {
    remedy: 'names such as ".git" and ".." inside a tree are never accepted',
  });
}

function tooManyFiles(treeLimits: TreeLimits): PerfCiError {
  return tooLarge(`expected at most ${treeLimits.maxFiles} files, found more`);
}

function tooLarge(message: string): PerfCiError {
  return new PerfCiError('tree-too-large', message, {
    remedy: 'take large data out of the repository, or raise the limits of this installation',
  });
}
