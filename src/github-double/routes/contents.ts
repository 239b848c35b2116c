import { type TreeEntry, listPath, readBlob } from '../git/contents.ts';
import { resolveCommit } from '../git/history.ts';
import { notFound } from '../http/problem.ts';
import { type Answer, type Call, type Route, ok } from '../http/route.ts';
import { repositoryPage, repositoryUrl } from '../views/repository.ts';

const TYPES: Record<TreeEntry['type'], string> = { blob: 'file', tree: 'dir', commit: 'submodule' };

function entryView(call: Call, ref: string, entry: TreeEntry): Record<string, unknown> {
  const path = entry.path.split('/').map(encodeURIComponent).join('/');
  const api = repositoryUrl(call.world, call.repository);
  const page = repositoryPage(call.world, call.repository);
  const self = `${api}/contents/${path}?ref=${encodeURIComponent(ref)}`;
  const git = `${api}/git/${entry.type}s/${entry.sha}`;
  const html = `${page}/blob/${encodeURIComponent(ref)}/${path}`;
  return {
    type: TYPES[entry.type],
    size: entry.size,
    name: entry.path.split('/').at(-1),
    path: entry.path,
    sha: entry.sha,
    url: self,
    git_url: git,
    html_url: html,
    download_url: entry.type === 'blob' ? `${page}/raw/${encodeURIComponent(ref)}/${path}` : null,
    _links: { self, git, html },
  };
}

async function contentsAnswer(call: Call): Promise<Answer> {
  const { repository } = call;
  const ref = call.query['ref'] ?? repository.defaultBranch;
  const sha = await resolveCommit(repository.path, ref);
  const found =
    sha === undefined ? undefined : await listPath(repository.path, sha, call.params['path'] ?? '');
  if (found === undefined) throw notFound();
  if (found.kind === 'folder') return ok(found.entries.map((entry) => entryView(call, ref, entry)));
  const bytes = await readBlob(repository.path, found.entry.sha);
  if (/application\/vnd\.github\.(v3\.)?raw/.test(call.accept)) {
    return {
      status: 200,
      body: bytes.toString('utf8'),
      headers: { 'content-type': 'application/vnd.github.raw; charset=utf-8' },
    };
  }
  // GitHub breaks the text every 60 characters.
  const content = bytes.toString('base64').replaceAll(/.{60}/g, '$&\n');
  return ok({ ...entryView(call, ref, found.entry), encoding: 'base64', content: `${content}\n` });
}

/** Files and folders of a commit. */
export const contentRoutes: Route[] = [
  {
    operation: 'GET /repos/{owner}/{repo}/contents/{path}',
    need: { as: 'token', permissions: ['contents:read'] },
    answer: contentsAnswer,
  },
];
