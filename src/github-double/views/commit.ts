import type { FileChange } from '../git/changes.ts';
import type { CommitFacts } from '../git/history.ts';
import { nodeId } from '../state/ids.ts';
import { fullName } from '../state/lookup.ts';
import type { RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { repositoryPage, repositoryUrl } from './repository.ts';
import { simpleUserByLogin } from './user.ts';

/** Address under which the double's own commits are made; it leads back to the login. */
export function noReplyAddress(login: string): string {
  return `${login}@users.noreply.github.invalid`;
}

/** Login of the user behind a commit's e-mail address; undefined when nobody here has it. */
export function loginOfAddress(world: World, email: string): string | undefined {
  const wanted = email.toLowerCase();
  return [...world.users.values()].find((user) => noReplyAddress(user.login).toLowerCase() === wanted)?.login;
}

/** The user as GitHub adds it to a commit: null for an address that it does not know. */
function userOfAddress(world: World, email: string): Record<string, unknown> | null {
  const login = loginOfAddress(world, email);
  return login === undefined ? null : simpleUserByLogin(world, login);
}

/** `commit`. */
export function commitView(
  world: World,
  repository: RepositoryRecord,
  commit: CommitFacts,
): Record<string, unknown> {
  const api = repositoryUrl(world, repository);
  const page = repositoryPage(world, repository);
  const url = `${api}/commits/${commit.sha}`;
  return {
    sha: commit.sha,
    node_id: nodeId('C', commit.sha),
    commit: {
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { sha: commit.treeSha, url: `${api}/git/trees/${commit.treeSha}` },
      url: `${api}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: {
        verified: false,
        reason: 'unsigned',
        signature: null,
        payload: null,
        verified_at: null,
      },
    },
    url,
    html_url: `${page}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    author: userOfAddress(world, commit.author.email),
    committer: userOfAddress(world, commit.committer.email),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/commits/${sha}`,
      html_url: `${page}/commit/${sha}`,
    })),
  };
}

/** `diff-entry`: a file of a commit, a comparison or a pull request. */
export function fileView(
  world: World,
  repository: RepositoryRecord,
  headSha: string,
  file: FileChange,
): Record<string, unknown> {
  const page = repositoryPage(world, repository);
  const path = file.filename.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.sha,
    filename: file.filename,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${page}/blob/${headSha}/${path}`,
    raw_url: `${page}/raw/${headSha}/${path}`,
    contents_url: `${world.url}/repos/${fullName(repository)}/contents/${path}?ref=${headSha}`,
    ...(file.patch === undefined ? {} : { patch: file.patch }),
    ...(file.previousFilename === undefined ? {} : { previous_filename: file.previousFilename }),
  };
}
