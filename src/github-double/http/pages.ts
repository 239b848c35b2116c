import express, { type Response } from 'express';
import { checkRunsOf } from '../actions/check-runs.ts';
import { commentsOf } from '../actions/comments.ts';
import { findRepository, fullName } from '../state/lookup.ts';
import type { CheckRunRecord, PullRecord, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { iso } from '../views/time.ts';

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function block(text: string | null): string {
  return text === null || text === '' ? '' : `<pre>${escape(text)}</pre>`;
}

function sendPage(response: Response, title: string, parts: string[]): void {
  // Whatever was written into a comment: nothing in these pages runs or loads.
  response.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
  const style = 'body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto}pre{white-space:pre-wrap}';
  response.type('html')
    .send(`<!doctype html><meta charset="utf-8"><title>${escape(title)}</title><style>${style}</style>
<h1>${escape(title)}</h1>\n${parts.join('\n')}\n`);
}

function checkLine(repository: RepositoryRecord, check: CheckRunRecord): string {
  const state = check.conclusion ?? check.status;
  const link = `/${fullName(repository)}/runs/${check.id}`;
  return `<p><a href="${escape(link)}">${escape(check.name)}</a>: ${escape(state)}, ${escape(check.title ?? '')}</p>`;
}

function pullParts(world: World, repository: RepositoryRecord, pull: PullRecord): string[] {
  const comments = commentsOf(world, repository, pull.number).map(
    (comment) =>
      `<h2>${escape(comment.authorLogin)} <small>${iso(comment.createdAtMs)}</small></h2>${block(comment.body)}`,
  );
  const checks = checkRunsOf(world, repository, pull.headSha).map((check) => checkLine(repository, check));
  const about = `${pull.state}, ${pull.headOwnerLogin}:${pull.headRef} into ${pull.baseRef}, at ${pull.headSha}`;
  return [`<p>${escape(about)}</p>`, block(pull.body), ...checks, ...comments];
}

/** Plain pages behind the `html_url` of pull requests and check runs, with Markdown as it was written. */
export function createPages(world: World): express.Router {
  const router = express.Router();
  router.get('/:owner/:repo/pull/:number', (request, response, next) => {
    const { owner, repo, number } = request.params;
    const repository = findRepository(world, owner, repo);
    const pull = repository?.pulls.get(Number(number));
    if (repository === undefined || pull === undefined) next();
    else sendPage(response, `${pull.title} #${pull.number}`, pullParts(world, repository, pull));
  });
  router.get('/:owner/:repo/runs/:id', (request, response, next) => {
    const { owner, repo, id } = request.params;
    const check = world.checkRuns.get(Number(id));
    if (check === undefined || findRepository(world, owner, repo)?.id !== check.repositoryId) {
      next();
      return;
    }
    const state = `<p>${escape(check.conclusion ?? check.status)}, at ${check.headSha}</p>`;
    const title = check.title === null ? '' : `<h2>${escape(check.title)}</h2>`;
    sendPage(response, check.name, [state, title, block(check.summary), block(check.text)]);
  });
  return router;
}
