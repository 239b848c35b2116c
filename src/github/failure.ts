/** What went wrong with a request to GitHub, told apart by what the caller may do next. */
export type Failure =
  /** Final: GitHub understood the request and will refuse it again (422, 404, a missing permission). */
  | { kind: 'rejected'; status: number; message: string }
  /** Refused for now and certainly not done; ask again after `retryAfterMs`, never earlier. */
  | { kind: 'rate-limited'; retryAfterMs: number; message: string }
  /** Timeout, reset, 5xx: a write may or may not have happened, so look before trying again. */
  | { kind: 'unknown-outcome'; message: string; retryAfterMs?: number }
  /** The installation was removed or suspended. */
  | { kind: 'gone'; message: string };

/** An answer of GitHub as a value; nothing that GitHub or the network does is thrown. */
export type Answer<T> = { ok: true; value: T } | { ok: false; failure: Failure };

/** A failure before the limiter has said how long to wait when GitHub did not. */
export type RawFailure =
  | Exclude<Failure, { kind: 'rate-limited' }>
  | { kind: 'rate-limited'; statedMs: number | undefined; message: string };

interface ErrorFacts {
  status: number | undefined;
  message: string;
  /** Undefined when no complete answer came: then no status is to be trusted. */
  headers: Record<string, unknown> | undefined;
}

const MESSAGE_LIMIT = 300;

/**
 * What an error of octokit means. Octokit gives errors of the network the made-up status 500; they are told apart
 * by their missing response.
 *
 * @param error whatever was thrown by a request
 * @param nowMs used when the answer carries no `date` of its own
 */
export function classifyError(error: unknown, nowMs: number): RawFailure {
  const { status, message, headers } = factsOf(error);
  if (headers === undefined || status === undefined) return { kind: 'unknown-outcome', message };

  if (isRateLimit(status, message, headers)) {
    return { kind: 'rate-limited', statedMs: statedWaitMs(headers, nowMs), message };
  }
  if (status === 403 && /\bsuspended\b/i.test(message)) return { kind: 'gone', message };
  // 401: the token was revoked or expired between two requests. Nothing was done, and the next try has a new one.
  if (status >= 500 || status === 408 || status === 401) return unknownOutcome(message, headers, nowMs);
  return { kind: 'rejected', status, message };
}

/**
 * What an error while minting an installation token means: GitHub answers 404 for an installation that is no more.
 */
export function classifyMintError(error: unknown, nowMs: number): RawFailure {
  const failure = classifyError(error, nowMs);
  if (failure.kind === 'rejected' && failure.status === 404) {
    return { kind: 'gone', message: `the installation was removed (${failure.message})` };
  }
  return failure;
}

/** Milliseconds that GitHub asks to wait, from `retry-after` or an exhausted `x-ratelimit-*`; undefined: not said. */
export function statedWaitMs(headers: Record<string, unknown>, nowMs: number): number | undefined {
  const retryAfterS = numberOf(headers['retry-after']);
  if (retryAfterS !== undefined) return Math.max(1_000, retryAfterS * 1_000);

  const resetS = numberOf(headers['x-ratelimit-reset']);
  if (numberOf(headers['x-ratelimit-remaining']) !== 0 || resetS === undefined) return undefined;
  // The reset is a time of GitHub's clock, so it is read against GitHub's clock where the answer carries it.
  const theirNowMs = typeof headers['date'] === 'string' ? Date.parse(headers['date']) : Number.NaN;
  const referenceMs = Number.isNaN(theirNowMs) ? nowMs : theirNowMs;
  return Math.max(1_000, resetS * 1_000 - referenceMs + 1_000);
}

function isRateLimit(status: number, message: string, headers: Record<string, unknown>): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  return (
    headers['retry-after'] !== undefined ||
    numberOf(headers['x-ratelimit-remaining']) === 0 ||
    /rate limit|abuse detection/i.test(message)
  );
}

function unknownOutcome(message: string, headers: Record<string, unknown>, nowMs: number): RawFailure {
  const retryAfterMs = statedWaitMs(headers, nowMs);
  return { kind: 'unknown-outcome', message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function factsOf(error: unknown): ErrorFacts {
  if (typeof error !== 'object' || error === null) {
    return { status: undefined, message: String(error), headers: undefined };
  }
  const { status, message, response } = error as {
    status?: unknown;
    message?: unknown;
    response?: { headers?: unknown };
  };
  const text = typeof message === 'string' ? message.slice(0, MESSAGE_LIMIT) : 'unknown error';
  const code = typeof status === 'number' ? status : undefined;
  const headers = response?.headers;
  const answered = typeof headers === 'object' && headers !== null;
  return {
    status: code,
    message:
      answered && code !== undefined ? `GitHub answered ${code}: ${text}` : `no answer from GitHub: ${text}`,
    headers: answered ? (headers as Record<string, unknown>) : undefined,
  };
}

function numberOf(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const number = Number(value);
  return value === '' || !Number.isFinite(number) || number < 0 ? undefined : number;
}
