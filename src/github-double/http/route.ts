import type { Identity } from '../auth/identity.ts';
import type { PullRecord, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { notFound } from './problem.ts';

/**
 * Who may call a route: the app by its JWT, any installation token, anyone at all, or a token that holds one of the
 * permissions (`issues:write` is held by write, `issues:read` by read or write). People need the role that the
 * permissions suggest (write for `…:write`), unless `peopleNeed` says otherwise.
 */
export type Need =
  | { as: 'app' }
  | { as: 'installation' }
  | { as: 'anyone' }
  | { as: 'token'; permissions: string[]; peopleNeed?: 'read' | 'write' | 'never' };

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** One request, as a route sees it. */
export interface Call {
  world: World;
  identity: Identity;
  params: Record<string, string>;
  query: Record<string, string>;
  /** Always an object; empty when no body was sent. */
  body: Record<string, unknown>;
  accept: string;
  /** Path with the repository by number, as in GitHub's own Link headers. */
  canonicalPath: string;
  /** Set on routes below a repository; reading it elsewhere is answered by 404. */
  repository: RepositoryRecord;
  /** Things made after this time (ms) are left out of lists, when a stale list is asked for. */
  visibleUntilMs: number;
}

export interface Route {
  /** Method and path as in GitHub's REST description. */
  operation: string;
  need: Need;
  answer: (call: Call) => Answer | Promise<Answer>;
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

export function created(body: unknown): Answer {
  return { status: 201, body };
}

/** A path parameter that has to be a positive whole number; anything else is answered by 404. */
export function numberParam(call: Call, name: string): number {
  const text = call.params[name] ?? '';
  if (!/^[1-9][0-9]{0,15}$/.test(text)) throw notFound();
  return Number(text);
}

/** The pull request named in the path. */
export function pullParam(call: Call, name: string): PullRecord {
  const pull = call.repository.pulls.get(numberParam(call, name));
  if (pull === undefined) throw notFound();
  return pull;
}
