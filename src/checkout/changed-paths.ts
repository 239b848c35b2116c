import { git, type GitLimits, type ObjectStore } from './git.ts';
import { requireObjectName } from './object-names.ts';

/** More changed paths than this are not looked at: such a change matters whatever it touches. */
export const MAX_CHANGED_PATHS = 10_000;
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

export interface ChangedPaths {
  /** From the root, in git's order; a renamed file counts under both names. Hostile text. */
  paths: string[];
  /** Whether there are more. */
  truncated: boolean;
}

/** Paths that differ between two commits, {@link MAX_CHANGED_PATHS} at most. */
export async function changedPaths(
  store: ObjectStore,
  fromSha: string,
  toSha: string,
  limits: GitLimits = {},
): Promise<ChangedPaths> {
  const options = ['-r', '-z', '--name-only', '--no-renames', '--no-ext-diff', '--no-textconv'];
  const commits = [requireObjectName(fromSha), requireObjectName(toSha)];
  const { stdout, truncated } = await git(['diff-tree', ...options, ...commits, '--'], {
    gitDir: store.gitDir,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    onOverflow: 'cut',
    ...limits,
  });
  // Every name ends with NUL, so what stands behind the last one is nothing, or a name cut in half.
  const paths = stdout.toString('utf8').split('\0').slice(0, -1);
  return {
    paths: paths.slice(0, MAX_CHANGED_PATHS),
    truncated: truncated || paths.length > MAX_CHANGED_PATHS,
  };
}
