import { createComment, deleteComment, updateComment } from '../actions/comments.ts';
import type { GitHubDouble } from '../contract.ts';
import { DoubleUsageError, requirePull, requireRepository, userByLogin } from '../state/lookup.ts';
import type { CommentRecord, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { emitCheckRun } from '../webhooks/pull-events.ts';

function requireComment(world: World, id: number): { comment: CommentRecord; repository: RepositoryRecord } {
  const comment = world.comments.get(id);
  const repository = comment === undefined ? undefined : world.repositories.get(comment.repositoryId);
  if (comment === undefined || repository === undefined) throw new DoubleUsageError(`no comment ${id}`);
  return { comment, repository };
}

type People = Pick<
  GitHubDouble,
  'addUser' | 'setPermission' | 'comment' | 'editComment' | 'deleteComment' | 'requestCheckRerun'
>;

/** What people do by hand. */
export function peopleHandle(world: World): People {
  return {
    addUser(login, options = {}) {
      const user = userByLogin(world, login);
      if (options.id !== undefined) user.id = options.id;
      if (options.type !== undefined) user.type = options.type;
      return { login: user.login, id: user.id, token: user.token };
    },
    setPermission(name, login, role) {
      requireRepository(world, name).roles.set(userByLogin(world, login).login.toLowerCase(), role);
    },
    comment(name, number, login, body) {
      const repository = requireRepository(world, name);
      const pull = requirePull(repository, number);
      return createComment(world, repository, pull, { author: { login }, body }).id;
    },
    editComment(id, login, body) {
      const { comment, repository } = requireComment(world, id);
      updateComment(world, repository, comment, { author: { login }, body });
    },
    deleteComment(id, login) {
      const { comment, repository } = requireComment(world, id);
      deleteComment(world, repository, comment, { login });
    },
    requestCheckRerun(id, login) {
      const check = world.checkRuns.get(id);
      const repository = check === undefined ? undefined : world.repositories.get(check.repositoryId);
      if (check === undefined || repository === undefined) throw new DoubleUsageError(`no check run ${id}`);
      const senderLogin = login ?? repository.ownerLogin;
      emitCheckRun(world, repository, check, { action: 'rerequested', senderLogin });
    },
  };
}
