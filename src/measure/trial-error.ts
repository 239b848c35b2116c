import type { Side, TrialFailure, TrialOutcome } from '../domain/trial.ts';

/**
 * A pair that cannot be made. Holds the failure of each side that failed: whether one side fails or both
 * decides whose fault it is, so the other side is always asked too before this is thrown.
 */
export class TrialError extends Error {
  readonly failures: Partial<Record<Side, TrialFailure>>;

  constructor(failures: Partial<Record<Side, TrialFailure>>) {
    super(Object.values(failures)[0]?.message ?? 'a trial failed');
    this.name = 'TrialError';
    this.failures = failures;
  }

  /** What the pair records of `side`. */
  outcomeOf(side: Side): TrialOutcome {
    const other = side === 'base' ? 'head' : 'base';
    const failure = this.failures[side] ?? {
      kind: 'aborted',
      message: `stopped because the ${other} failed`,
      outputTail: '',
    };
    return { state: 'failed', failure };
  }
}

/**
 * Runs `tasks` and throws one {@link TrialError} with the failures of all that threw one.
 * @returns the results in the order of `tasks`
 */
export async function settleSides<T>(tasks: readonly Promise<T>[]): Promise<T[]> {
  const failures: Partial<Record<Side, TrialFailure>> = {};
  const results: T[] = [];
  for (const settled of await Promise.allSettled(tasks)) {
    if (settled.status === 'fulfilled') results.push(settled.value);
    else if (settled.reason instanceof TrialError) Object.assign(failures, settled.reason.failures);
    else throw settled.reason;
  }
  if (Object.keys(failures).length > 0) throw new TrialError(failures);
  return results;
}
