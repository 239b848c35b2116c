import type { GateSpec } from '../domain/benchmark.ts';
import type { MetricName } from '../domain/metric.ts';
import type { Pair, Trial } from '../domain/trial.ts';
import type { ConfidenceInterval, Verdict, VerdictWord } from '../domain/verdict.ts';
import { followGate } from './gate-progress.ts';
import type { GateProgress } from './gate-progress.ts';
import { standingOf } from './gate-rule.ts';
import type { Surroundings } from './gate-rule.ts';
import type { LogInterval } from './interval.ts';
import { siftPairs } from './pairs.ts';
import { metricsIn, sortMetrics } from './readings.ts';
import { METHODS } from './rule.ts';
import type { Decision } from './rule.ts';
import { judgeSecondary } from './secondary.ts';
import { smallestVisible } from './smallest-visible.ts';
import { customOf, typicalValues } from './verdict-parts.ts';
import { ANALYSIS_VERSION } from './version.ts';
import { realRange } from './yardstick.ts';

/** Everything measured for one scenario. */
export interface ScenarioPairs extends Surroundings {
  scenario: string;
  /** Both stages, in any order; failed pairs included. */
  pairs: readonly Pair[];
  /** At least one; `tolerance` of the rule is the gate's threshold. */
  gates: readonly GateSpec[];
  /**
   * What to judge beside the gating metrics; default every metric that the pairs have. Those without a figure in any kept
   * pair are left out, gating ones never.
   */
  metrics?: readonly MetricName[];
  /** Number of gating metrics that share one error rate; default those of this scenario. Use the run's total to cover the run. */
  family?: number;
}

/**
 * Verdicts of one scenario, in the order of tables. Gating metrics follow the sequential rule with its
 * confirmation; the others are judged once, as a family of their own. Pure: the same pairs give the same verdicts,
 * now or years later.
 *
 * A gating metric that is `inconclusive` was either never decided (no `confirmation`), or raised an alarm that fresh
 * pairs did not repeat or could not check within the budget (`confirmation.held` is false), or must not raise one
 * because the standing control fails (`blocked`).
 */
export function judgeScenario(input: ScenarioPairs): Verdict[] {
  const family = input.family ?? input.gates.length;
  const gating = input.gates.map((gate) => judgeGate(input, gate, family));
  const explore = siftPairs(input.pairs.filter(({ stage }) => stage === 'explore'));
  const confirm = siftPairs(
    input.pairs.filter(({ stage }) => stage === 'confirm'),
    explore.kept,
  );
  const kept = [...explore.kept, ...confirm.kept];
  const trials = kept.flatMap(({ base, head }): Trial[] => [base, head]);
  const found = metricsIn(trials, input.custom);
  const others = (input.metrics ?? found).filter(
    (metric) => found.includes(metric) && !input.gates.some((gate) => gate.metric === metric),
  );
  const secondary = judgeSecondary(
    input.scenario,
    kept,
    others,
    explore.dropped.length + confirm.dropped.length,
    input.custom,
  );
  const verdicts = new Map([...gating, ...secondary].map((verdict) => [verdict.metric, verdict]));
  return sortMetrics([...verdicts.keys()]).map((metric) => verdicts.get(metric) as Verdict);
}

function judgeGate(input: ScenarioPairs, gate: GateSpec, family: number): Verdict {
  const progress = followGate(input.pairs, gate, family, input);
  const { rule } = progress;
  const interval = reportedInterval(progress);
  const blocked = blockOf(input, progress);
  return {
    scenario: input.scenario,
    metric: gate.metric,
    verdict: blocked === undefined ? wordOf(progress) : 'inconclusive',
    ...customOf(gate.metric, input.custom),
    ...(rule.yardstick.effectIn === 'absolute' && { effectIn: 'absolute' as const }),
    ...effectOf(progress),
    ...(interval !== undefined && {
      smallestVisible: smallestVisible(interval, rule.limits, rule.yardstick),
    }),
    margin: rule.limits.margin,
    ...(rule.marginWhy.length > 0 && { marginWhy: rule.marginWhy }),
    family,
    ...(blocked !== undefined && { blocked }),
    threshold: gate.threshold,
    ...summaryOf(progress),
    ...confirmationOf(progress),
    analysisVersion: ANALYSIS_VERSION,
  };
}

/** Why the alarm of `progress` must not be raised; undefined when it may, or when there is none. */
function blockOf(input: ScenarioPairs, progress: GateProgress): string | undefined {
  const hasAlarm = progress.state === 'suspected' || progress.state === 'checked';
  return hasAlarm ? standingOf(input.controls, input.scenario, progress.rule.gate)?.blocked : undefined;
}

function wordOf(progress: GateProgress): VerdictWord {
  if (progress.state === 'unchanged') return 'unchanged';
  if (progress.state === 'checked' && progress.confirmation.state === 'held') return progress.direction;
  return 'inconclusive';
}

function pooledInterval(progress: GateProgress): LogInterval | undefined {
  return 'confirmation' in progress ? progress.confirmation?.pooled : undefined;
}

function reportedInterval(progress: GateProgress): LogInterval | undefined {
  return pooledInterval(progress) ?? progress.decision.interval;
}

/** Effect and interval: of both stages where an alarm was checked, else of the last look. */
function effectOf(progress: GateProgress): { effect?: number; interval?: ConfidenceInterval } {
  const { decision, rule } = progress;
  const pooled = pooledInterval(progress);
  if (pooled !== undefined) {
    const method = `${METHODS[pooled.by]}, explore and confirm pairs pooled`;
    const interval = { ...realRange(rule.yardstick, pooled), level: decision.level, method };
    return { effect: rule.yardstick.change(pooled.estimate), interval };
  }
  const interval = intervalOf(decision);
  return {
    ...(decision.estimate !== undefined && { effect: decision.estimate }),
    ...(interval !== undefined && { interval }),
  };
}

function intervalOf({ lo, hi, level, method }: Decision): ConfidenceInterval | undefined {
  return lo === undefined || hi === undefined ? undefined : { lo, hi, level, method };
}

function summaryOf(
  progress: GateProgress,
): Pick<Verdict, 'baseValue' | 'headValue' | 'pairsUsed' | 'pairsDropped' | 'pairsWorse'> {
  const samples = 'fresh' in progress ? [progress.sample, progress.fresh] : [progress.sample];
  const figures = samples.map((sample) => sample.figures);
  const changes = figures.flatMap((each) => each.changes);
  return {
    ...typicalValues(figures),
    pairsUsed: changes.length,
    pairsDropped: samples.reduce((sum, { dropped }) => sum + dropped, 0),
    pairsWorse: changes.filter((change) => change > 0).length,
  };
}

function confirmationOf(progress: GateProgress): Pick<Verdict, 'confirmation'> {
  if (!('fresh' in progress)) return {};
  const fresh = progress.fresh.figures.changes;
  // Without a single fresh pair there is no effect to state; the interval beyond the margin tells the suspicion.
  if (fresh.length === 0) return {};
  const centre = fresh.reduce((sum, change) => sum + change, 0) / fresh.length;
  const held = progress.state === 'checked' && progress.confirmation.state === 'held';
  return { confirmation: { pairs: fresh.length, effect: progress.rule.yardstick.change(centre), held } };
}
