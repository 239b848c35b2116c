import { type PerfCiError, toPerfCiError } from '../src/domain/errors.ts';
import type { GitHubClient } from '../src/github/client.ts';
import { answerFetchToken as mintSealed } from '../src/github/fetch-token.ts';
import type { Log } from '../src/log.ts';
import {
  answerFetchToken,
  type FetchTokenRequest,
  putOffFetchTokens,
  takeFetchTokenRequest,
} from '../src/store/fetch-tokens.ts';
import { type Pool, withTransaction } from '../src/store/pool.ts';

export interface TokenBroker {
  /** A worker may be asking. */
  wake(): void;
  stop(): Promise<void>;
}

/** Wait before an installation is asked about again when the failure does not say. */
const RETRY_AFTER_MS = 5_000;
const LONGEST_RETRY_MS = 3_600_000;

/**
 * Answers workers that ask for a fetch token, as long as they hold the run they ask for. A question that GitHub
 * cannot answer now is put off, with the reason for its worker to read, and taken up again until the worker gives
 * up; others are answered meanwhile.
 */
export function startTokenBroker(options: {
  pool: Pool;
  client: Pick<GitHubClient, 'mintToken'>;
  pollMs: number;
  log: Log;
}): TokenBroker {
  const { pool, client, pollMs, log } = options;
  let working: Promise<void> | undefined;
  let again = false;

  /** False: nobody asks. @throws when the database is away */
  async function answerOne(): Promise<boolean> {
    let taken: FetchTokenRequest | undefined;
    try {
      return await withTransaction(pool, async (tx) => {
        const request = await takeFetchTokenRequest(tx);
        if (request === undefined) return false;
        taken = request;
        const answer = await mintSealed(client, request);
        await answerFetchToken(tx, request.requestId, answer);
        const about = { runId: request.runId, repository: request.repoFullName };
        if ('sealed' in answer) log.info(about, 'gave out a fetch token');
        else log.warn({ ...about, refusal: answer.refusal }, 'refused a fetch token');
        return true;
      });
    } catch (error) {
      if (taken === undefined) throw error;
      await putOff(taken, toPerfCiError(error));
      return true;
    }
  }

  async function putOff({ runId, installationId }: FetchTokenRequest, error: PerfCiError): Promise<void> {
    const retryAfterMs = waitAfter(error);
    log.warn({ runId, installationId, error, retryAfterMs }, 'a fetch token could not be given now');
    // Any other failure is one of ours, and no reason that GitHub has.
    const reason = error.code === 'github-unavailable' ? { reason: error.message } : {};
    await putOffFetchTokens(pool, installationId, { ...reason, retryAfterMs });
  }

  async function answerAll(): Promise<void> {
    do {
      again = false;
      try {
        while (await answerOne());
      } catch (error) {
        log.warn({ error }, 'questions for fetch tokens could not be read or answered');
      }
    } while (again);
  }

  function wake(): void {
    again = true;
    working ??= answerAll().finally(() => {
      working = undefined;
    });
  }

  const poll = setInterval(wake, pollMs);
  wake();
  return {
    wake,
    async stop() {
      clearInterval(poll);
      await working;
    },
  };
}

function waitAfter({ details }: PerfCiError): number {
  const { retryAfterMs } = details;
  return typeof retryAfterMs === 'number' ? Math.min(LONGEST_RETRY_MS, retryAfterMs) : RETRY_AFTER_MS;
}
