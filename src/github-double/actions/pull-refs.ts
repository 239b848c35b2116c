import { setRefs, shareNetwork } from '../git/bare-repository.ts';
import { listChangesSinceFork } from '../git/changes.ts';
import { countCommits } from '../git/history.ts';
import { writeMergeCommit } from '../git/write-commit.ts';
import type { PullRecord, PullSize, RepositoryRecord } from '../state/records.ts';
import { commitDateSeconds } from '../state/commit-date.ts';
import type { World } from '../state/world.ts';

/** Commits and lines of a pull request, counted from its merge base; counted once for the same two commits. */
export async function measurePull(repository: RepositoryRecord, pull: PullRecord): Promise<PullSize> {
  const { baseSha, headSha, counted } = pull;
  if (counted?.baseSha === baseSha && counted.headSha === headSha) return counted.size;
  const size = await countPull(repository, pull);
  pull.counted = { baseSha, headSha, size };
  return size;
}

async function countPull({ path }: RepositoryRecord, { baseSha, headSha }: PullRecord): Promise<PullSize> {
  const [commits, files] = await Promise.all([
    countCommits(path, baseSha, headSha),
    listChangesSinceFork(path, baseSha, headSha),
  ]);
  if (files === undefined) return { commits: 0, additions: 0, deletions: 0, changedFiles: 0 };
  return {
    commits,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changedFiles: files.length,
  };
}

/** Brings the commits of a fork to the repository that the pull request is against. */
export async function fetchFromFork(
  world: World,
  repository: RepositoryRecord,
  headRepositoryId: number,
): Promise<void> {
  const fork = world.repositories.get(headRepositoryId);
  if (fork !== undefined && fork.id !== repository.id) await shareNetwork(fork, repository.path);
}

/** Moves refs/pull/N/head and refs/pull/N/merge to the state of the pull request. */
export async function movePullRefs(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
): Promise<void> {
  const merge = await writeMergeCommit(repository.path, {
    baseSha: pull.baseSha,
    headSha: pull.headSha,
    message: `Merge ${pull.headSha} into ${pull.baseSha}`,
    dateSeconds: commitDateSeconds(world),
  });
  pull.mergeable = merge === 'unknown' ? null : merge !== 'conflict';
  pull.mergeCommitSha = typeof merge === 'string' ? null : merge.sha;
  const refs = `refs/pull/${pull.number}`;
  await setRefs(repository.path, {
    [`${refs}/head`]: pull.headSha,
    // A test merge of before stays, as on GitHub, until there is a new one.
    ...(pull.mergeCommitSha === null ? {} : { [`${refs}/merge`]: pull.mergeCommitSha }),
  });
}
