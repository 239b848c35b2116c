import { setTimeout as sleep } from 'node:timers/promises';

import { PerfCiError } from '../src/domain/errors.ts';
import type { Run } from '../src/domain/run.ts';
import { makeKeyPair, open } from '../src/github/seal.ts';
import type { Pool } from '../src/store/pool.ts';
import { askFetchToken, forgetFetchTokenRequests, readFetchTokenAnswer } from '../src/store/fetch-tokens.ts';

const POLL_MS = 100;

/**
 * Asks the reporter for a token that may fetch this run's repository, and nothing else. The token is sealed
 * to a key that lives in this call only, so the table it passes through is of no use to anyone.
 * @throws PerfCiError `fetch-token-refused`; after the deadline, retryable, `github-unavailable` when the reporter
 *   says that GitHub gave no token, else `fetch-token-late`
 */
export async function obtainFetchToken(
  pool: Pool,
  run: Pick<Run, 'id' | 'leaseEpoch'>,
  signal: AbortSignal,
  deadlineMs = 60_000,
): Promise<string> {
  const keys = makeKeyPair();
  const requestId = await askFetchToken(pool, {
    runId: run.id,
    leaseEpoch: run.leaseEpoch,
    publicKey: keys.publicKey,
  });
  const giveUpMs = performance.now() + deadlineMs;
  try {
    for (;;) {
      signal.throwIfAborted();
      const answer = await readFetchTokenAnswer(pool, requestId);
      if (answer.state === 'sealed') return open(keys, answer.sealed);
      if (answer.state === 'refused') {
        throw new PerfCiError(
          'fetch-token-refused',
          `GitHub gives no token for this repository: ${answer.refusal}`,
          {
            remedy: 'check that the App is still installed on the repository with contents: read',
          },
        );
      }
      if (performance.now() > giveUpMs) throw tooLate(answer.reason, deadlineMs);
      await sleep(POLL_MS);
    }
  } finally {
    await forgetFetchTokenRequests(pool, run.id).catch(() => undefined);
  }
}

/** @param reason of the reporter's, why GitHub gave no token; undefined: no reporter has tried */
function tooLate(reason: string | undefined, deadlineMs: number): PerfCiError {
  if (reason !== undefined) {
    return new PerfCiError('github-unavailable', `GitHub gave no token: ${reason}`, {
      retryable: true,
      remedy: 'wait, or look at githubstatus.com; the run is tried again by itself',
    });
  }
  return new PerfCiError('fetch-token-late', `no reporter answered within ${deadlineMs / 1000} s`, {
    retryable: true,
    remedy: 'start perf-ci reporter; it holds the App key',
  });
}
