import { setTimeout as sleep } from 'node:timers/promises';

import { PerfCiError } from '../src/domain/errors.ts';
import type { Run } from '../src/domain/run.ts';
import { makeKeyPair, open } from '../src/github/seal.ts';
import type { Pool } from '../src/store/pool.ts';
import { askFetchToken, forgetFetchTokenRequests, readFetchTokenAnswer } from '../src/store/fetch-tokens.ts';

const POLL_MS = 100;
const DEADLINE_MS = 60_000;

/**
 * Asks the reporter for a token that may fetch this run's repository, and nothing else. The token is sealed
 * to a key that lives in this call only, so the table it passes through is of no use to anyone.
 * @throws PerfCiError `fetch-token-refused`, or `fetch-token-late` (retryable) when no reporter answers
 */
export async function obtainFetchToken(pool: Pool, run: Run, signal: AbortSignal): Promise<string> {
  const keys = makeKeyPair();
  const requestId = await askFetchToken(pool, {
    runId: run.id,
    leaseEpoch: run.leaseEpoch,
    publicKey: keys.publicKey,
  });
  const giveUpMs = performance.now() + DEADLINE_MS;
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
      if (performance.now() > giveUpMs) {
        throw new PerfCiError('fetch-token-late', `no reporter answered within ${DEADLINE_MS / 1000} s`, {
          retryable: true,
          remedy: 'start perf-ci reporter; it holds the App key',
        });
      }
      await sleep(POLL_MS);
    }
  } finally {
    await forgetFetchTokenRequests(pool, run.id).catch(() => undefined);
  }
}
