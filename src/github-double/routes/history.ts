import { listChanges, EMPTY_TREE } from '../git/changes.ts';
import { countApart, listCommits, mergeBase, readCommit, resolveCommit } from '../git/history.ts';
import { linkHeader, listAnswer, pageOf } from '../http/list.ts';
import { HttpProblem, notFound } from '../http/problem.ts';
import { type Answer, type Call, type Route, ok } from '../http/route.ts';
import { nodeId } from '../state/ids.ts';
import { findRepository } from '../state/lookup.ts';
import { commitView, fileView } from '../views/commit.ts';
import { repositoryPage, repositoryUrl } from '../views/repository.ts';

const contents: Route['need'] = { as: 'token', permissions: ['contents:read'] };

/** The commit that a name in the path means; `owner:branch` looks into that owner's repository of the network. */
async function requireCommit(call: Call, name: string): Promise<string> {
  const colon = name.indexOf(':');
  const from =
    colon < 0 ? call.repository : findRepository(call.world, name.slice(0, colon), call.repository.name);
  const sha = from === undefined ? undefined : await resolveCommit(from.path, name.slice(colon + 1));
  if (sha === undefined) throw notFound();
  return sha;
}

function refView(call: Call, ref: string, sha: string): Record<string, unknown> {
  const api = repositoryUrl(call.world, call.repository);
  return {
    ref,
    node_id: nodeId('REF', ref),
    url: `${api}/git/${ref}`,
    object: { type: 'commit', sha, url: `${api}/git/commits/${sha}` },
  };
}

function matchingRefs(call: Call): [string, string][] {
  return [...call.repository.announcedRefs].filter(([ref]) => ref.startsWith(`refs/${call.params['ref']}`));
}

async function listCommitsAnswer(call: Call): Promise<Answer> {
  const { world, repository, query } = call;
  const include = await requireCommit(call, query['sha'] ?? repository.defaultBranch);
  const { perPage, page } = pageOf(call);
  // One more than fits tells whether there is a next page.
  const range = { include, skip: (page - 1) * perPage, limit: perPage + 1 };
  const file = query['path'];
  const commits = await listCommits(repository.path, file === undefined ? range : { ...range, file });
  const link = linkHeader(call, range.skip + commits.length);
  return {
    status: 200,
    body: commits.slice(0, perPage).map((commit) => commitView(world, repository, commit)),
    ...(link === undefined ? {} : { headers: { link } }),
  };
}

async function commitAnswer(call: Call): Promise<Answer> {
  const { world, repository } = call;
  const sha = await requireCommit(call, call.params['ref'] ?? '').catch(() => {
    throw new HttpProblem(422, `No commit found for SHA: ${call.params['ref']}`);
  });
  if (call.accept.includes('application/vnd.github.sha')) {
    return {
      status: 200,
      body: sha,
      headers: { 'content-type': 'application/vnd.github.sha; charset=utf-8' },
    };
  }
  const commit = await readCommit(repository.path, sha);
  const files = await listChanges(repository.path, commit.parents[0] ?? EMPTY_TREE, sha);
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  return ok({
    ...commitView(world, repository, commit),
    stats: { total: additions + deletions, additions, deletions },
    files: files.map((file) => fileView(world, repository, sha, file)),
  });
}

async function compareAnswer(call: Call): Promise<Answer> {
  const { world, repository } = call;
  const basehead = call.params['basehead'] ?? '';
  const at = basehead.indexOf('...');
  if (at < 0) throw notFound();
  const base = await requireCommit(call, basehead.slice(0, at));
  const head = await requireCommit(call, basehead.slice(at + 3));
  const common = await mergeBase(repository.path, base, head);
  if (common === undefined) {
    throw new HttpProblem(404, `No common ancestor between ${basehead.replace('...', ' and ')}.`);
  }
  const { ahead, behind } = await countApart(repository.path, base, head);
  const [commits, files] = await Promise.all([
    listCommits(repository.path, { include: head, exclude: base }),
    listChanges(repository.path, common, head),
  ]);
  const view = async (sha: string): Promise<unknown> =>
    commitView(world, repository, await readCommit(repository.path, sha));
  const apart =
    ahead > 0 && behind > 0 ? 'diverged' : ahead > 0 ? 'ahead' : behind > 0 ? 'behind' : 'identical';
  const page = `${repositoryPage(world, repository)}/compare/${encodeURIComponent(basehead)}`;
  return ok({
    url: `${repositoryUrl(world, repository)}/compare/${encodeURIComponent(basehead)}`,
    html_url: page,
    permalink_url: `${repositoryPage(world, repository)}/compare/${base}...${head}`,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: await view(base),
    merge_base_commit: await view(common),
    status: apart,
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: commits.toReversed().map((commit) => commitView(world, repository, commit)),
    files: files.map((file) => fileView(world, repository, head, file)),
  });
}

/** Refs, commits and comparisons, all worked out by git. */
export const historyRoutes: Route[] = [
  {
    operation: 'GET /repos/{owner}/{repo}/git/ref/{ref}',
    need: contents,
    answer(call) {
      const found = matchingRefs(call).find(([ref]) => ref === `refs/${call.params['ref']}`);
      if (found === undefined) throw notFound();
      return ok(refView(call, ...found));
    },
  },
  {
    operation: 'GET /repos/{owner}/{repo}/git/matching-refs/{ref}',
    need: contents,
    answer: (call) => listAnswer(call, matchingRefs(call), ([ref, sha]) => refView(call, ref, sha)),
  },
  { operation: 'GET /repos/{owner}/{repo}/commits', need: contents, answer: listCommitsAnswer },
  { operation: 'GET /repos/{owner}/{repo}/commits/{ref}', need: contents, answer: commitAnswer },
  { operation: 'GET /repos/{owner}/{repo}/compare/{basehead}', need: contents, answer: compareAnswer },
];
