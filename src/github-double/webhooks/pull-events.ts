import { nodeId } from '../state/ids.ts';
import type {
  CheckRunRecord,
  CommentRecord,
  PullRecord,
  PullSize,
  RepositoryRecord,
} from '../state/records.ts';
import type { World } from '../state/world.ts';
import { checkRunView } from '../views/check.ts';
import { commentView } from '../views/comment.ts';
import { issueView } from '../views/issue.ts';
import { fullPullView } from '../views/pull.ts';
import { repositoryUrl } from '../views/repository.ts';
import { type Payload, emitAbout } from './common-fields.ts';

/** `pull_request.<action>`; `more` holds what an action adds, such as before and after. */
export function emitPullRequest(
  world: World,
  repository: RepositoryRecord,
  pull: PullRecord,
  about: { action: string; senderLogin: string; size: PullSize; more?: Payload },
): void {
  const view = fullPullView(world, repository, pull, about.size);
  // The event goes out before GitHub has tried the merge.
  const pull_request =
    pull.state === 'open' ? { ...view, mergeable: null, rebaseable: null, mergeable_state: 'unknown' } : view;
  emitAbout(world, repository, about.senderLogin, {
    name: 'pull_request',
    action: about.action,
    payload: { number: pull.number, pull_request, ...about.more },
  });
}

/** `issue_comment.<action>`. */
export function emitIssueComment(
  world: World,
  repository: RepositoryRecord,
  comment: CommentRecord,
  about: { action: 'created' | 'edited' | 'deleted'; senderLogin: string; bodyBefore?: string },
): void {
  const pull = repository.pulls.get(comment.pullNumber);
  if (pull === undefined) return;
  const changes = about.action === 'edited' ? { changes: { body: { from: about.bodyBefore ?? '' } } } : {};
  emitAbout(world, repository, about.senderLogin, {
    name: 'issue_comment',
    action: about.action,
    payload: {
      ...changes,
      issue: issueView(world, repository, pull),
      comment: commentView(world, repository, comment),
    },
  });
}

/** `check_run.<action>`. */
export function emitCheckRun(
  world: World,
  repository: RepositoryRecord,
  check: CheckRunRecord,
  about: { action: 'created' | 'completed' | 'rerequested'; senderLogin: string },
): void {
  const view = checkRunView(world, repository, check);
  const head = [...repository.pulls.values()].find((pull) => pull.headSha === check.headSha);
  const check_suite = {
    id: check.suiteId,
    node_id: nodeId('CS', check.suiteId),
    head_branch: head?.headRepositoryId === repository.id ? head.headRef : null,
    head_sha: check.headSha,
    status: check.status,
    conclusion: check.conclusion,
    url: `${repositoryUrl(world, repository)}/check-suites/${check.suiteId}`,
    before: null,
    after: check.headSha,
    pull_requests: view['pull_requests'],
    app: view['app'],
    created_at: view['started_at'],
    updated_at: view['completed_at'] ?? view['started_at'],
  };
  emitAbout(world, repository, about.senderLogin, {
    name: 'check_run',
    action: about.action,
    payload: { check_run: { ...view, check_suite } },
  });
}
