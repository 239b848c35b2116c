/** What is kept of a delivery: payloads narrowed at the door, read by the planning. Ids are positive integers as strings. */

export interface Repository {
  id: string;
  fullName: string;
  defaultBranch: string;
  isPrivate: boolean;
  ownerLogin: string;
}

export interface Actor {
  id: string;
  login: string;
  isBot: boolean;
}

export interface NamedRepository {
  id: string;
  fullName: string;
  isPrivate: boolean;
}

export interface FromRepository {
  installationId: string;
  repo: Repository;
  /** Who caused it. */
  actor: Actor;
}

export type PullRequestAction =
  'opened' | 'synchronize' | 'reopened' | 'ready_for_review' | 'closed' | 'edited';

export interface PullRequestEvent extends FromRepository {
  event: 'pull_request';
  action: PullRequestAction;
  number: number;
  headSha: string;
  /** `synchronize` only: the head before the push. */
  beforeSha: string | undefined;
  /** `edited` only: whether another base branch was chosen. */
  baseChanged: boolean;
}

export interface PushEvent extends FromRepository {
  event: 'push';
  ref: string;
  afterSha: string;
}

export interface IssueCommentEvent extends FromRepository {
  event: 'issue_comment';
  issueNumber: number;
  onPullRequest: boolean;
  commentId: string;
  author: { id: string; login: string };
  body: string;
  /** The GitHub App that wrote the comment, if one did. */
  viaAppId: string | undefined;
}

export interface CheckRunEvent extends FromRepository {
  event: 'check_run';
  checkId: string;
  appId: string;
  headSha: string;
}

export interface InstallationEvent {
  event: 'installation';
  action: 'created' | 'deleted' | 'suspend' | 'unsuspend' | 'new_permissions_accepted';
  installationId: string;
  accountLogin: string;
  repositories: NamedRepository[];
}

export interface InstallationRepositoriesEvent {
  event: 'installation_repositories';
  installationId: string;
  accountLogin: string;
  added: NamedRepository[];
  removed: NamedRepository[];
}

export type GitHubEvent =
  | PullRequestEvent
  | PushEvent
  | IssueCommentEvent
  | CheckRunEvent
  | InstallationEvent
  | InstallationRepositoriesEvent;

export type RepositoryEvent = Extract<GitHubEvent, FromRepository>;

/** Whether an event is about one repository, not about an installation as a whole. */
export function isOfRepository(event: GitHubEvent): event is RepositoryEvent {
  return event.event !== 'installation' && event.event !== 'installation_repositories';
}
