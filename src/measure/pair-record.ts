import type { Pair, Side, TrialOutcome } from '../domain/trial.ts';
import { readMachineTime, stealSince } from './host/machine-time.ts';

/** What a pair found, whatever it ran. */
export interface PairFound {
  outcomes: Record<Side, TrialOutcome>;
  answers: Pair['answers'];
}

/** Begins the record of a pair now. @returns what ends it: the pair with its length and what was stolen meanwhile */
export function beginRecord(
  request: Pick<Pair, 'scenario' | 'pairNo' | 'stage' | 'seed'>,
  first: Side,
): (found: PairFound) => Pair {
  const startedAt = new Date().toISOString();
  const startedMs = performance.now();
  const machineBefore = readMachineTime();
  const { scenario, pairNo, stage, seed } = request;
  return ({ outcomes, answers }) => {
    const steal = stealSince(machineBefore);
    const wallMs = performance.now() - startedMs;
    return { scenario, pairNo, stage, seed, first, startedAt, wallMs, ...outcomes, answers, ...steal };
  };
}
