import { toPerfCiError } from '../src/domain/errors.ts';
import type { GitHubClient } from '../src/github/client.ts';
import { answerFetchToken as mintSealed } from '../src/github/fetch-token.ts';
import type { Log } from '../src/log.ts';
import { answerFetchToken, takeFetchTokenRequest } from '../src/store/fetch-tokens.ts';
import { type Pool, withTransaction } from '../src/store/pool.ts';

export interface TokenBroker {
  /** A worker may be asking. */
  wake(): void;
  stop(): Promise<void>;
}

/**
 * Answers workers that ask for a fetch token, as long as they hold the run they ask for. A question that GitHub
 * cannot answer now is taken up again at the next poll, until its worker gives up.
 */
export function startTokenBroker(options: {
  pool: Pool;
  client: GitHubClient;
  pollMs: number;
  log: Log;
}): TokenBroker {
  const { pool, client, pollMs, log } = options;
  let working: Promise<void> | undefined;
  let again = false;

  async function answerOne(): Promise<boolean> {
    return withTransaction(pool, async (tx) => {
      const request = await takeFetchTokenRequest(tx);
      if (request === undefined) return false;
      await answerFetchToken(tx, request.requestId, await mintSealed(client, request));
      log.info({ runId: request.runId, repository: request.repoFullName }, 'gave out a fetch token');
      return true;
    });
  }

  async function answerAll(): Promise<void> {
    do {
      again = false;
      try {
        while (await answerOne());
      } catch (error) {
        log.warn({ error, code: toPerfCiError(error).code }, 'a fetch token could not be given now');
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
