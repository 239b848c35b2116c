import { nodeId } from '../state/ids.ts';
import type { PullRecord, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { authorAssociation, pullLinks } from './pull.ts';
import { repositoryPage, repositoryUrl } from './repository.ts';
import { iso, isoOrNull } from './time.ts';
import { simpleUserByLogin } from './user.ts';

/** The pull request as an issue, as in issue_comment events. */
export function issueView(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
): Record<string, unknown> {
  const links = pullLinks(repositoryUrl(world, repository), repositoryPage(world, repository), pull);
  const url = links['issue'] ?? '';
  const comments = [...world.comments.values()].filter(
    (comment) => comment.repositoryId === repository.id && comment.pullNumber === pull.number,
  );
  return {
    url,
    repository_url: repositoryUrl(world, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: links['comments'],
    events_url: `${url}/events`,
    html_url: links['html'],
    id: pull.issueId,
    node_id: nodeId('PR', pull.id),
    number: pull.number,
    title: pull.title,
    user: simpleUserByLogin(world, pull.authorLogin),
    labels: [],
    state: pull.state,
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: comments.length,
    created_at: iso(pull.createdAtMs),
    updated_at: iso(pull.updatedAtMs),
    closed_at: isoOrNull(pull.closedAtMs),
    author_association: authorAssociation(repository, pull.authorLogin),
    active_lock_reason: null,
    draft: pull.isDraft,
    pull_request: {
      url: links['self'],
      html_url: links['html'],
      diff_url: `${links['html']}.diff`,
      patch_url: `${links['html']}.patch`,
      merged_at: pull.mergedBy === undefined ? null : isoOrNull(pull.closedAtMs),
    },
    body: pull.body,
    reactions: emptyReactions(url),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: null,
    state_reason: null,
  };
}

function emptyReactions(url: string): Record<string, unknown> {
  const none = { '+1': 0, '-1': 0, laugh: 0, hooray: 0, confused: 0, heart: 0, rocket: 0, eyes: 0 };
  return { url: `${url}/reactions`, total_count: 0, ...none };
}
