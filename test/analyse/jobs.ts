import { nextStep } from '../../src/analyse/next-step.ts';
import type { ScenarioState, StopReason } from '../../src/analyse/next-step.ts';
import type { GateSpec } from '../../src/domain/benchmark.ts';
import type { Pair, Stage } from '../../src/domain/trial.ts';

export interface Job {
  pairs: Pair[];
  why: StopReason;
  elapsedMs: number;
}

/**
 * Runs a scenario to its end the way a worker does, with `measure` in place of real processes: each pair takes its
 * own wallMs.
 */
export function runJob(
  measure: (pairNo: number, stage: Stage) => Pair,
  job: { gates: readonly GateSpec[]; budgetMs: number; family?: number },
): Job {
  const pairs: Pair[] = [];
  let elapsedMs = 0;
  for (;;) {
    const state: ScenarioState = { ...job, pairs, elapsedMs };
    if (pairs.length > 0) state.pairMs = elapsedMs / pairs.length;
    const step = nextStep(state);
    if (step.kind === 'stop') return { pairs, why: step.why, elapsedMs };
    const measured = measure(pairs.length + 1, step.stage);
    pairs.push(measured);
    elapsedMs += measured.wallMs;
  }
}

export const CPU_GATE: GateSpec = { metric: 'cpu_per_request', threshold: 0.03 };
