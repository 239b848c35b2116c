import type { GateSpec } from '../domain/benchmark.ts';
import type { CustomMetric } from '../domain/metric.ts';
import type { Pair } from '../domain/trial.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Surroundings } from './gate-rule.ts';
import { judgeScenario } from './judge.ts';

/** By what a run of the past is judged again. */
export interface StoredPlan extends Omit<Surroundings, 'custom'> {
  scenarios: readonly { scenario: string; gates: readonly GateSpec[]; custom: readonly CustomMetric[] }[];
  /** Gating metrics that share the error rate. */
  family: number;
}

/**
 * The plan that the verdicts of a run were made by, as far as they tell: gates are those with a threshold, and all of
 * them are the family unless a verdict says otherwise. Scenarios come in the order of their first verdict.
 *
 * @param around what the run knew beside its pairs (controls, flags of the host); nothing for runs of before
 */
export function planFromVerdicts(
  verdicts: readonly Verdict[],
  around: Omit<Surroundings, 'custom'> = {},
): StoredPlan {
  const gating = verdicts.filter(({ threshold }) => threshold !== undefined);
  const names = [...new Set(verdicts.map(({ scenario }) => scenario))];
  return {
    ...around,
    scenarios: names.map((scenario) => ({
      scenario,
      gates: gating
        .filter((verdict) => verdict.scenario === scenario)
        .map(({ metric, threshold }) => ({ metric, threshold: threshold as number })),
      custom: verdicts.flatMap((verdict) =>
        verdict.scenario === scenario && verdict.custom !== undefined ? [verdict.custom] : [],
      ),
    })),
    family: gating.find(({ family }) => family !== undefined)?.family ?? Math.max(1, gating.length),
  };
}

/**
 * Judges the stored pairs of a run anew, by today's rules. Pure.
 *
 * Pairs were once measured as far as the rules of their time asked: an alarm that today's rules raise later, or would check
 * with more fresh pairs than there are, stays inconclusive. Scenarios without pairs give no verdicts.
 */
export function judgeStored(pairs: readonly Pair[], plan: StoredPlan): Verdict[] {
  const { scenarios, family, ...around } = plan;
  return scenarios.flatMap(({ scenario, gates, custom }) => {
    const own = pairs.filter((pair) => pair.scenario === scenario);
    if (own.length === 0) return [];
    return judgeScenario({ ...around, scenario, pairs: own, gates, family, custom });
  });
}
