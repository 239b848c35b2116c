import { PerfCiError } from '../domain/errors.ts';
import type { GitHubReads } from './ports.ts';

/**
 * `reads` that answer or fail within `deadlineMs` each. A transaction is open while they go on, and one read that
 * never returns would stop all of intake.
 */
export function withDeadline(reads: GitHubReads, deadlineMs: number): GitHubReads {
  async function within<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(tooSlow(deadlineMs)), deadlineMs);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    readPullRequest: (place) => within(reads.readPullRequest(place)),
    permissionOf: (place) => within(reads.permissionOf(place)),
    readCommit: (place) => within(reads.readCommit(place)),
  };
}

function tooSlow(deadlineMs: number): PerfCiError {
  return new PerfCiError('github-slow', `an answer of GitHub expected within ${deadlineMs} ms`, {
    retryable: true,
  });
}
