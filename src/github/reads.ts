import { PerfCiError } from '../domain/errors.ts';
import type { GitHubClient, Response, Send } from './client.ts';
import type { Answer } from './failure.ts';
import type { RepositoryPlace } from './places.ts';
import { splitFullName } from './places.ts';

/** A pull request as GitHub knows it now. Ids are decimal text. */
export interface PullRequestFacts {
  number: number;
  state: 'open' | 'closed';
  draft: boolean;
  headSha: string;
  headRef: string;
  /** Undefined when the fork was deleted. */
  headRepoId: string | undefined;
  baseSha: string;
  baseRef: string;
  baseRepoId: string;
}

export type Permission = 'admin' | 'write' | 'read' | 'none';

export interface CommitFacts {
  sha: string;
  /** First parent first; empty for a root commit. */
  parents: string[];
}

/** The App as GitHub knows it. */
export interface AppFacts {
  id: string;
  slug: string;
  permissions: Record<string, string>;
  events: string[];
}

export interface GitHubReads {
  /** Undefined: no such pull request, or not visible to the App. */
  readPullRequest(place: RepositoryPlace & { number: number }): Promise<PullRequestFacts | undefined>;
  /**
   * What the account with this numeric id may do. The API is asked by login and answers for who bears it now; a
   * login may have changed hands, so any other id than the asked one is `none`.
   */
  permissionOf(place: RepositoryPlace & { login: string; userId: string }): Promise<Permission>;
  /** Undefined: no such commit. */
  readCommit(place: RepositoryPlace & { sha: string }): Promise<CommitFacts | undefined>;
  readApp(): Promise<AppFacts>;
}

/**
 * Reads of GitHub. Each throws PerfCiError: `github-unavailable` (retryable, `details.retryAfterMs`) when it may
 * succeed later, `github-refused` when it will not, such as for a permission that the App lacks.
 */
export function createReads(client: GitHubClient): GitHubReads {
  async function read<T>(
    place: RepositoryPlace,
    send: Send<T>,
    missing: readonly number[] = [404],
  ): Promise<T | undefined> {
    return valueOf(await client.callAsInstallation(place.installationId, 'read', send), missing);
  }

  return {
    async readPullRequest(place) {
      const at = { ...splitFullName(place.repoFullName), pull_number: place.number };
      const pull = await read(place, (octokit) => octokit.rest.pulls.get(at));
      if (pull === undefined) return undefined;
      const { owner, repo } = splitFullName(place.repoFullName);
      const branch = await read(place, (octokit) =>
        octokit.rest.git.getRef({ owner, repo, ref: `heads/${pull.base.ref}` }),
      );
      return {
        number: pull.number,
        state: pull.state === 'open' ? 'open' : 'closed',
        draft: pull.draft === true,
        headSha: pull.head.sha,
        headRef: pull.head.ref,
        // Null for a deleted fork, whatever the types say.
        headRepoId: idText((pull.head.repo as { id: unknown } | null)?.id),
        // GitHub's own `base.sha` is the tip as of the last push to the pull request, not as of now.
        baseSha: branch?.object.sha ?? pull.base.sha,
        baseRef: pull.base.ref,
        baseRepoId: String(pull.base.repo.id),
      };
    },
    async permissionOf(place) {
      const at = { ...splitFullName(place.repoFullName), username: place.login };
      const found = await read(place, (octokit) => octokit.rest.repos.getCollaboratorPermissionLevel(at));
      if (idText(found?.user?.id) !== place.userId) return 'none';
      return PERMISSIONS.find((known) => known === found?.permission) ?? 'none';
    },
    async readCommit(place) {
      // The commit only: its list of files is not needed and may be long.
      const at = { ...splitFullName(place.repoFullName), ref: place.sha, per_page: 1 };
      const commit = await read(place, (octokit) => octokit.rest.repos.getCommit(at), NO_COMMIT);
      return commit === undefined
        ? undefined
        : { sha: commit.sha, parents: commit.parents.map((parent) => parent.sha) };
    },
    async readApp() {
      const app = valueOf(await client.callAsApp((octokit) => octokit.rest.apps.getAuthenticated()));
      if (app === undefined || app === null) throw refused('GitHub does not know this App');
      const permissions = Object.entries(app.permissions).map(([name, level]) => [name, String(level)]);
      return {
        id: String(app.id),
        slug: app.slug ?? '',
        permissions: Object.fromEntries(permissions) as Record<string, string>,
        events: app.events,
      };
    },
  };
}

const PERMISSIONS: readonly Permission[] = ['admin', 'write', 'read', 'none'];

/** GitHub answers 422 for a commit id that it does not know. */
const NO_COMMIT: readonly number[] = [404, 422];

/** How long to wait before a read is tried again when GitHub does not say. */
const RETRY_AFTER_MS = 5_000;

/** The answered data; undefined when GitHub answered one of the `missing` statuses. */
function valueOf<T>(answer: Answer<Response<T>>, missing: readonly number[] = [404]): T | undefined {
  if (answer.ok) return complete(answer.value.data);
  const { failure } = answer;
  switch (failure.kind) {
    case 'rejected':
      if (missing.includes(failure.status)) return undefined;
      throw refused(failure.message);
    case 'gone':
      throw refused(failure.message);
    default:
      throw unavailable(failure.message, failure.retryAfterMs ?? RETRY_AFTER_MS);
  }
}

/** Octokit gives what it has when the connection breaks within an answer: text where an object was promised. */
function complete<T>(data: T): T {
  if (typeof data === 'object' && data !== null) return data;
  throw unavailable('expected a JSON answer from GitHub, found a broken one', RETRY_AFTER_MS);
}

function idText(id: unknown): string | undefined {
  return typeof id === 'number' || typeof id === 'bigint' ? String(id) : undefined;
}

function refused(message: string): PerfCiError {
  return new PerfCiError('github-refused', message, {
    remedy: 'check that the App is installed on this repository and that its permissions were accepted',
  });
}

function unavailable(message: string, retryAfterMs: number): PerfCiError {
  return new PerfCiError('github-unavailable', message, { retryable: true, details: { retryAfterMs } });
}
