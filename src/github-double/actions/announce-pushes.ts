import { readRefs } from '../git/bare-repository.ts';
import { type Person, countCommits, listCommitsWithNames } from '../git/history.ts';
import { branchSha } from '../state/lookup.ts';
import type { PullRecord, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { loginOfAddress } from '../views/commit.ts';
import { repositoryPage } from '../views/repository.ts';
import { emitPush } from '../webhooks/repository-events.ts';
import { fetchFromFork, movePullRefs } from './pull-refs.ts';
import { announcePull, closePull, pullsFromBranch } from './pulls.ts';

const NO_COMMIT = '0'.repeat(40);
/** Most commits that a push event lists, as on GitHub. */
const PUSH_COMMIT_LIMIT = 2048;

/** A ref that moved: from one commit to another, either undefined where there was or is none. */
interface Move {
  ref: string;
  before: string | undefined;
  after: string | undefined;
}

type NamedCommit = Awaited<ReturnType<typeof listCommitsWithNames>>[number];

function commitPayload(
  world: World,
  repository: RepositoryRecord,
  { commit, names }: NamedCommit,
): Record<string, unknown> {
  const person = ({ name, email }: Person): Record<string, string> => {
    const username = loginOfAddress(world, email);
    return { name, email, ...(username === undefined ? {} : { username }) };
  };
  return {
    id: commit.sha,
    tree_id: commit.treeSha,
    distinct: true,
    message: commit.message,
    timestamp: commit.committer.date,
    url: `${repositoryPage(world, repository)}/commit/${commit.sha}`,
    author: person(commit.author),
    committer: person(commit.committer),
    ...names,
  };
}

/** Commits that a push brought, newest first; those of a new branch are counted from the default branch. */
async function newCommits(
  repository: RepositoryRecord,
  { ref, before, after }: Move,
): Promise<NamedCommit[]> {
  if (after === undefined || ref.startsWith('refs/tags/')) return [];
  const trunk = `refs/heads/${repository.defaultBranch}`;
  const exclude = before ?? (ref === trunk ? undefined : repository.announcedRefs.get(trunk));
  const range = { include: after, limit: PUSH_COMMIT_LIMIT };
  return listCommitsWithNames(repository.path, exclude === undefined ? range : { ...range, exclude });
}

/** The commit that a moved ref points at now; a tag may name it by way of an object of its own. */
async function headOf(
  repository: RepositoryRecord,
  after: string | undefined,
  listed: NamedCommit[],
): Promise<NamedCommit | undefined> {
  if (after === undefined || listed[0]?.commit.sha === after) return listed[0];
  const [head] = await listCommitsWithNames(repository.path, { include: `${after}^{commit}`, limit: 1 });
  return head;
}

async function isForced(repository: RepositoryRecord, { ref, before, after }: Move): Promise<boolean> {
  if (before === undefined || after === undefined || ref.startsWith('refs/tags/')) return false;
  return (await countCommits(repository.path, after, before)) > 0;
}

/** `push` for one moved ref. */
async function announceMove(
  world: World,
  repository: RepositoryRecord,
  move: Move,
  senderLogin: string,
): Promise<void> {
  const { ref, before, after } = move;
  const page = repositoryPage(world, repository);
  const commits = await newCommits(repository, move);
  const head = await headOf(repository, after, commits);
  const ends = [before, after].filter((sha) => sha !== undefined).map((sha) => sha.slice(0, 12));
  emitPush(world, repository, senderLogin, {
    ref,
    before: before ?? NO_COMMIT,
    after: after ?? NO_COMMIT,
    created: before === undefined,
    deleted: after === undefined,
    forced: await isForced(repository, move),
    base_ref: null,
    compare: `${page}/compare/${ends.join('...')}`,
    commits: commits.toReversed().map((commit) => commitPayload(world, repository, commit)),
    head_commit: head === undefined ? null : commitPayload(world, repository, head),
  });
}

async function moveHead(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
  to: { headSha: string; senderLogin: string },
): Promise<void> {
  const before = pull.headSha;
  await fetchFromFork(world, repository, pull.headRepositoryId);
  pull.headSha = to.headSha;
  pull.baseSha = branchSha(repository, pull.baseRef) ?? pull.baseSha;
  pull.updatedAtMs = Date.now();
  await movePullRefs(world, repository, pull);
  await announcePull(world, repository, pull, {
    action: 'synchronize',
    senderLogin: to.senderLogin,
    more: { before, after: to.headSha },
  });
}

/** Open pull requests whose commits all are in a base branch now were merged by that push. */
async function closeMerged(
  world: World,
  repository: RepositoryRecord,
  move: { branch: string; after: string },
  senderLogin: string,
): Promise<void> {
  for (const pull of repository.pulls.values()) {
    if (pull.state === 'closed' || pull.baseRef !== move.branch) continue;
    const missing = await countCommits(repository.path, move.after, pull.headSha);
    if (missing === 0) await closePull(world, repository, pull, { senderLogin, mergedSha: move.after });
  }
}

async function followBranch(
  world: World,
  repository: RepositoryRecord,
  { ref, after }: Move,
  senderLogin: string,
): Promise<void> {
  if (!ref.startsWith('refs/heads/')) return;
  const branch = ref.slice('refs/heads/'.length);
  for (const { repository: base, pull } of pullsFromBranch(world, repository.id, branch)) {
    if (after === undefined) await closePull(world, base, pull, { senderLogin });
    else if (after !== pull.headSha) await moveHead(world, base, pull, { headSha: after, senderLogin });
  }
  if (after !== undefined) await closeMerged(world, repository, { branch, after }, senderLogin);
}

function movesBetween(old: Map<string, string>, now: Map<string, string>): Move[] {
  const refs = [...new Set([...old.keys(), ...now.keys()])];
  return refs
    .map((ref) => ({ ref, before: old.get(ref), after: now.get(ref) }))
    .filter((move) => move.before !== move.after);
}

/**
 * Looks at what git has now, and announces every ref that moved since the last look: `push`, then `synchronize` of
 * the pull requests that follow the branch. Call it inside `world.exclusively`.
 */
export async function announcePushes(
  world: World,
  repository: RepositoryRecord,
  senderLogin: string,
): Promise<void> {
  const now = await readRefs(repository.path);
  const moves = movesBetween(repository.announcedRefs, now);
  repository.announcedRefs = now;
  if (moves.length > 0) repository.pushedAtMs = Date.now();
  for (const move of moves) {
    await announceMove(world, repository, move, senderLogin);
    await followBranch(world, repository, move, senderLogin);
  }
}
