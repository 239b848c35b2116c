import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { clip, PerfCiError } from '../domain/errors.ts';
import { git, type GitLimits, type ObjectStore } from './git.ts';
import { findLfsPointers } from './lfs.ts';
import { requireObjectName } from './object-names.ts';
import { staysInside } from './symlinks.ts';
import { displayPath, SUBMODULE_MODE, SYMLINK_MODE, type TreeEntry } from './tree.ts';
import { DEFAULT_TREE_LIMITS, listTree, readLinks, type TreeLimits } from './tree-listing.ts';

export interface ExportLimits extends GitLimits, Partial<TreeLimits> {}

/** What was written, and what was not. Paths are hostile text. */
export interface ExportReport {
  files: number;
  bytes: number;
  /** Symlinks that lead out of the tree: left out. */
  leftOutLinks: string[];
  /** Left as empty folders. */
  submodules: string[];
  /** Files whose content lies in Git LFS: left as the pointers that git stores. */
  lfsPointers: string[];
}

const EXPORT_TIMEOUT_MS = 5 * 60_000;

/**
 * Writes the tree of a commit into `folder`, which must be empty or new: no `.git`, no hook, no token, nothing outside.
 *
 * Goes through a private index and `git checkout-index` and not through `git archive`: an archive leaves out what
 * `.gitattributes` marks `export-ignore` and rewrites `export-subst`, so that it is not the tree that a checkout gives.
 * Besides, git knows all sizes and link texts beforehand, so limits are kept before the first byte is written, and its
 * own checks refuse `..`, `.git` and writing through a link.
 * @throws PerfCiError `tree-too-large`, `folder-not-empty`, `objects-damaged`, `git-timeout`, `disk-full`, `aborted`.
 */
export async function exportTree(
  store: ObjectStore,
  commitSha: string,
  folder: string,
  options: ExportLimits = {},
): Promise<ExportReport> {
  const limits = { timeoutMs: options.timeoutMs ?? EXPORT_TIMEOUT_MS, signal: options.signal };
  const target = await emptyFolder(folder);
  const all = await listTree(store, requireObjectName(commitSha), treeLimitsOf(options), limits);
  const links = await readLinks(store, all, limits);
  const leaves = (entry: TreeEntry): boolean =>
    entry.mode === SYMLINK_MODE && !staysInside(entry.rawPath, links);
  const kept = all.filter((entry) => !leaves(entry));
  await writeEntries(store, kept, target, limits);
  return {
    files: kept.filter((entry) => entry.mode !== SUBMODULE_MODE).length,
    bytes: kept.reduce((sum, entry) => sum + entry.sizeBytes, 0),
    leftOutLinks: all.filter(leaves).map((entry) => displayPath(entry.rawPath)),
    submodules: all
      .filter((entry) => entry.mode === SUBMODULE_MODE)
      .map((entry) => displayPath(entry.rawPath)),
    lfsPointers: (await findLfsPointers(target, kept)).map(displayPath),
  };
}

/** What a report says that may explain a build that fails or a service that misses a file; usually nothing. */
export function exportNotes(report: ExportReport): string[] {
  return [
    noteOn(report.leftOutLinks, 'links that lead out of the repository were left out'),
    noteOn(report.submodules, 'submodules were not fetched'),
    noteOn(report.lfsPointers, 'files lie in Git LFS and were not fetched'),
  ].filter((note) => note !== '');
}

function noteOn(paths: readonly string[], what: string): string {
  if (paths.length === 0) return '';
  const named = paths
    .slice(0, 3)
    .map((path) => clip(path))
    .join(', ');
  return `${paths.length} ${what}: ${named}${paths.length > 3 ? ', …' : ''}`;
}

async function writeEntries(
  store: ObjectStore,
  entries: readonly TreeEntry[],
  folder: string,
  limits: GitLimits,
): Promise<void> {
  // The index is a file of this export alone, so two exports from one mirror do not meet.
  const scratch = await mkdtemp(join(tmpdir(), 'perf-ci-export-'));
  const call = {
    gitDir: store.gitDir,
    workTree: folder,
    indexFile: join(scratch, 'index'),
    cwd: folder,
    ...limits,
  };
  const records = entries.map((entry) => `${entry.mode} ${entry.sha}\t${entry.rawPath}\0`).join('');
  try {
    await git(['update-index', '-z', '--index-info'], { ...call, input: Buffer.from(records, 'latin1') });
    await git(['checkout-index', '--all', '--quiet'], call);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function emptyFolder(folder: string): Promise<string> {
  const target = resolve(folder);
  await mkdir(target, { recursive: true });
  const found = await readdir(target);
  if (found.length === 0) return target;
  throw new PerfCiError(
    'folder-not-empty',
    `expected an empty folder for an export, found ${found.length} entries`,
  );
}

function treeLimitsOf(options: ExportLimits): TreeLimits {
  const { maxFiles, maxBytes, maxPathBytes } = { ...DEFAULT_TREE_LIMITS, ...options };
  return { maxFiles, maxBytes, maxPathBytes };
}
