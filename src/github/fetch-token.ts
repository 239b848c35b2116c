import { PerfCiError, toPerfCiError } from '../domain/errors.ts';
import type { GitHubClient } from './client.ts';
import { seal } from './seal.ts';

export interface FetchTokenQuestion {
  installationId: string;
  repoId: string;
  /** Of the worker that asks; see seal.ts. */
  publicKey: Buffer;
}

export type FetchTokenAnswer = { sealed: Buffer } | { refusal: string };

/**
 * Mints a token that reads the contents of one repository and nothing else, sealed to the worker's key. It is
 * minted anew for each question, so that it lives a full hour and so that no cached, wider token ever leaves.
 *
 * @returns a refusal when there will never be one, such as for a removed installation or an unusable public key
 * @throws PerfCiError `github-unavailable` (retryable, `details.retryAfterMs`) when there may be one later
 */
export async function answerFetchToken(
  client: Pick<GitHubClient, 'mintToken'>,
  question: FetchTokenQuestion,
): Promise<FetchTokenAnswer> {
  const scope = { repositoryId: question.repoId, permissions: { contents: 'read' } as const };
  const minted = await client.mintToken(question.installationId, scope);

  if (minted.ok) return sealOrRefuse(question.publicKey, minted.value);
  const { failure } = minted;
  if (failure.kind === 'rejected' || failure.kind === 'gone') return { refusal: failure.message };
  throw new PerfCiError('github-unavailable', failure.message, {
    retryable: true,
    details: { retryAfterMs: failure.retryAfterMs ?? 5_000 },
  });
}

function sealOrRefuse(publicKey: Buffer, token: string): FetchTokenAnswer {
  try {
    return { sealed: seal(publicKey, token) };
  } catch (error) {
    const { code, message } = toPerfCiError(error);
    if (code !== 'seal-key') throw error;
    return { refusal: message };
  }
}
