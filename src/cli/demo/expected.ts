import type { RunResult } from '../../domain/run.ts';
import { CHANGES } from './repository.ts';

/** The slower change must be found within this range, relative. */
const EXPECTED = { lo: 0.03, hi: 0.07 };

/** What is wrong with the end of a change's pull request; undefined: it ended as it should. */
export function findMistake(
  change: (typeof CHANGES)[number],
  conclusion: string | null,
  result: RunResult | undefined,
): string | undefined {
  if (result?.kind !== 'judged') return `expected a verdict, found ${result?.kind ?? 'none'}`;
  if (change.branch === CHANGES[0].branch) {
    return conclusion === 'success' ? undefined : `expected the neutral change to pass, found ${conclusion}`;
  }
  const verdict = result.verdicts.find((candidate) => candidate.metric === 'cpu_per_request');
  const effect = verdict?.effect ?? NaN;
  if (conclusion !== 'failure' || verdict?.verdict !== 'regressed') {
    return `expected the slower change to be called slower, found ${verdict?.verdict} and ${conclusion}`;
  }
  const isInRange = effect >= EXPECTED.lo && effect <= EXPECTED.hi;
  return isInRange ? undefined : `expected 3 to 7 % slower, found ${(effect * 100).toFixed(1)} %`;
}
