import { runGit } from './run-git.ts';

export interface TreeEntry {
  type: 'blob' | 'tree' | 'commit';
  sha: string;
  /** Bytes; 0 for folders. */
  size: number;
  path: string;
}

/** What a path is in a commit: one entry for a file, the entries of a folder, undefined for neither. */
export async function listPath(
  path: string,
  sha: string,
  wanted: string,
): Promise<{ kind: 'file'; entry: TreeEntry } | { kind: 'folder'; entries: TreeEntry[] } | undefined> {
  const list = async (...trees: string[]): Promise<TreeEntry[]> => {
    const { stdout } = await runGit(['-C', path, 'ls-tree', '-l', '-z', '--full-tree', sha, '--', ...trees]);
    return stdout.split('\0').flatMap(parseEntry);
  };
  const trimmed = wanted.replace(/\/+$/, '');
  if (trimmed === '') return { kind: 'folder', entries: await list() };
  const [entry] = await list(trimmed);
  if (entry === undefined) return undefined;
  return entry.type === 'tree'
    ? { kind: 'folder', entries: await list(`${trimmed}/`) }
    : { kind: 'file', entry };
}

function parseEntry(line: string): TreeEntry[] {
  const match = /^\d+ (blob|tree|commit) ([0-9a-f]{40}) +(\d+|-)\t([\s\S]+)$/.exec(line);
  if (match === null) return [];
  const [, type, sha = '', size = '-', path = ''] = match;
  return [{ type: type as TreeEntry['type'], sha, size: size === '-' ? 0 : Number(size), path }];
}

/** The bytes of a blob. */
export async function readBlob(path: string, sha: string): Promise<Buffer> {
  const { stdoutBytes } = await runGit(['-C', path, 'cat-file', 'blob', sha]);
  return stdoutBytes;
}
