import type { Pair, Stage, Trial, TrialFailure, TrialOutcome } from '../../src/domain/trial.ts';

/** A trial that worked, with 1000 requests of 1000 us each unless told otherwise. */
export function trial(changes: Partial<Trial> = {}): Trial {
  return {
    startupMs: 90,
    requests: 1000,
    cpuUs: 1_000_000,
    cpuSource: 'schedstat',
    latencyMs: { mean: 1.2, p50: 1.1, p90: 1.7, p99: 3.5, max: 6 },
    histogram: '',
    memoryPeakBytes: 87_000_000,
    ...changes,
  };
}

export const FAILURE: TrialFailure = {
  kind: 'exited',
  message: 'expected a running service, found exit code 1',
  outputTail: '',
};

export function failed(kind: TrialFailure['kind'] = 'exited'): TrialOutcome {
  return { state: 'failed', failure: { ...FAILURE, kind } };
}

export interface PairChanges {
  pairNo?: number;
  stage?: Stage;
  base?: Partial<Trial> | 'failed';
  head?: Partial<Trial> | 'failed';
}

/** A pair of equal sides unless told otherwise. */
export function pair({ pairNo = 1, stage = 'explore', base = {}, head = {} }: PairChanges = {}): Pair {
  return {
    scenario: 'everyday',
    pairNo,
    stage,
    seed: pairNo,
    first: 'base',
    startedAt: '2026-11-20T12:00:00.000Z',
    wallMs: 5300,
    base: base === 'failed' ? failed() : { state: 'ok', trial: trial(base) },
    head: head === 'failed' ? failed() : { state: 'ok', trial: trial(head) },
    answers: { compared: 24, different: 0 },
  };
}

/**
 * One pair for each log-ratio of CPU per request, level 1000 us.
 *
 * @param from number of the first pair
 */
export function pairsWith(logRatios: readonly number[], stage: Stage = 'explore', from = 1): Pair[] {
  return logRatios.map((ratio, i) =>
    pair({
      pairNo: from + i,
      stage,
      base: { cpuUs: 1_000_000 * Math.exp(-ratio / 2) },
      head: { cpuUs: 1_000_000 * Math.exp(ratio / 2) },
    }),
  );
}

/** `count` log-ratios around ln(1 + effect), spread evenly over -+ `spread`: no luck involved. */
export function evenly(count: number, effect: number, spread: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => Math.log1p(effect) + (count === 1 ? 0 : spread * ((2 * i) / (count - 1) - 1)),
  );
}
