import { nodeId } from '../state/ids.ts';
import { roleOf } from '../state/lookup.ts';
import type { PullRecord, PullSize, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { repositoryPage, repositoryUrl, repositoryView } from './repository.ts';
import { iso, isoOrNull } from './time.ts';
import { simpleUserByLogin } from './user.ts';

/** What GitHub calls the relation of a person to a repository. */
export function authorAssociation(repository: RepositoryRecord, login: string): string {
  if (login.toLowerCase() === repository.ownerLogin.toLowerCase()) return 'OWNER';
  const role = roleOf(repository, login);
  if (repository.roles.has(login.toLowerCase()) && role !== 'none' && role !== 'read') return 'COLLABORATOR';
  const hasMerged = [...repository.pulls.values()].some(
    (p) => p.authorLogin === login && p.mergedBy !== undefined,
  );
  return hasMerged ? 'CONTRIBUTOR' : 'NONE';
}

function side(
  world: World,
  ownerLogin: string,
  ref: string,
  sha: string,
  repository: RepositoryRecord | undefined,
): Record<string, unknown> {
  return {
    label: `${ownerLogin}:${ref}`,
    ref,
    sha,
    user: simpleUserByLogin(world, ownerLogin),
    repo: repository === undefined ? null : repositoryView(world, repository),
  };
}

/** Addresses of a pull request, under the names that `_links` has. */
export function pullLinks(api: string, page: string, pull: PullRecord): Record<string, string> {
  const self = `${api}/pulls/${pull.number}`;
  return {
    self,
    html: `${page}/pull/${pull.number}`,
    issue: `${api}/issues/${pull.number}`,
    comments: `${api}/issues/${pull.number}/comments`,
    review_comments: `${self}/comments`,
    review_comment: `${api}/pulls/comments{/number}`,
    commits: `${self}/commits`,
    statuses: `${api}/statuses/${pull.headSha}`,
  };
}

/** `pull-request-simple`: an entry of the list of pull requests. */
export function pullView(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
): Record<string, unknown> {
  const links = pullLinks(repositoryUrl(world, repository), repositoryPage(world, repository), pull);
  const headRepository = world.repositories.get(pull.headRepositoryId);
  return {
    url: links['self'],
    id: pull.id,
    node_id: nodeId('PR', pull.id),
    html_url: links['html'],
    diff_url: `${links['html']}.diff`,
    patch_url: `${links['html']}.patch`,
    issue_url: links['issue'],
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: simpleUserByLogin(world, pull.authorLogin),
    body: pull.body,
    created_at: iso(pull.createdAtMs),
    updated_at: iso(pull.updatedAtMs),
    closed_at: isoOrNull(pull.closedAtMs),
    merged_at: pull.mergedBy === undefined ? null : isoOrNull(pull.closedAtMs),
    merge_commit_sha: pull.mergeCommitSha,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    labels: [],
    milestone: null,
    draft: pull.isDraft,
    commits_url: links['commits'],
    review_comments_url: links['review_comments'],
    review_comment_url: links['review_comment'],
    comments_url: links['comments'],
    statuses_url: links['statuses'],
    head: side(world, pull.headOwnerLogin, pull.headRef, pull.headSha, headRepository),
    base: side(world, repository.ownerLogin, pull.baseRef, pull.baseSha, repository),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    author_association: authorAssociation(repository, pull.authorLogin),
    auto_merge: null,
    active_lock_reason: null,
  };
}

/** `pull-request`: GET of one pull request, and the object inside webhooks. */
export function fullPullView(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
  size: PullSize,
): Record<string, unknown> {
  const comments = [...world.comments.values()].filter(
    (comment) => comment.repositoryId === repository.id && comment.pullNumber === pull.number,
  );
  return {
    ...pullView(world, repository, pull),
    merged: pull.mergedBy !== undefined,
    mergeable: pull.mergeable,
    rebaseable: pull.mergeable,
    mergeable_state: pull.mergeable === null ? 'unknown' : pull.mergeable ? 'clean' : 'dirty',
    merged_by: pull.mergedBy === undefined ? null : simpleUserByLogin(world, pull.mergedBy),
    comments: comments.length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: size.commits,
    additions: size.additions,
    deletions: size.deletions,
    changed_files: size.changedFiles,
  };
}

/** `pull-request-minimal`: how a check run names its pull requests. */
export function minimalPullView(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
): Record<string, unknown> {
  const repo = { id: repository.id, url: repositoryUrl(world, repository), name: repository.name };
  return {
    id: pull.id,
    number: pull.number,
    url: `${repo.url}/pulls/${pull.number}`,
    head: { ref: pull.headRef, sha: pull.headSha, repo },
    base: { ref: pull.baseRef, sha: pull.baseSha, repo },
  };
}
