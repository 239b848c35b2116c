import { nodeId } from '../state/ids.ts';
import { REACTIONS } from '../state/records.ts';
import type { CommentRecord, ReactionRecord, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { appView } from './app.ts';
import { authorAssociation } from './pull.ts';
import { repositoryPage, repositoryUrl } from './repository.ts';
import { iso } from './time.ts';
import { simpleUserByLogin } from './user.ts';

/** `issue-comment`. */
export function commentView(
  world: World,
  repository: RepositoryRecord,
  comment: CommentRecord,
): Record<string, unknown> {
  const api = repositoryUrl(world, repository);
  const url = `${api}/issues/comments/${comment.id}`;
  const page = repositoryPage(world, repository);
  const counts = REACTIONS.map((content) => [
    content,
    comment.reactions.filter((reaction) => reaction.content === content).length,
  ]);
  return {
    url,
    html_url: `${page}/pull/${comment.pullNumber}#issuecomment-${comment.id}`,
    issue_url: `${api}/issues/${comment.pullNumber}`,
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    user: simpleUserByLogin(world, comment.authorLogin),
    created_at: iso(comment.createdAtMs),
    updated_at: iso(comment.updatedAtMs),
    body: comment.body,
    author_association: authorAssociation(repository, comment.authorLogin),
    performed_via_github_app: comment.viaApp ? appView(world) : null,
    reactions: {
      url: `${url}/reactions`,
      total_count: comment.reactions.length,
      ...(Object.fromEntries(counts) as Record<string, number>),
    },
  };
}

/** `reaction`. */
export function reactionView(world: World, reaction: ReactionRecord): Record<string, unknown> {
  return {
    id: reaction.id,
    node_id: nodeId('REA', reaction.id),
    user: simpleUserByLogin(world, reaction.userLogin),
    content: reaction.content,
    created_at: iso(reaction.createdAtMs),
  };
}
