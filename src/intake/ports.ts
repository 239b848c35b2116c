import type pg from 'pg';
import type { Run, RunKind, RunRequest, RunResult } from '../domain/run.ts';
import type { GitHubEvent } from '../domain/github-event.ts';
import type { Notice } from './notices.ts';

/** What intake needs of the other rooms. */

export type Pool = pg.Pool;
/** A client inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

export interface Delivery {
  deliveryId: string;
  event: string;
  body: Buffer;
  /** Tries that failed so far. */
  attempts: number;
}

export type InstallationState = 'active' | 'suspended' | 'removed';

export interface KnownRepository {
  repoId: string;
  installationId: string;
  fullName: string;
  defaultBranch: string;
  isPrivate: boolean;
  state: 'active' | 'removed';
}

export interface IntakeStore {
  withTransaction<T>(pool: Pool, work: (tx: Queryable) => Promise<T>): Promise<T>;
  takeDelivery(tx: Queryable): Promise<Delivery | undefined>;
  finishDelivery(tx: Queryable, deliveryId: string, end: DeliveryEnd): Promise<void>;
  /**
   * `mayPass`: nothing is wrong with the delivery, GitHub is away; it is tried for a day. `leastWaitMs`: for so long
   * it makes no sense to try it again.
   */
  retryDelivery(
    db: Queryable,
    deliveryId: string,
    error: string,
    how: { mayPass: boolean; leastWaitMs?: number },
  ): Promise<'retry' | 'dead'>;

  /** Whether another delivery with the same body was done; holds the body's lock until the end of `tx`. */
  sameBodyDone(tx: Queryable, deliveryId: string): Promise<boolean>;
  /** Holds the pull request for `tx`, so that what is read of it is still true when it is written. */
  lockPullRequest(tx: Queryable, pull: { repoId: string; number: number }): Promise<void>;

  installationState(tx: Queryable, installationId: string): Promise<InstallationState | undefined>;
  upsertInstallation(
    tx: Queryable,
    installation: { installationId: string; accountLogin: string; state: InstallationState },
  ): Promise<void>;
  repositoryById(tx: Queryable, repoId: string): Promise<KnownRepository | undefined>;
  upsertRepository(tx: Queryable, repository: KnownRepository): Promise<void>;
  upsertPullRequest(
    tx: Queryable,
    pull: { repoId: string; number: number; headSha: string; state: 'open' | 'closed' },
  ): Promise<void>;

  createRun(
    tx: Queryable,
    request: RunRequest,
    initial: 'queued' | 'awaiting_approval',
  ): Promise<{ run: Run; created: boolean }>;
  nextRerunNumber(
    tx: Queryable,
    head: { repoId: string; kind: RunKind; pullNumber?: number; headSha: string },
  ): Promise<number>;
  supersedeOlder(tx: Queryable, run: Run): Promise<Run[]>;
  cancelOpenRuns(tx: Queryable, pull: { repoId: string; pullNumber: number; by: string }): Promise<Run[]>;
  /** Every open run of an installation, or of those of its repositories that are named. */
  cancelRunsOfRemoved(
    tx: Queryable,
    removed: { installationId: string; repoIds?: string[]; by: string },
  ): Promise<Run[]>;
  /** Ends a run that no worker has begun. */
  markUnstartedFailed(tx: Queryable, runId: string, result: RunResult): Promise<void>;
  latestRunOfPull(tx: Queryable, repoId: string, pullNumber: number): Promise<Run | undefined>;
  runByCheck(tx: Queryable, repoId: string, externalCheckId: string): Promise<Run | undefined>;
  resultOf(tx: Queryable, runId: string): Promise<{ run: Run; result: RunResult | undefined }>;
}

export interface DeliveryEnd {
  state: 'done' | 'ignored' | 'dead';
  reason?: string;
}

/** A pull request as GitHub knows it at this moment. */
export interface PullRequestFacts {
  state: 'open' | 'closed';
  draft: boolean;
  headSha: string;
  headRef: string;
  /** Undefined when the fork was deleted. */
  headRepoId: string | undefined;
  baseRef: string;
  baseSha: string;
  baseRepoId: string;
}

export interface RepositoryPlace {
  installationId: string;
  repoFullName: string;
}

/**
 * Reads of GitHub, undefined for what is not there or not visible. A PerfCiError with `retryable` says that the
 * same read may succeed later; any other says that it will not.
 */
export interface GitHubReads {
  readPullRequest(place: RepositoryPlace & { number: number }): Promise<PullRequestFacts | undefined>;
  /** By numeric id: a login may have changed hands. */
  permissionOf(
    place: RepositoryPlace & { login: string; userId: string },
  ): Promise<'admin' | 'write' | 'read' | 'none'>;
  readCommit(place: RepositoryPlace & { sha: string }): Promise<{ parents: string[] } | undefined>;
}

/** Writes what GitHub should show, in the same transaction. Both may be called again with the same arguments. */
export interface ShowPorts {
  /** The check and, for a pull request, the comment as they should be for the run's present state. */
  showRun(tx: Queryable, run: Run): Promise<void>;
  /** One line to a person. The newest notice of a pull request replaces the one before. */
  showNotice(
    tx: Queryable,
    about: RepositoryPlace & { repoId: string; pullNumber: number; onPullRequest: boolean; notice: Notice },
  ): Promise<void>;
}

/** Narrows a stored body again; the door did it once before it was stored. */
export type ReadEvent = (
  eventName: string,
  body: Buffer,
) =>
  | { state: 'ok'; event: GitHubEvent }
  | { state: 'ignored'; reason: string }
  | { state: 'refused'; problem: { message: string } };

export interface IntakeLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
