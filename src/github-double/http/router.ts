import express, { type Request, type Response } from 'express';
import { checkAccess } from '../auth/access.ts';
import type { Identity } from '../auth/identity.ts';
import type { Exchange } from '../contract.ts';
import { findRepository } from '../state/lookup.ts';
import type { RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import type { Fault } from './faults.ts';
import { HttpProblem, notFound } from './problem.ts';
import type { Answer, Call, Route } from './route.ts';

/** Largest request body, in bytes; more than any limit inside it. */
const BODY_LIMIT = 4 * 1024 * 1024;
/** Age below which a stale list hides things when the fault does not say, in milliseconds. */
const STALE_MS = 5_000;

export interface RouterTools {
  world: World;
  /** Sends an answer, or what the fault of this request makes of it. */
  send: (request: Request, response: Response, answer: Answer) => void;
  onExchange: (exchange: Exchange) => void;
  onCrash: (error: unknown) => void;
}

/** Parameters that may hold slashes of their own: the last ones of these paths. */
const OPEN_ENDED = /\/(git\/ref|git\/matching-refs|branches|compare)\/\{(\w+)\}$/;

/** `/repos/{owner}/{repo}` to the form that express wants. */
function expressPath(template: string): string {
  return template
    .replace('/contents/{path}', '/contents<path>')
    .replace(OPEN_ENDED, '/$1/*$2')
    .replaceAll(/\{(\w+)\}/g, ':$1')
    .replace('<path>', '{/*path}');
}

function parseBody(request: Request): Record<string, unknown> {
  const raw: unknown = request.body;
  if (!Buffer.isBuffer(raw) || raw.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(raw.toString('utf8'));
  } catch {
    throw new HttpProblem(400, 'Problems parsing JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HttpProblem(400, 'Body should be a JSON object');
  }
  return value as Record<string, unknown>;
}

function textFields(fields: Record<string, unknown>): Record<string, string> {
  // Open-ended parameters come as lists of segments.
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join('/') : String(value),
    ]),
  );
}

/** The repository named in a path, by name or by number; a renamed one is answered by a redirect. */
function repositoryOf(
  world: World,
  request: Request,
  params: Record<string, string>,
): RepositoryRecord | undefined {
  const { owner, repo, repository_id: id } = params;
  if (id !== undefined) {
    const byId = world.repositories.get(Number(id));
    if (byId === undefined) throw notFound();
    return byId;
  }
  if (owner === undefined || repo === undefined) return undefined;
  const found = findRepository(world, owner, repo);
  if (found !== undefined) return found;
  const movedTo = world.renamed.get(`${owner}/${repo}`.toLowerCase());
  if (movedTo === undefined || !world.repositories.has(movedTo)) throw notFound();
  const tail = request.originalUrl.split('/').slice(4).join('/');
  const location = `${world.url}/repositories/${movedTo}${tail === '' ? '' : `/${tail}`}`;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  throw new HttpProblem(isRead ? 301 : 307, 'Moved Permanently', { headers: { location } });
}

function canonicalPath(request: Request, repository: RepositoryRecord | undefined): string {
  if (repository === undefined) return request.path;
  const tail = request.path.split('/').slice(request.path.startsWith('/repos/') ? 4 : 3);
  return ['', 'repositories', repository.id, ...tail].join('/');
}

async function answerOf(route: Route, call: Call, repository: RepositoryRecord | undefined): Promise<Answer> {
  try {
    checkAccess(call.identity, route.need, repository);
    return await route.answer(call);
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    return { status: error.status, body: error.body, headers: error.headers };
  }
}

async function handle(tools: RouterTools, route: Route, request: Request, response: Response): Promise<void> {
  const { world } = tools;
  const params = textFields(request.params);
  const query = textFields(request.query);
  const identity = response.locals['identity'] as Identity;
  let answer: Answer;
  let body: Record<string, unknown> = {};
  try {
    // Credentials first: a stranger does not learn which repositories exist.
    if (identity.kind === 'unknown') throw identity.problem;
    if (identity.kind === 'none' && route.need.as !== 'anyone')
      throw new HttpProblem(401, 'Requires authentication');
    const fault = response.locals['fault'] as Fault | undefined;
    const repository = repositoryOf(world, request, params);
    body = parseBody(request);
    const stale =
      fault?.kind === 'stale-list' ? Date.now() - (fault.durationMs ?? STALE_MS) : Number.POSITIVE_INFINITY;
    const call: Call = {
      world,
      identity,
      params,
      query,
      body,
      accept: request.headers.accept ?? '',
      canonicalPath: canonicalPath(request, repository),
      get repository() {
        if (repository === undefined) throw notFound();
        return repository;
      },
      visibleUntilMs: stale,
    };
    answer = await answerOf(route, call, repository);
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    answer = { status: error.status, body: error.body, headers: error.headers };
  }
  const { status, body: answered } = answer;
  tools.onExchange({
    operation: route.operation,
    request: { params, query: request.query, body },
    response: { status, body: answered },
  });
  tools.send(request, response, answer);
}

/** Serves the routes; those below a repository also under its number, as GitHub does. */
export function createRouter(routes: Route[], tools: RouterTools): express.Router {
  const router = express.Router();
  router.use(express.raw({ type: () => true, limit: BODY_LIMIT }));
  for (const route of routes) {
    const [method = '', template = ''] = route.operation.split(' ');
    const byNumber = template.replace('/repos/{owner}/{repo}', '/repositories/{repository_id}');
    for (const path of new Set([template, byNumber])) {
      const verb = method.toLowerCase() as 'get' | 'post' | 'patch' | 'delete';
      router[verb](expressPath(path), (request, response) => {
        handle(tools, route, request, response).catch((error: unknown) => {
          tools.onCrash(error);
          tools.send(request, response, { status: 500, body: { message: 'Server Error', status: '500' } });
        });
      });
    }
  }
  router.use((request, response) => {
    const problem = notFound();
    tools.send(request, response, { status: 404, body: problem.body });
  });
  return router;
}
