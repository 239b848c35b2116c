import type { GateSpec } from '../domain/benchmark.ts';
import type { Pair, Side, Stage } from '../domain/trial.ts';
import { SIDES } from '../domain/trial.ts';
import { MAX_EXPLORE_PAIRS, followGate } from './gate-progress.ts';
import type { GateProgress } from './gate-progress.ts';
import type { Surroundings } from './gate-rule.ts';

/** Failed trials of one side that end a scenario: once may be bad luck, twice is the code. */
export const MAX_FAILURES_PER_SIDE = 2;

/** Where the measuring of one scenario stands. */
export interface ScenarioState extends Surroundings {
  /** All pairs so far, both stages, failed ones included. */
  pairs: readonly Pair[];
  gates: readonly GateSpec[];
  /** Since the first pair of this scenario was started. */
  elapsedMs: number;
  budgetMs: number;
  /** Typical wall time of a pair; undefined while not known. */
  pairMs?: number;
  /** As in {@link judgeScenario}: number of gating metrics that share one error rate; default those of this scenario. */
  family?: number;
}

/**
 * `decided`: every gating metric has its answer. `budget`: time is up, or too short to reach the next look.
 * `max-pairs`: more pairs would not be looked at. `failures`: a side failed twice.
 */
export type StopReason = 'decided' | 'budget' | 'max-pairs' | 'failures';

export type NextStep = { kind: 'pair'; stage: Stage } | { kind: 'stop'; why: StopReason; failedSide?: Side };

/**
 * What to do next in a scenario. A pair is only ever started within the budget, so that it is exceeded by one pair at
 * most. An alarm is checked at once, before the exploring goes on for other metrics: a regression that is there should
 * not wait for them and then run out of time.
 */
export function nextStep(state: ScenarioState): NextStep {
  const failedSide = SIDES.find((side) => failuresOf(state.pairs, side) >= MAX_FAILURES_PER_SIDE);
  if (failedSide !== undefined) return { kind: 'stop', why: 'failures', failedSide };

  const family = state.family ?? state.gates.length;
  const open = state.gates
    .map((gate) => followGate(state.pairs, gate, family, state))
    .filter(({ state: at }) => at === 'exploring' || at === 'suspected');
  if (open.length === 0) return { kind: 'stop', why: 'decided' };

  const unchecked = open.filter((progress) => progress.state === 'suspected' && !progress.exhausted);
  const toConfirm = missingForNextLook(unchecked);
  const toExplore = missingForNextLook(open.filter((progress) => progress.state === 'exploring'));
  if (toConfirm === undefined && toExplore === undefined) return { kind: 'stop', why: 'max-pairs' };
  if (state.elapsedMs >= state.budgetMs) return { kind: 'stop', why: 'budget' };
  const affordable = affordablePairs(state);
  if (toConfirm !== undefined && toConfirm <= affordable) return { kind: 'pair', stage: 'confirm' };
  if (toExplore !== undefined && toExplore <= affordable) return { kind: 'pair', stage: 'explore' };
  return { kind: 'stop', why: 'budget' };
}

/** Fewest usable pairs that bring any of the metrics to its next look; undefined when none has one. */
function missingForNextLook(open: readonly GateProgress[]): number | undefined {
  const missing = open.flatMap((progress) =>
    'missingForNextLook' in progress ? (progress.missingForNextLook ?? []) : [],
  );
  return missing.length === 0 ? undefined : Math.min(...missing);
}

/** Pairs that can still be started within the budget. */
function affordablePairs({ elapsedMs, budgetMs, pairMs }: ScenarioState): number {
  if (pairMs === undefined || pairMs <= 0) return MAX_EXPLORE_PAIRS;
  return Math.ceil((budgetMs - elapsedMs) / pairMs);
}

function failuresOf(pairs: readonly Pair[], side: Side): number {
  return pairs.filter((pair) => {
    const outcome = pair[side];
    // A side that was stopped because the other one failed has done nothing wrong.
    return outcome.state === 'failed' && outcome.failure.kind !== 'aborted';
  }).length;
}
