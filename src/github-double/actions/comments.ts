import { invalidField } from '../http/problem.ts';
import { botLogin, userByLogin } from '../state/lookup.ts';
import {
  type CommentRecord,
  type PullRecord,
  REACTIONS,
  type ReactionContent,
  type ReactionRecord,
  type RepositoryRecord,
} from '../state/records.ts';
import type { World } from '../state/world.ts';
import { emitIssueComment } from '../webhooks/pull-events.ts';

/** Most characters of a comment (GitHub: "Body is too long (maximum is 65536 characters)"). */
export const COMMENT_LIMIT = 65_536;

/** Who comments: a person by login, or the app itself. */
export type Author = { login: string } | 'app';

export function loginOf(world: World, author: Author): string {
  return author === 'app' ? botLogin(world) : author.login;
}

/** @throws HttpProblem 422 for what GitHub does not take as a comment */
function checkBody(body: unknown): string {
  if (typeof body !== 'string' || body.trim() === '') {
    throw invalidField('IssueComment', 'body', 'missing_field', "Body can't be blank");
  }
  if (Array.from(body).length > COMMENT_LIMIT) {
    const message = `Body is too long (maximum is ${COMMENT_LIMIT} characters)`;
    throw invalidField('IssueComment', 'data', 'unprocessable', message);
  }
  return body;
}

/** Adds a comment to a pull request and announces it. */
export function createComment(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
  by: { author: Author; body: unknown },
): CommentRecord {
  const body = checkBody(by.body);
  const user = userByLogin(world, loginOf(world, by.author));
  const nowMs = Date.now();
  const comment: CommentRecord = {
    id: world.ids.next('comment'),
    repositoryId: repository.id,
    pullNumber: pull.number,
    body,
    authorLogin: user.login,
    authorId: user.id,
    viaApp: by.author === 'app',
    reactions: [],
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  world.comments.set(comment.id, comment);
  pull.updatedAtMs = nowMs;
  emitIssueComment(world, repository, comment, { action: 'created', senderLogin: user.login });
  return comment;
}

/** Replaces the text of a comment and announces it. */
export function updateComment(
  world: World,
  repository: RepositoryRecord,
  comment: CommentRecord,
  by: { author: Author; body: unknown },
): void {
  const bodyBefore = comment.body;
  comment.body = checkBody(by.body);
  comment.updatedAtMs = Date.now();
  const senderLogin = loginOf(world, by.author);
  emitIssueComment(world, repository, comment, { action: 'edited', senderLogin, bodyBefore });
}

/** Removes a comment and announces it. */
export function deleteComment(
  world: World,
  repository: RepositoryRecord,
  comment: CommentRecord,
  author: Author,
): void {
  world.comments.delete(comment.id);
  emitIssueComment(world, repository, comment, { action: 'deleted', senderLogin: loginOf(world, author) });
}

/** Comments of one pull request, oldest first. */
export function commentsOf(world: World, repository: RepositoryRecord, pullNumber: number): CommentRecord[] {
  return [...world.comments.values()].filter(
    (comment) => comment.repositoryId === repository.id && comment.pullNumber === pullNumber,
  );
}

/** Adds a reaction, or gives back the one that this user already left. */
export function addReaction(
  world: World,
  comment: CommentRecord,
  by: { author: Author; content: unknown },
): { reaction: ReactionRecord; isNew: boolean } {
  if (!REACTIONS.some((known) => known === by.content)) {
    throw invalidField('Reaction', 'content', 'invalid');
  }
  const content = by.content as ReactionContent;
  const userLogin = loginOf(world, by.author);
  const known = comment.reactions.find((r) => r.content === content && r.userLogin === userLogin);
  if (known !== undefined) return { reaction: known, isNew: false };
  const reaction = { id: world.ids.next('reaction'), content, userLogin, createdAtMs: Date.now() };
  comment.reactions.push(reaction);
  return { reaction, isNew: true };
}
