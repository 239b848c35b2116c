/** Reads and writes are refused apart: reads that go through say nothing about writes that do not. */
export type RequestKind = 'read' | 'write';

export interface Limiter {
  /** Milliseconds until anything may be sent for the installation; 0: now. */
  waitMs(installationId: string): number;
  /** A request of this kind went through: ends the row of refusals of its kind. */
  noteAnswered(installationId: string, kind: RequestKind): void;
  /** Blocks the installation and returns for how long: as stated, else 60 s doubled per refusal in a row. */
  block(installationId: string, kind: RequestKind, statedMs: number | undefined): number;
}

/**
 * GitHub asks for at least a minute, exponentially more when that did not help, where it does not state a time
 * (docs.github.com, "Rate limits for the REST API").
 */
const SHORTEST_GUESS_MS = 60_000;
const LONGEST_GUESS_MS = 3_600_000;

interface Account {
  blockedUntilMs: number;
  refusalsInARow: number;
  refusedKind: RequestKind | undefined;
}

/**
 * Keeps each installation quiet for as long as GitHub asked, in memory: one process speaks for the App. Installations
 * do not wait for each other.
 *
 * @param now milliseconds since the epoch
 */
export function createLimiter(now: () => number = Date.now): Limiter {
  const accounts = new Map<string, Account>();

  function accountOf(installationId: string): Account {
    const known = accounts.get(installationId);
    if (known !== undefined) return known;
    const fresh: Account = { blockedUntilMs: 0, refusalsInARow: 0, refusedKind: undefined };
    accounts.set(installationId, fresh);
    return fresh;
  }

  return {
    waitMs: (installationId) => Math.max(0, accountOf(installationId).blockedUntilMs - now()),
    noteAnswered(installationId, kind) {
      const account = accountOf(installationId);
      if (account.refusedKind === kind) account.refusalsInARow = 0;
    },
    block(installationId, kind, statedMs) {
      const account = accountOf(installationId);
      const guessMs = Math.min(LONGEST_GUESS_MS, SHORTEST_GUESS_MS * 2 ** account.refusalsInARow);
      if (statedMs === undefined) account.refusalsInARow += 1;
      account.refusedKind = kind;
      account.blockedUntilMs = Math.max(account.blockedUntilMs, now() + (statedMs ?? guessMs));
      return account.blockedUntilMs - now();
    },
  };
}
