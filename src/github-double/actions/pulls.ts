import { DoubleUsageError, branchSha, fullName, userByLogin } from '../state/lookup.ts';
import type { PullRecord, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { emitPullRequest } from '../webhooks/pull-events.ts';
import { fetchFromFork, measurePull, movePullRefs } from './pull-refs.ts';

export interface NewPull {
  head: string;
  base: string;
  title: string;
  author: string;
  body?: string;
  draft?: boolean;
}

/** Announces a pull request as it is now. */
export async function announcePull(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
  about: { action: string; senderLogin: string; more?: Record<string, unknown> },
): Promise<void> {
  emitPullRequest(world, repository, pull, { ...about, size: await measurePull(repository, pull) });
}

/** Finds `branch` in the repository, or `owner:branch` in that owner's fork of it. */
function findHead(
  world: World,
  repository: RepositoryRecord,
  head: string,
): { from: RepositoryRecord; ref: string } {
  const colon = head.indexOf(':');
  if (colon < 0) return { from: repository, ref: head };
  const owner = head.slice(0, colon);
  const ref = head.slice(colon + 1);
  if (owner.toLowerCase() === repository.ownerLogin.toLowerCase()) return { from: repository, ref };
  const fork = [...world.repositories.values()].find(
    (candidate) =>
      candidate.parentId === repository.id && candidate.ownerLogin.toLowerCase() === owner.toLowerCase(),
  );
  if (fork === undefined) throw new DoubleUsageError(`${owner} has no fork of ${fullName(repository)}`);
  return { from: fork, ref };
}

function requireBranch(repository: RepositoryRecord, branch: string): string {
  const sha = branchSha(repository, branch);
  if (sha === undefined) throw new DoubleUsageError(`no branch ${branch} in ${fullName(repository)}`);
  return sha;
}

/**
 * Opens a pull request and announces it.
 * @throws {DoubleUsageError} when a branch is missing or has nothing that the base lacks
 */
export async function openPull(
  world: World,
  repository: RepositoryRecord,
  wanted: NewPull,
): Promise<PullRecord> {
  const { from, ref } = findHead(world, repository, wanted.head);
  const headSha = requireBranch(from, ref);
  const baseSha = requireBranch(repository, wanted.base);
  await fetchFromFork(world, repository, from.id);
  const nowMs = Date.now();
  const pull: PullRecord = {
    id: world.ids.next('pull'),
    issueId: world.ids.next('issue'),
    number: repository.lastNumber + 1,
    repositoryId: repository.id,
    headRepositoryId: from.id,
    headOwnerLogin: from.ownerLogin,
    headRef: ref,
    headSha,
    baseRef: wanted.base,
    baseSha,
    title: wanted.title,
    body: wanted.body ?? null,
    authorLogin: userByLogin(world, wanted.author).login,
    isDraft: wanted.draft ?? false,
    state: 'open',
    mergeCommitSha: null,
    mergeable: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  if ((await measurePull(repository, pull)).commits === 0) {
    throw new DoubleUsageError(`no commits between ${wanted.base} and ${wanted.head}`);
  }
  repository.lastNumber = pull.number;
  repository.pulls.set(pull.number, pull);
  await movePullRefs(world, repository, pull);
  await announcePull(world, repository, pull, { action: 'opened', senderLogin: pull.authorLogin });
  return pull;
}

/** Closes a pull request and announces it; `mergedSha` says that it was merged as that commit. */
export async function closePull(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
  by: { senderLogin: string; mergedSha?: string },
): Promise<void> {
  if (pull.state === 'closed') return;
  pull.state = 'closed';
  pull.closedAtMs = Date.now();
  pull.updatedAtMs = pull.closedAtMs;
  if (by.mergedSha !== undefined) {
    pull.mergedBy = by.senderLogin;
    pull.mergeCommitSha = by.mergedSha;
  }
  await announcePull(world, repository, pull, { action: 'closed', senderLogin: by.senderLogin });
}

/**
 * Opens a closed pull request again and announces it, with the head that its branch has now.
 * @throws {DoubleUsageError} when it was merged or its branch is gone
 */
export async function reopenPull(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
  senderLogin: string,
): Promise<void> {
  if (pull.state === 'open') return;
  if (pull.mergedBy !== undefined) throw new DoubleUsageError(`#${pull.number} was merged`);
  const from = world.repositories.get(pull.headRepositoryId);
  if (from === undefined) throw new DoubleUsageError(`the fork of #${pull.number} is gone`);
  pull.headSha = requireBranch(from, pull.headRef);
  await fetchFromFork(world, repository, from.id);
  pull.state = 'open';
  delete pull.closedAtMs;
  pull.updatedAtMs = Date.now();
  await movePullRefs(world, repository, pull);
  await announcePull(world, repository, pull, { action: 'reopened', senderLogin });
}

/** Takes a pull request out of draft and announces it. */
export async function markReady(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
  senderLogin: string,
): Promise<void> {
  if (!pull.isDraft) return;
  pull.isDraft = false;
  pull.updatedAtMs = Date.now();
  await announcePull(world, repository, pull, { action: 'ready_for_review', senderLogin });
}

/** Pull requests whose head is a branch of this repository, with the repository that they are against. */
export function pullsFromBranch(
  world: World,
  headRepositoryId: number,
  branch: string,
): { repository: RepositoryRecord; pull: PullRecord }[] {
  return [...world.repositories.values()].flatMap((repository) =>
    [...repository.pulls.values()]
      .filter((pull) => pull.state === 'open')
      .filter((pull) => pull.headRepositoryId === headRepositoryId && pull.headRef === branch)
      .map((pull) => ({ repository, pull })),
  );
}
