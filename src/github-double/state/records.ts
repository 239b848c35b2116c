export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none';
export type Permissions = Record<string, 'read' | 'write'>;

export interface UserRecord {
  id: number;
  login: string;
  type: 'User' | 'Organization' | 'Bot';
  token: string;
  createdAtMs: number;
}

export interface InstallationRecord {
  id: number;
  accountLogin: string;
  permissions: Permissions;
  state: 'active' | 'suspended';
  suspendedAtMs?: number;
  createdAtMs: number;
}

export interface InstallationToken {
  token: string;
  installationId: number;
  permissions: Permissions;
  /** Undefined: every repository of the installation. */
  repositoryIds?: number[];
  expiresAtMs: number;
}

export interface RepositoryRecord {
  id: number;
  ownerLogin: string;
  name: string;
  isPrivate: boolean;
  defaultBranch: string;
  installationId: number;
  /** The bare repository. */
  path: string;
  parentId?: number;
  roles: Map<string, Role>;
  /** Branches and tags as last announced; what differs from git's own answer is a push to announce. */
  announcedRefs: Map<string, string>;
  pulls: Map<number, PullRecord>;
  lastNumber: number;
  createdAtMs: number;
  pushedAtMs: number;
}

export interface PullRecord {
  id: number;
  issueId: number;
  number: number;
  repositoryId: number;
  /** Stays set after the fork was deleted; the fork itself is then no longer found. */
  headRepositoryId: number;
  headOwnerLogin: string;
  headRef: string;
  headSha: string;
  baseRef: string;
  baseSha: string;
  title: string;
  body: string | null;
  authorLogin: string;
  isDraft: boolean;
  state: 'open' | 'closed';
  mergedBy?: string;
  /** The test merge while open, the real one when merged. */
  mergeCommitSha: string | null;
  mergeable: boolean | null;
  createdAtMs: number;
  updatedAtMs: number;
  closedAtMs?: number;
  /** As last counted, for which two commits. */
  counted?: { baseSha: string; headSha: string; size: PullSize };
}

/** Size of a pull request, worked out by git from its merge base. */
export interface PullSize {
  commits: number;
  additions: number;
  deletions: number;
  changedFiles: number;
}

export const REACTIONS = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'] as const;
export type ReactionContent = (typeof REACTIONS)[number];

export interface ReactionRecord {
  id: number;
  content: ReactionContent;
  userLogin: string;
  createdAtMs: number;
}

export interface CommentRecord {
  id: number;
  repositoryId: number;
  pullNumber: number;
  body: string;
  authorLogin: string;
  authorId: number;
  viaApp: boolean;
  reactions: ReactionRecord[];
  createdAtMs: number;
  updatedAtMs: number;
}

export interface AnnotationRecord {
  path: string;
  start_line: number;
  end_line: number;
  start_column?: number;
  end_column?: number;
  annotation_level: 'notice' | 'warning' | 'failure';
  message: string;
  title?: string;
  raw_details?: string;
}

export type CheckStatus = 'queued' | 'in_progress' | 'completed';

export interface CheckRunRecord {
  id: number;
  suiteId: number;
  repositoryId: number;
  name: string;
  headSha: string;
  externalId: string;
  detailsUrl?: string;
  status: CheckStatus;
  conclusion: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  annotations: AnnotationRecord[];
  actions: { label: string; description: string; identifier: string }[];
  startedAtMs: number;
  completedAtMs?: number;
  createdAtMs: number;
}
