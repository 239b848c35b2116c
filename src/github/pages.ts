import type { Octokit } from 'octokit';
import type { GitHubClient, Response } from './client.ts';
import type { Answer } from './failure.ts';

/** GitHub keeps at most 2,500 comments on an issue; a list that goes on for longer than this is not believed. */
const MOST_PAGES = 100;

/** One page of a list; undefined data: the answer broke off. */
export type SendPage<T> = (octokit: Octokit, page: number) => Promise<Response<T[] | undefined>>;

/**
 * Every item of a paginated list, in GitHub's order, one request per page. Fails as a whole when a page fails: half
 * a list would let what is on the other half be taken for missing.
 */
export async function collectPages<T>(
  client: Pick<GitHubClient, 'callAsInstallation'>,
  installationId: string,
  send: SendPage<T>,
): Promise<Answer<T[]>> {
  const items: T[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const answer = await client.callAsInstallation(installationId, 'read', (octokit) => send(octokit, page));
    if (!answer.ok) return answer;
    const { data, headers } = answer.value;
    if (data === undefined) return broken(`page ${page} of a list broke off`);
    items.push(...data);
    if (!hasNextPage(headers)) return { ok: true, value: items };
  }
  return broken(`a list has more than ${MOST_PAGES} pages`);
}

function hasNextPage(headers: Record<string, unknown>): boolean {
  const { link } = headers;
  return typeof link === 'string' && /;\s*rel="?next"?/.test(link);
}

function broken(message: string): Answer<never> {
  return { ok: false, failure: { kind: 'unknown-outcome', message } };
}
