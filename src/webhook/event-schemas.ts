import type { z } from 'zod';
import type { GitHubEvent, InstallationEvent, PullRequestAction } from '../domain/github-event.ts';
import {
  commentBody,
  flag,
  fullName,
  id,
  list,
  login,
  number,
  object,
  ref,
  sha,
  shaOrNone,
} from './fields.ts';

const namedRepository = object({ id, full_name: fullName, private: flag }).transform((repo) => ({
  id: repo.id,
  fullName: repo.full_name,
  isPrivate: repo.private,
}));

const repository = object({
  id,
  full_name: fullName,
  private: flag,
  default_branch: ref,
  owner: object({ login }),
}).transform((repo) => ({
  id: repo.id,
  fullName: repo.full_name,
  defaultBranch: repo.default_branch,
  isPrivate: repo.private,
  ownerLogin: repo.owner.login,
}));

const sender = object({ id, login, type: ref }).transform((user) => ({
  id: user.id,
  login: user.login,
  isBot: user.type !== 'User',
}));

/** What every event of a repository carries. */
const fromRepository = { installation: object({ id }), repository, sender };

const pullRequest = object({
  ...fromRepository,
  action: ref,
  pull_request: object({ number, head: object({ sha }) }),
  before: sha.optional(),
  changes: object({ base: object({}).optional() }).optional(),
}).transform((payload) => ({
  event: 'pull_request' as const,
  action: payload.action as PullRequestAction,
  ...common(payload),
  number: payload.pull_request.number,
  headSha: payload.pull_request.head.sha,
  beforeSha: payload.before,
  baseChanged: payload.changes?.base !== undefined,
}));

const push = object({ ...fromRepository, ref, after: shaOrNone }).transform((payload) =>
  payload.after === undefined
    ? ('branch-deleted' as const)
    : { event: 'push' as const, ...common(payload), ref: payload.ref, afterSha: payload.after },
);

const issueComment = object({
  ...fromRepository,
  issue: object({ number, pull_request: object({}).optional() }),
  comment: object({
    id,
    body: commentBody,
    user: object({ id, login }),
    performed_via_github_app: object({ id }).nullish(),
  }),
}).transform((payload) => ({
  event: 'issue_comment' as const,
  ...common(payload),
  issueNumber: payload.issue.number,
  onPullRequest: payload.issue.pull_request !== undefined,
  commentId: payload.comment.id,
  author: payload.comment.user,
  body: payload.comment.body,
  viaAppId: payload.comment.performed_via_github_app?.id,
}));

const checkRun = object({
  ...fromRepository,
  check_run: object({ id, head_sha: sha, app: object({ id }) }),
}).transform((payload) => ({
  event: 'check_run' as const,
  ...common(payload),
  checkId: payload.check_run.id,
  appId: payload.check_run.app.id,
  headSha: payload.check_run.head_sha,
}));

const installation = object({
  action: ref,
  installation: object({ id, account: object({ login }) }),
  repositories: list(namedRepository).nullish(),
}).transform((payload) => ({
  event: 'installation' as const,
  action: payload.action as InstallationEvent['action'],
  installationId: payload.installation.id,
  accountLogin: payload.installation.account.login,
  repositories: payload.repositories ?? [],
}));

const installationRepositories = object({
  installation: object({ id, account: object({ login }) }),
  repositories_added: list(namedRepository),
  repositories_removed: list(namedRepository),
}).transform((payload) => ({
  event: 'installation_repositories' as const,
  installationId: payload.installation.id,
  accountLogin: payload.installation.account.login,
  added: payload.repositories_added,
  removed: payload.repositories_removed,
}));

function common<I, R, S>(payload: { installation: { id: I }; repository: R; sender: S }) {
  return { installationId: payload.installation.id, repo: payload.repository, actor: payload.sender };
}

export interface EventRule {
  /** Top-level keys by which a body of this event is told from the bodies of the others. */
  marks: readonly string[];
  /** Actions that are acted on; undefined where the event has none. */
  actions?: readonly string[];
  /** Undefined: the event is known and there is nothing to do. */
  schema?: z.ZodType<GitHubEvent | 'branch-deleted'>;
}

/** Every event that is known, by the name in `X-GitHub-Event`. */
export const EVENTS: Readonly<Record<GitHubEvent['event'] | 'ping', EventRule>> = {
  pull_request: {
    marks: ['action', 'number', 'pull_request'],
    actions: ['opened', 'synchronize', 'reopened', 'ready_for_review', 'closed', 'edited'],
    schema: pullRequest,
  },
  push: { marks: ['ref', 'before', 'after', 'commits'], schema: push },
  issue_comment: { marks: ['action', 'issue', 'comment'], actions: ['created'], schema: issueComment },
  check_run: { marks: ['action', 'check_run'], actions: ['rerequested'], schema: checkRun },
  installation: {
    marks: ['action', 'installation', 'sender'],
    actions: ['created', 'deleted', 'suspend', 'unsuspend', 'new_permissions_accepted'],
    schema: installation,
  },
  installation_repositories: {
    marks: ['action', 'installation', 'repositories_added', 'repositories_removed'],
    actions: ['added', 'removed'],
    schema: installationRepositories,
  },
  ping: { marks: ['zen', 'hook_id'] },
};
