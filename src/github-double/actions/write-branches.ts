import { setRefs } from '../git/bare-repository.ts';
import { resolveCommit } from '../git/history.ts';
import { runGit } from '../git/run-git.ts';
import { writeCommit, writeMergeCommit } from '../git/write-commit.ts';
import { commitDateSeconds } from '../state/commit-date.ts';
import { DoubleUsageError, branchSha, fullName } from '../state/lookup.ts';
import type { PullRecord, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { noReplyAddress } from '../views/commit.ts';

export interface NewFiles {
  files: Record<string, string | null>;
  message?: string;
  from?: string | null;
  author?: string;
}

async function parentOf(
  repository: RepositoryRecord,
  branch: string,
  from: string | null | undefined,
): Promise<string | undefined> {
  if (from === null) return undefined;
  if (from === undefined)
    return branchSha(repository, branch) ?? branchSha(repository, repository.defaultBranch);
  const sha = branchSha(repository, from) ?? (await resolveCommit(repository.path, from));
  if (sha === undefined) throw new DoubleUsageError(`no commit ${from} in ${fullName(repository)}`);
  return sha;
}

/** Writes a commit onto a branch (moving it, if it builds on something else); returns its sha. */
export async function commitFiles(
  world: World,
  repository: RepositoryRecord,
  branch: string,
  commit: NewFiles,
): Promise<string> {
  const author = commit.author ?? repository.ownerLogin;
  return writeCommit(repository.path, {
    ref: `refs/heads/${branch}`,
    message: commit.message ?? `Change ${Object.keys(commit.files).join(', ')}`,
    author: { name: author, email: noReplyAddress(author) },
    dateSeconds: commitDateSeconds(world),
    parentSha: await parentOf(repository, branch, commit.from),
    files: commit.files,
  });
}

/** Pushes HEAD of a folder to a branch, forced; returns the sha. */
export async function pushFolder(
  repository: RepositoryRecord,
  branch: string,
  folder: string,
): Promise<string> {
  await runGit(['-C', folder, 'push', '--quiet', '--force', repository.path, `HEAD:refs/heads/${branch}`]);
  const { stdout } = await runGit(['-C', folder, 'rev-parse', 'HEAD']);
  return stdout.trim();
}

export async function deleteBranch(repository: RepositoryRecord, branch: string): Promise<void> {
  await setRefs(repository.path, { [`refs/heads/${branch}`]: undefined });
}

/**
 * Merges a pull request onto its base branch with a merge commit; the push that follows closes it.
 * @throws {DoubleUsageError} on a conflict
 */
export async function mergePull(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
): Promise<string> {
  const baseSha = branchSha(repository, pull.baseRef) ?? pull.baseSha;
  const merge = await writeMergeCommit(repository.path, {
    baseSha,
    headSha: pull.headSha,
    message: `Merge pull request #${pull.number} from ${pull.headOwnerLogin}/${pull.headRef}`,
    dateSeconds: commitDateSeconds(world),
  });
  if (typeof merge === 'string') throw new DoubleUsageError(`#${pull.number} cannot be merged: ${merge}`);
  await setRefs(repository.path, { [`refs/heads/${pull.baseRef}`]: merge.sha });
  return merge.sha;
}
