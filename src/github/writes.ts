import type { GitHubClient, Send } from './client.ts';
import type { Answer } from './failure.ts';
import { collectPages } from './pages.ts';
import type { RepositoryPlace } from './places.ts';
import { splitFullName } from './places.ts';

export type PullPlace = RepositoryPlace & { pullNumber: number };

/** A comment as GitHub shows it; all of it but the ids is hostile. Ids are decimal text. */
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

export type CheckConclusion =
  'success' | 'failure' | 'neutral' | 'cancelled' | 'skipped' | 'timed_out' | 'action_required';

export interface CheckFields {
  name: string;
  headSha: string;
  status: 'queued' | 'in_progress' | 'completed';
  /** Needed with `completed`, refused otherwise. */
  conclusion?: CheckConclusion;
  title: string;
  /** Markdown, at most 65,535 characters, as `text`. */
  summary: string;
  text?: string;
  detailsUrl?: string;
  externalId: string;
}

export interface GitHubWrites {
  createComment(place: PullPlace, body: string): Promise<Answer<{ id: string }>>;
  updateComment(place: RepositoryPlace, id: string, body: string): Promise<Answer<{ id: string }>>;
  deleteComment(place: RepositoryPlace, id: string): Promise<Answer<undefined>>;
  /** Every comment of the pull request, all pages. */
  listComments(place: PullPlace): Promise<Answer<RemoteComment[]>>;
  createCheck(place: RepositoryPlace, fields: CheckFields): Promise<Answer<{ id: string }>>;
  updateCheck(place: RepositoryPlace, id: string, fields: CheckFields): Promise<Answer<{ id: string }>>;
  /** Every check run of our App with this name on the commit, older ones of the same name too. */
  listChecks(place: RepositoryPlace, of: { headSha: string; name: string }): Promise<Answer<RemoteCheck[]>>;
}

/** Writes to GitHub and the listings that tell what became of them: one HTTP request per call and page. */
export function createWrites(client: GitHubClient): GitHubWrites {
  async function write(
    place: RepositoryPlace,
    send: Send<{ id: number | bigint }>,
  ): Promise<Answer<{ id: string }>> {
    const answer = await client.callAsInstallation(place.installationId, 'write', send);
    return answer.ok ? idOf(answer.value.data) : answer;
  }

  return {
    createComment(place, body) {
      const at = { ...splitFullName(place.repoFullName), issue_number: place.pullNumber, body };
      return write(place, (octokit) => octokit.rest.issues.createComment(at));
    },
    updateComment(place, id, body) {
      const at = { ...splitFullName(place.repoFullName), comment_id: pathId(id), body };
      return write(place, (octokit) => octokit.rest.issues.updateComment(at));
    },
    async deleteComment(place, id) {
      const at = { ...splitFullName(place.repoFullName), comment_id: pathId(id) };
      const answer = await client.callAsInstallation<unknown>(place.installationId, 'write', (octokit) =>
        octokit.rest.issues.deleteComment(at),
      );
      return answer.ok ? { ok: true, value: undefined } : answer;
    },
    listComments(place) {
      const at = { ...splitFullName(place.repoFullName), issue_number: place.pullNumber, per_page: 100 };
      return collectPages(client, place.installationId, async (octokit, page) => {
        const { data, headers } = await octokit.rest.issues.listComments({ ...at, page });
        return { headers, data: Array.isArray(data) ? data.map(toRemoteComment) : undefined };
      });
    },
    createCheck(place, fields) {
      const at = { ...splitFullName(place.repoFullName), ...toCheckBody(fields), head_sha: fields.headSha };
      return write(place, (octokit) => octokit.rest.checks.create(at));
    },
    updateCheck(place, id, fields) {
      const at = { ...splitFullName(place.repoFullName), ...toCheckBody(fields), check_run_id: pathId(id) };
      return write(place, (octokit) => octokit.rest.checks.update(at));
    },
    listChecks(place, { headSha, name }) {
      const at = { ...splitFullName(place.repoFullName), ref: headSha, check_name: name, per_page: 100 };
      return collectPages(client, place.installationId, async (octokit, page) => {
        const { data, headers } = await octokit.rest.checks.listForRef({
          ...at,
          app_id: client.appId,
          filter: 'all',
          page,
        });
        return {
          headers,
          data: Array.isArray(data.check_runs) ? data.check_runs.map(toRemoteCheck) : undefined,
        };
      });
    },
  };
}

function toCheckBody(fields: CheckFields) {
  return {
    name: fields.name,
    status: fields.status,
    external_id: fields.externalId,
    output: {
      title: fields.title,
      summary: fields.summary,
      ...(fields.text === undefined ? {} : { text: fields.text }),
    },
    ...(fields.conclusion === undefined ? {} : { conclusion: fields.conclusion }),
    ...(fields.detailsUrl === undefined ? {} : { details_url: fields.detailsUrl }),
  };
}

interface RawComment {
  id: number | bigint;
  body?: string | null;
  user?: { id: number | bigint } | null;
  performed_via_github_app?: { id: number | bigint } | null;
}

function toRemoteComment(raw: RawComment): RemoteComment {
  return {
    id: String(raw.id),
    body: raw.body ?? '',
    ...(raw.performed_via_github_app ? { appId: String(raw.performed_via_github_app.id) } : {}),
    ...(raw.user ? { authorId: String(raw.user.id) } : {}),
  };
}

interface RawCheck {
  id: number | bigint;
  name: string;
  external_id?: string | null;
  app?: { id?: number | bigint } | null;
}

function toRemoteCheck(raw: RawCheck): RemoteCheck {
  return {
    id: String(raw.id),
    name: raw.name,
    ...(raw.external_id ? { externalId: raw.external_id } : {}),
    ...(raw.app?.id === undefined ? {} : { appId: String(raw.app.id) }),
  };
}

/** Ids stay text, as they may be longer than a double holds; octokit only writes them into the path. */
function pathId(id: string): number {
  return id as unknown as number;
}

/** An answer that broke off after its headers has no id: the write happened, but its outcome has to be looked up. */
function idOf(data: unknown): Answer<{ id: string }> {
  const id = typeof data === 'object' && data !== null ? (data as { id?: unknown }).id : undefined;
  if (typeof id === 'number' || typeof id === 'bigint') return { ok: true, value: { id: String(id) } };
  const message = 'expected the id of what was written, found an answer without it';
  return { ok: false, failure: { kind: 'unknown-outcome', message } };
}
