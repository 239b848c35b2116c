import { clip, PerfCiError } from '../domain/errors.ts';
import { git, type GitLimits, type ObjectStore } from './git.ts';
import { entryAt, EXECUTABLE_MODE, FILE_MODE } from './tree.ts';

/** What lies at a path of a commit. */
export interface CommitFile {
  /** `100644` file, `100755` executable, `120000` symlink, `160000` submodule, `040000` folder. */
  mode: string;
  /** Content of a file; empty for everything else: no link is followed, not even its text is passed on. */
  bytes: Buffer;
}

export interface ReadFileLimits extends GitLimits {
  /** Default 64 KiB. */
  maxBytes?: number | undefined;
}

/**
 * Reads one file of a commit as git stores it: no checkout, no link followed, no filter applied.
 * @returns undefined when the path does not exist there.
 * @throws PerfCiError `file-too-large`, `bad-path`, `bad-object-name`.
 */
export async function readFileOfCommit(
  store: ObjectStore,
  commitSha: string,
  path: string,
  limits: ReadFileLimits = {},
): Promise<CommitFile | undefined> {
  const { maxBytes = 64 * 1024, ...gitLimits } = limits;
  const entry = await entryAt(store, commitSha, path, gitLimits);
  if (entry === undefined) return undefined;
  if (entry.mode !== FILE_MODE && entry.mode !== EXECUTABLE_MODE) {
    return { mode: entry.mode, bytes: Buffer.alloc(0) };
  }
  if (entry.sizeBytes > maxBytes) {
    throw new PerfCiError(
      'file-too-large',
      `expected ${clip(path)} to have at most ${maxBytes} bytes, found ${entry.sizeBytes}`,
      { blame: 'config', remedy: 'make the file smaller' },
    );
  }
  const { stdout } = await git(['cat-file', 'blob', entry.sha], {
    gitDir: store.gitDir,
    maxOutputBytes: maxBytes,
    ...gitLimits,
  });
  return { mode: entry.mode, bytes: stdout };
}
