import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { clip, PerfCiError } from '../domain/errors.ts';
import { cloneUrl, type CloneAddress } from './clone-address.ts';
import { fetchCommits, type WantedCommit } from './fetch.ts';
import { withFileLock } from './file-lock.ts';
import { git, type GitLimits, type ObjectStore } from './git.ts';
import { hasCode } from './git-errors.ts';
import { tidyMirror } from './housekeeping.ts';

/** One repository on GitHub and the folder where its mirror lives. */
export interface MirrorTarget {
  /** Mirrors lie in `<dataDir>/mirrors/<repoId>.git`. */
  dataDir: string;
  /** GitHub's numeric id, so that a renamed repository keeps its mirror. */
  repoId: string;
  address: CloneAddress;
  /** Repository-scoped installation token; undefined for public repositories. */
  token?: string | undefined;
}

export interface MirrorUpdate {
  store: ObjectStore;
  /** Commits that were not there yet; 0 means that the server was not asked. */
  fetched: number;
  /** Whether the mirror was made anew because the old one was damaged. */
  remade: boolean;
}

/**
 * Brings the wanted commits into the repository's mirror and answers where they lie. One process at a time works on a
 * mirror; a damaged one is made anew.
 * @throws PerfCiError `commit-unreachable`, `access-denied`, `repository-not-found`, `repository-moved`,
 *   `repository-unreachable` (retryable), `git-timeout`, `lock-timeout`, `bad-clone-address`, `aborted`.
 */
export async function updateMirror(
  target: MirrorTarget,
  wanted: readonly WantedCommit[],
  limits: GitLimits = {},
): Promise<MirrorUpdate> {
  const gitDir = mirrorPath(target);
  const remote = { url: cloneUrl(target.address), token: target.token };
  return withFileLock(
    `${gitDir}.lock`,
    async () => {
      const store = { gitDir };
      try {
        if (!(await exists(gitDir))) await makeEmptyMirror(gitDir);
        const fetched = await fetchCommits(store, remote, wanted, limits);
        if (fetched > 0) await tidyMirror(store, wanted, limits);
        return { store, fetched, remade: false };
      } catch (error) {
        // `git-failed` is what no known kind explains; a fresh mirror settles whether the old one was to blame.
        if (!hasCode(error, 'objects-damaged', 'git-failed')) throw error;
        return { store, fetched: await remake(gitDir, remote, wanted, limits), remade: true };
      }
    },
    limits,
  );
}

/**
 * Runs `work` on the updated mirror. When it finds damaged objects, the mirror is made anew and `work` runs once more:
 * it must be repeatable.
 * @throws PerfCiError as {@link updateMirror}, and what `work` throws.
 */
export async function withMirror<T>(
  target: MirrorTarget,
  wanted: readonly WantedCommit[],
  work: (store: ObjectStore) => Promise<T>,
  limits: GitLimits = {},
): Promise<T> {
  const { store } = await updateMirror(target, wanted, limits);
  try {
    return await work(store);
  } catch (error) {
    if (!hasCode(error, 'objects-damaged')) throw error;
    await discardMirror(target, limits);
    return work((await updateMirror(target, wanted, limits)).store);
  }
}

/** Removes a mirror, for example when the App was uninstalled from its repository. */
export async function discardMirror(
  target: Pick<MirrorTarget, 'dataDir' | 'repoId'>,
  limits: GitLimits = {},
): Promise<void> {
  const gitDir = mirrorPath(target);
  await withFileLock(`${gitDir}.lock`, () => rm(gitDir, { recursive: true, force: true }), limits);
}

function mirrorPath(target: Pick<MirrorTarget, 'dataDir' | 'repoId'>): string {
  if (/^\d{1,20}$/.test(target.repoId))
    return join(resolve(target.dataDir), 'mirrors', `${target.repoId}.git`);
  throw new PerfCiError(
    'bad-repository-id',
    `expected a numeric repository id, found "${clip(target.repoId)}"`,
  );
}

/** An empty bare repository without hooks, at its place whole or not at all. */
async function makeEmptyMirror(gitDir: string): Promise<void> {
  const fresh = `${gitDir}.new-${randomUUID()}`;
  await mkdir(dirname(gitDir), { recursive: true });
  await git(['init', '--quiet', '--bare', '--template=', '--object-format=sha1', fresh], {
    config: { 'init.defaultBranch': 'main' },
  });
  await rename(fresh, gitDir);
}

/** The old mirror stays until the new one is complete, so that a failing network costs nothing. */
async function remake(
  gitDir: string,
  remote: { url: string; token: string | undefined },
  wanted: readonly WantedCommit[],
  limits: GitLimits,
): Promise<number> {
  const fresh = `${gitDir}.remade-${randomUUID()}`;
  const old = `${gitDir}.old-${randomUUID()}`;
  try {
    await makeEmptyMirror(fresh);
    const fetched = await fetchCommits({ gitDir: fresh }, remote, wanted, limits);
    if (await exists(gitDir)) await rename(gitDir, old);
    await rename(fresh, gitDir);
    return fetched;
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
