import type { DesiredCheck } from './check.ts';

/** What the reporter needs of the other rooms. */

/** One thing that GitHub should show, as claimed from the outbox. */
export interface OutboxItem {
  outboxId: string;
  kind: 'comment' | 'check';
  installationId: string;
  repoId: string;
  repoFullName: string;
  /** comment: `pull/<number>`; check: `run/<run id>`. */
  slot: string;
  /** Undefined: an answer to a command where no run is. */
  runId?: string;
  desired: unknown;
  desiredVersion: number;
  /** GitHub's id of the comment or check, once known. */
  externalId?: string;
  /** Tries since it was last sent, this one included. */
  attempts: number;
  /** Names the claim: marks made with an older one change nothing. */
  claimNo: string;
  /** An earlier send may have reached GitHub. */
  wasUnknown: boolean;
}

/** The outbox. The marks tell with false that the claim ran out and somebody else has the item. */
export interface OutboxPort {
  takeOutboxItem(claim: { claimedBy: string; claimMs: number }): Promise<OutboxItem | undefined>;
  markSent(
    item: OutboxItem,
    sent: { externalId: string; version: number; recheckAfterMs?: number },
  ): Promise<boolean>;
  markUnknown(item: OutboxItem, why: { error: string; retryAfterMs: number }): Promise<boolean>;
  markRetry(item: OutboxItem, why: { error: string; retryAfterMs: number }): Promise<boolean>;
  markDead(item: OutboxItem, error: string): Promise<boolean>;
  takeRecheck(claimMs: number): Promise<OutboxItem | undefined>;
  /** `externalId`: the copy that was kept. */
  finishRecheck(outboxId: string, externalId?: string): Promise<void>;
}

/** Why GitHub did not do what it was asked; see the same type in src/github. */
export type Failure =
  | { kind: 'rejected'; status: number; message: string }
  | { kind: 'rate-limited'; retryAfterMs: number; message: string }
  | { kind: 'unknown-outcome'; message: string; retryAfterMs?: number }
  | { kind: 'gone'; message: string };

export type Answer<T> = { ok: true; value: T } | { ok: false; failure: Failure };

export interface RepositoryPlace {
  installationId: string;
  repoFullName: string;
}

export interface RemoteComment {
  id: string;
  body: string;
  /** The App through which it was made. */
  appId?: string;
  authorId?: string;
}

export interface RemoteCheck {
  id: string;
  name: string;
  externalId?: string;
  appId?: string;
}

/** GitHub, one HTTP request per call and page, nothing repeated. */
export interface GitHubWrites {
  createComment(
    place: RepositoryPlace & { pullNumber: number },
    body: string,
  ): Promise<Answer<{ id: string }>>;
  updateComment(place: RepositoryPlace, id: string, body: string): Promise<Answer<{ id: string }>>;
  deleteComment(place: RepositoryPlace, id: string): Promise<Answer<undefined>>;
  listComments(place: RepositoryPlace & { pullNumber: number }): Promise<Answer<RemoteComment[]>>;
  createCheck(place: RepositoryPlace, check: DesiredCheck): Promise<Answer<{ id: string }>>;
  updateCheck(place: RepositoryPlace, id: string, check: DesiredCheck): Promise<Answer<{ id: string }>>;
  listChecks(place: RepositoryPlace, of: { headSha: string; name: string }): Promise<Answer<RemoteCheck[]>>;
}

/** Who we are on GitHub. */
export interface Identity {
  appId: string;
  /** The App's bot user, where it is known; comments made through the App carry the App's id anyway. */
  botUserId?: string;
}

export interface ReporterLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
