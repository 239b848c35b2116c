import type { FaultRules } from './http/faults.ts';
import type { RequestRecord } from './http/request-log.ts';
import type { CheckRunRecord, CommentRecord, Role } from './state/records.ts';
import type { DeliverySummary, ReleaseOptions } from './webhooks/deliveries.ts';

/** One operation of the REST description with what was asked and answered, as handed to `validate`. */
export interface Exchange {
  operation: string;
  /** Path parameters, query and body as the client sent them. */
  request: { params: Record<string, string>; query: Record<string, unknown>; body: unknown };
  response: { status: number; body: unknown };
}

export interface AppOptions {
  id?: number;
  slug?: string;
  /** PKCS#1 PEM; a fresh 2048-bit key when left out. */
  privateKeyPem?: string;
  /** What every installation grants; tokens can only be narrower. */
  permissions?: Record<string, 'read' | 'write'>;
}

export interface GitHubDoubleOptions {
  /** Bare repositories are made below this folder; it is not removed by `stop`. */
  folder: string;
  /** 0 (the default) takes a free port of 127.0.0.1. */
  port?: number;
  webhook?: { url: string; secret: string };
  /** Same seed and same order of calls: same ids, same commits. A random one when left out. */
  seed?: number;
  app?: AppOptions;
  /** How long a webhook receiver may take; GitHub gives 10,000 ms. */
  webhookTimeoutMs?: number;
  log?: (line: string) => void;
  /** Called with every answered API request; the problems it returns are kept in `violations`. */
  validate?: (exchange: Exchange) => string[];
}

export interface DoubleUser {
  login: string;
  id: number;
  /** A personal token (`ghp_…`) for git over HTTP and for the REST API. */
  token: string;
}

export interface DoubleRepository {
  id: number;
  fullName: string;
  defaultBranch: string;
  installationId: number;
  /** Address for `git clone`. */
  cloneUrl: string;
  /** The bare repository on disk. */
  path: string;
}

/** A repository by its full name, or by what `createRepository` and `fork` returned. */
export type RepositoryName = string | { fullName: string };

export interface OpenPullRequest {
  /** `branch`, or `owner:branch` for a pull request from a fork. */
  head: string;
  base: string;
  title: string;
  author: string;
  body?: string;
  draft?: boolean;
}

export interface CommitFiles {
  /** Path to content; `null` deletes the file. */
  files: Record<string, string | null>;
  message?: string;
  /** Commit, branch or tag to build on; by default the branch itself, or else the default branch. `null`: no parent. */
  from?: string | null;
  author?: string;
}

export interface GitHubDouble {
  /** `http://127.0.0.1:port`: base of the REST API and of git (`<url>/<owner>/<repo>.git`). */
  url: string;
  app: { id: number; slug: string; privateKeyPem: string; botLogin: string };
  seed: number;

  webhookTarget(url: string, secret: string): void;
  addUser(login: string, options?: { id?: number; type?: 'User' | 'Organization' }): DoubleUser;
  setPermission(repository: RepositoryName, login: string, role: Role): void;

  createRepository(
    fullName: string,
    options?: { private?: boolean; files?: Record<string, string>; defaultBranch?: string },
  ): Promise<DoubleRepository>;
  fork(repository: RepositoryName, ownerLogin: string): Promise<DoubleRepository>;
  /** Deleted for good; open pull requests from it stay open with `head.repo` null, as on GitHub. */
  deleteRepository(repository: RepositoryName): Promise<void>;
  renameRepository(repository: RepositoryName, newFullName: string): DoubleRepository;
  setPrivate(repository: RepositoryName, isPrivate: boolean): void;

  suspendInstallation(installationId: number): void;
  unsuspendInstallation(installationId: number): void;
  removeInstallation(installationId: number): void;
  /** Every installation token made so far stops working, as after its hour. */
  expireTokens(): void;

  /** Writes a commit straight into the bare repository, with the events of a push. Returns its sha. */
  commit(repository: RepositoryName, branch: string, commit: CommitFiles): Promise<string>;
  /** Pushes HEAD of a folder to a branch (forced), with the events of a push. Returns the sha. */
  push(repository: RepositoryName, branch: string, folder: string, login?: string): Promise<string>;
  deleteBranch(repository: RepositoryName, branch: string, login?: string): Promise<void>;

  openPullRequest(
    repository: RepositoryName,
    pull: OpenPullRequest,
  ): Promise<{ number: number; headSha: string; url: string }>;
  closePullRequest(repository: RepositoryName, number: number, login?: string): Promise<void>;
  reopenPullRequest(repository: RepositoryName, number: number, login?: string): Promise<void>;
  readyForReview(repository: RepositoryName, number: number, login?: string): Promise<void>;
  /** Merge commit onto the base branch; returns its sha. */
  mergePullRequest(repository: RepositoryName, number: number, login?: string): Promise<string>;
  /** A person comments; returns the comment's id. */
  comment(repository: RepositoryName, number: number, login: string, body: string): number;
  editComment(commentId: number, login: string, body: string): void;
  deleteComment(commentId: number, login: string): void;
  /** A person presses "Re-run" on a check run. */
  requestCheckRerun(checkRunId: number, login?: string): void;

  /** One entry per delivery id, with what became of its last attempt. */
  readonly deliveries: DeliverySummary[];
  redeliver(deliveryId: string): void;
  holdDeliveries(): void;
  releaseDeliveries(options?: ReleaseOptions): void;
  /** Resolves when nothing is waiting to be delivered and no delivery is under way. */
  deliveriesSettled(): Promise<void>;

  faults: FaultRules;
  readonly requests: RequestRecord[];
  /** What `validate` found, and mistakes of the double itself; a test-suite wants none. */
  readonly violations: string[];
  comments(repository: RepositoryName, number: number): CommentRecord[];
  checkRuns(repository: RepositoryName, sha?: string): CheckRunRecord[];
  stop(): Promise<void>;
}
