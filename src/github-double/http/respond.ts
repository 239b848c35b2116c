import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Fault } from './faults.ts';
import { HttpProblem, badCredentials } from './problem.ts';
import type { Answer } from './route.ts';

/** Requests per hour and token, as for a small installation. */
const HOURLY_LIMIT = 5_000;
const HOUR_MS = 60 * 60 * 1000;

export interface RateLimits {
  /** Counts a request and gives the `x-ratelimit-*` headers for it. */
  count(key: string): Record<string, string>;
}

/** Hourly windows per token; they are counted and shown, and enforced only through faults. */
export function createRateLimits(): RateLimits {
  const windows = new Map<string, { used: number; resetMs: number }>();
  return {
    count(key) {
      const known = windows.get(key);
      const window =
        known === undefined || known.resetMs <= Date.now()
          ? { used: 0, resetMs: Date.now() + HOUR_MS }
          : known;
      window.used++;
      windows.set(key, window);
      return {
        'x-ratelimit-limit': String(HOURLY_LIMIT),
        'x-ratelimit-remaining': String(Math.max(0, HOURLY_LIMIT - window.used)),
        'x-ratelimit-used': String(window.used),
        'x-ratelimit-reset': String(Math.ceil(window.resetMs / 1000)),
        'x-ratelimit-resource': 'core',
      };
    },
  };
}

/**
 * Sends an answer; a GET that names the ETag it would get is answered by 304. Done here because express takes the
 * `cache-control: no-cache` that fetch adds for a wish to get everything, and GitHub does not.
 */
export function writeAnswer(request: Request, response: Response, answer: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.status(answer.status).set(answer.headers ?? {});
  if (answer.body === undefined) {
    response.end();
    return;
  }
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  if (request.method === 'GET' && answer.status === 200) {
    const etag = `W/"${createHash('sha256').update(text).digest('hex')}"`;
    response.setHeader('etag', etag);
    if (request.headers['if-none-match'] === etag) {
      response.status(304).end();
      return;
    }
  }
  if (!response.hasHeader('content-type')) response.type('application/json');
  response.send(text);
}

function limited(fault: Fault): Answer {
  const isPrimary = fault.kind === '403-primary';
  const message = isPrimary
    ? 'API rate limit exceeded for installation.'
    : 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
  const { body } = new HttpProblem(fault.kind === '429' ? 429 : 403, message);
  const reset = String(Math.ceil(Date.now() / 1000) + (fault.retryAfterSeconds ?? 60));
  const exhausted = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
  const retryAfter =
    fault.retryAfterSeconds === undefined || isPrimary
      ? {}
      : { 'retry-after': String(fault.retryAfterSeconds) };
  return {
    status: fault.kind === '429' ? 429 : 403,
    body,
    headers: { ...retryAfter, ...(isPrimary ? exhausted : {}) },
  };
}

const badGateway: Answer = { status: 502, body: { message: 'Server Error' } };

/**
 * Does what a fault does before the request is looked at. True: the request ends here.
 * A hanging request is left to the client's patience, or to the end of the double.
 */
export function strikeBefore(fault: Fault, request: Request, response: Response): boolean {
  switch (fault.kind) {
    case 'timeout':
      return true;
    case 'reset':
      request.socket.resetAndDestroy();
      return true;
    case '502':
      writeAnswer(request, response, badGateway);
      return true;
    case '401':
      writeAnswer(request, response, { status: 401, body: badCredentials().body });
      return true;
    case '403-secondary':
    case '403-primary':
    case '429':
      writeAnswer(request, response, limited(fault));
      return true;
    default:
      return false;
  }
}

/** Sends the answer of a request that was carried out, or what its fault makes of the answer. */
export function respond(request: Request, response: Response, answer: Answer): void {
  const fault = response.locals['fault'] as Fault | undefined;
  switch (fault?.kind) {
    case 'commit-then-timeout':
      return;
    case 'commit-then-reset':
      response.socket?.resetAndDestroy();
      return;
    case 'commit-then-502':
      writeAnswer(request, response, badGateway);
      return;
    default:
      writeAnswer(request, response, answer);
  }
}
