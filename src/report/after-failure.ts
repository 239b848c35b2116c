import { isExhausted, retryDelayMs } from './backoff.ts';
import type { Failure } from './ports.ts';

/** What is to become of an item that GitHub did not take. */
export type Postponed =
  { state: 'unknown' | 'retry'; error: string; retryAfterMs: number } | { state: 'dead'; error: string };

export interface Patience {
  /** Tries so far, this one included. */
  attempts: number;
  /** Wait after a create whose outcome is not known. */
  lookAgainAfterMs: number;
  /** Wait after the first other failure. */
  firstRetryMs: number;
}

/** After a request that can be repeated without harm, or one that was certainly not done. */
export function afterFailure(failure: Failure, patience: Patience): Postponed {
  switch (failure.kind) {
    case 'rejected':
      return { state: 'dead', error: failure.message };
    case 'gone':
      return { state: 'dead', error: `installation removed or suspended: ${failure.message}` };
    case 'rate-limited':
      // Waiting as asked is no failure: it never ends an item.
      return { state: 'retry', error: failure.message, retryAfterMs: failure.retryAfterMs };
    case 'unknown-outcome':
      return retryLater(failure.message, patience, failure.retryAfterMs);
  }
}

/**
 * After a create: when its outcome is not known, the first look comes as soon as GitHub's lists can be trusted; only
 * then the waits grow.
 */
export function afterCreateFailure(failure: Failure, patience: Patience): Postponed {
  if (failure.kind !== 'unknown-outcome') return afterFailure(failure, patience);
  const { attempts, firstRetryMs, lookAgainAfterMs } = patience;
  if (isExhausted(attempts, firstRetryMs)) return givenUp(failure.message);
  const growingMs = attempts <= 1 ? 0 : retryDelayMs(attempts, firstRetryMs);
  const retryAfterMs = Math.max(lookAgainAfterMs, failure.retryAfterMs ?? 0, growingMs);
  return { state: 'unknown', error: failure.message, retryAfterMs };
}

/** Tries again with growing waits, until they add up to a day. */
export function retryLater(error: string, { attempts, firstRetryMs }: Patience, statedMs = 0): Postponed {
  if (isExhausted(attempts, firstRetryMs)) return givenUp(error);
  return { state: 'retry', error, retryAfterMs: Math.max(statedMs, retryDelayMs(attempts, firstRetryMs)) };
}

function givenUp(error: string): Postponed {
  return { state: 'dead', error: `given up after 24 hours: ${error}` };
}
