import { PerfCiError } from '../domain/errors.ts';
import { hasCode } from './git-errors.ts';
import { git, type GitLimits, type ObjectStore } from './git.ts';
import type { GitRemote } from './git-environment.ts';
import { branchRef, pullRef, requireObjectName } from './object-names.ts';

/** A commit that a run needs, and where it lies when the server does not give commits by their id alone. */
export interface WantedCommit {
  sha: string;
  /** Pull request whose head it is. */
  pullNumber?: number | undefined;
  /** Branch that holds it; hostile text, used only as a full ref name. */
  branch?: string | undefined;
}

export const DEFAULT_FETCH_TIMEOUT_MS = 15 * 60_000;

/** Every fetched commit is held by a ref of its own: proof that it came complete, and shelter from `git gc`. */
export const KEPT_REFS = 'refs/perf-ci/commits/';
const FETCHED_REF = 'refs/perf-ci/fetched';

/**
 * Brings exactly the wanted commits with their history into `store`; asks the server only for those that are missing.
 * By id first, so that no name of a branch matters; by `refs/pull/<n>/head` or `refs/heads/<branch>` where the server
 * refuses ids.
 * @returns how many commits had to be fetched.
 * @throws PerfCiError `commit-unreachable` when the server no longer has one, and those of `git`.
 */
export async function fetchCommits(
  store: ObjectStore,
  remote: GitRemote,
  wanted: readonly WantedCommit[],
  limits: GitLimits = {},
): Promise<number> {
  const missing = await missingCommits(store, wanted, limits);
  if (missing.length === 0) return 0;
  try {
    await fetchRefspecs(store, remote, missing.map(byId), limits);
  } catch (error) {
    if (!hasCode(error, 'commit-unreachable')) throw error;
    for (const commit of missing) await fetchOne(store, remote, commit, limits);
  }
  const stillMissing = await missingCommits(store, missing, limits);
  if (stillMissing[0] !== undefined) throw unreachable(stillMissing[0].sha);
  return missing.length;
}

async function fetchOne(
  store: ObjectStore,
  remote: GitRemote,
  commit: WantedCommit,
  limits: GitLimits,
): Promise<void> {
  const names = [
    ...(commit.pullNumber === undefined ? [] : [pullRef(commit.pullNumber)]),
    ...(commit.branch === undefined ? [] : [branchRef(commit.branch)]),
  ];
  const attempts = [byId(commit), ...names.map((name) => `+${name}:${FETCHED_REF}`)];
  for (const refspec of attempts) {
    try {
      await fetchRefspecs(store, remote, [refspec], limits);
    } catch (error) {
      if (!hasCode(error, 'commit-unreachable')) throw error;
      continue;
    }
    if (refspec === byId(commit) || (await keepIfFetched(store, commit.sha, limits))) return;
  }
  throw unreachable(commit.sha);
}

function byId(commit: WantedCommit): string {
  const sha = requireObjectName(commit.sha);
  return `+${sha}:${KEPT_REFS}${sha}`;
}

async function fetchRefspecs(
  store: ObjectStore,
  remote: GitRemote,
  refspecs: readonly string[],
  limits: GitLimits,
): Promise<void> {
  const options = [
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-recurse-submodules',
    '--no-show-forced-updates',
  ];
  await git(['fetch', ...options, '--end-of-options', remote.url, ...refspecs], {
    gitDir: store.gitDir,
    remote,
    timeoutMs: limits.timeoutMs ?? DEFAULT_FETCH_TIMEOUT_MS,
    signal: limits.signal,
  });
}

/** A branch may have moved on: the commit counts when the fetched tip leads to it. */
async function keepIfFetched(store: ObjectStore, sha: string, limits: GitLimits): Promise<boolean> {
  const call = { gitDir: store.gitDir, signal: limits.signal };
  // 128: the commit did not come at all.
  const answer = await git(['merge-base', '--is-ancestor', sha, FETCHED_REF], {
    ...call,
    alsoFine: [1, 128],
  });
  if (answer.exitCode !== 0) return false;
  await git(['update-ref', `${KEPT_REFS}${sha}`, sha], call);
  return true;
}

async function missingCommits(
  store: ObjectStore,
  wanted: readonly WantedCommit[],
  limits: GitLimits,
): Promise<WantedCommit[]> {
  const input = wanted.map(({ sha }) => `${KEPT_REFS}${requireObjectName(sha)}^{commit}\n`).join('');
  const { stdout } = await git(['cat-file', '--batch-check'], {
    gitDir: store.gitDir,
    input,
    signal: limits.signal,
  });
  const lines = stdout.toString('utf8').split('\n');
  return wanted.filter(({ sha }, index) => !lines[index]?.startsWith(`${sha} commit `));
}

function unreachable(sha: string): PerfCiError {
  return new PerfCiError(
    'commit-unreachable',
    `expected commit ${sha} on the server, it is no longer reachable`,
    {
      remedy: 'it was probably replaced by a force-push; push again to get a new run',
      details: { sha },
    },
  );
}
