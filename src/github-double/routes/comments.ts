import {
  type Author,
  addReaction,
  commentsOf,
  createComment,
  deleteComment,
  loginOf,
  updateComment,
} from '../actions/comments.ts';
import { listAnswer } from '../http/list.ts';
import { HttpProblem, notFound } from '../http/problem.ts';
import { type Answer, type Call, type Route, created, numberParam, ok, pullParam } from '../http/route.ts';
import { canWrite, roleOf } from '../state/lookup.ts';
import type { CommentRecord } from '../state/records.ts';
import { commentView, reactionView } from '../views/comment.ts';

// Comments on a pull request take either permission; people need no more than to see it.
const read: Route['need'] = { as: 'token', permissions: ['issues:read', 'pull_requests:read'] };
const write: Route['need'] = {
  as: 'token',
  permissions: ['issues:write', 'pull_requests:write'],
  peopleNeed: 'read',
};

function authorOf(call: Call): Author {
  return call.identity.kind === 'user' ? { login: call.identity.user.login } : 'app';
}

function commentParam(call: Call): CommentRecord {
  const comment = call.world.comments.get(numberParam(call, 'comment_id'));
  if (comment === undefined || comment.repositoryId !== call.repository.id) throw notFound();
  return comment;
}

/** A comment that this caller may change: its own, or any for those who may write. */
function ownComment(call: Call): CommentRecord {
  const comment = commentParam(call);
  const isOwn = comment.authorLogin === loginOf(call.world, authorOf(call));
  const { identity, repository } = call;
  const mayWrite = identity.kind !== 'user' || canWrite(roleOf(repository, identity.user.login));
  if (!isOwn && !mayWrite) throw new HttpProblem(403, 'Must have admin rights to Repository.');
  return comment;
}

function listComments(call: Call): Answer {
  const { world, repository } = call;
  const pull = pullParam(call, 'issue_number');
  const since = Date.parse(call.query['since'] ?? '1970-01-01T00:00:00Z');
  const comments = commentsOf(world, repository, pull.number).filter(
    (comment) => comment.createdAtMs <= call.visibleUntilMs && comment.updatedAtMs >= since,
  );
  return listAnswer(call, comments, (comment) => commentView(world, repository, comment));
}

function addComment(call: Call): Answer {
  const { world, repository } = call;
  const pull = pullParam(call, 'issue_number');
  const comment = createComment(world, repository, pull, { author: authorOf(call), body: call.body['body'] });
  const view = commentView(world, repository, comment);
  return { status: 201, body: view, headers: { location: String(view['url']) } };
}

function changeComment(call: Call): Answer {
  const comment = ownComment(call);
  updateComment(call.world, call.repository, comment, { author: authorOf(call), body: call.body['body'] });
  return ok(commentView(call.world, call.repository, comment));
}

function removeComment(call: Call): Answer {
  deleteComment(call.world, call.repository, ownComment(call), authorOf(call));
  return { status: 204 };
}

function react(call: Call): Answer {
  const by = { author: authorOf(call), content: call.body['content'] };
  const { reaction, isNew } = addReaction(call.world, commentParam(call), by);
  const view = reactionView(call.world, reaction);
  return isNew ? created(view) : ok(view);
}

function listReactions(call: Call): Answer {
  const wanted = call.query['content'];
  const reactions = commentParam(call).reactions.filter((r) => wanted === undefined || r.content === wanted);
  return listAnswer(call, reactions, (reaction) => reactionView(call.world, reaction));
}

function removeReaction(call: Call): Answer {
  const { reactions } = commentParam(call);
  const id = numberParam(call, 'reaction_id');
  const at = reactions.findIndex((reaction) => reaction.id === id);
  if (at < 0) throw notFound();
  reactions.splice(at, 1);
  return { status: 204 };
}

const OF_PULL = '/repos/{owner}/{repo}/issues/{issue_number}/comments';
const ONE = '/repos/{owner}/{repo}/issues/comments/{comment_id}';

/** Comments on pull requests (issue comments, in GitHub's words) and reactions to them. */
export const commentRoutes: Route[] = [
  { operation: `GET ${OF_PULL}`, need: read, answer: listComments },
  { operation: `POST ${OF_PULL}`, need: write, answer: addComment },
  {
    operation: `GET ${ONE}`,
    need: read,
    answer: (call) => ok(commentView(call.world, call.repository, commentParam(call))),
  },
  { operation: `PATCH ${ONE}`, need: write, answer: changeComment },
  { operation: `DELETE ${ONE}`, need: write, answer: removeComment },
  { operation: `GET ${ONE}/reactions`, need: read, answer: listReactions },
  { operation: `POST ${ONE}/reactions`, need: write, answer: react },
  { operation: `DELETE ${ONE}/reactions/{reaction_id}`, need: write, answer: removeReaction },
];
