import { METRICS } from '../domain/benchmark.ts';
import type { GateSpec, MetricName } from '../domain/benchmark.ts';
import type { Pair } from '../domain/trial.ts';
import type { ConfidenceInterval, Verdict, VerdictWord } from '../domain/verdict.ts';
import { median } from '../stats/summary.ts';
import { followGate, limitsOf } from './gate-progress.ts';
import type { GateProgress, Sample } from './gate-progress.ts';
import type { LogInterval } from './interval.ts';
import { siftPairs } from './pairs.ts';
import { METHODS, toRelative } from './rule.ts';
import type { Decision } from './rule.ts';
import { judgeSecondary } from './secondary.ts';
import { smallestVisible } from './smallest-visible.ts';
import { ANALYSIS_VERSION } from './version.ts';

/** Everything measured for one scenario. */
export interface ScenarioPairs {
  scenario: string;
  /** Both stages, in any order; failed pairs included. */
  pairs: readonly Pair[];
  /** At least one; `tolerance` of the rule is the gate's threshold. */
  gates: readonly GateSpec[];
  /** What to judge; default every metric. Gating metrics are judged in any case. */
  metrics?: readonly MetricName[];
  /** Number of gating metrics that share one error rate; default those of this scenario. Use the run's total to cover the run. */
  family?: number;
}

/**
 * Verdicts of one scenario, in the order of {@link METRICS}. Gating metrics follow the sequential rule with its
 * confirmation; the others are judged once, as a family of their own. Pure: the same pairs give the same verdicts,
 * now or years later.
 *
 * A gating metric that is `inconclusive` was either never decided (no `confirmation`), or raised an alarm that fresh
 * pairs did not repeat or could not check within the budget (`confirmation.held` is false).
 */
export function judgeScenario(input: ScenarioPairs): Verdict[] {
  const family = input.family ?? input.gates.length;
  const gating = input.gates.map((gate) => judgeGate(input, gate, family));
  const others = (input.metrics ?? METRICS.map(({ name }) => name)).filter(
    (metric) => !input.gates.some((gate) => gate.metric === metric),
  );
  const explore = siftPairs(input.pairs.filter(({ stage }) => stage === 'explore'));
  const confirm = siftPairs(
    input.pairs.filter(({ stage }) => stage === 'confirm'),
    explore.kept,
  );
  const secondary = judgeSecondary(
    input.scenario,
    [...explore.kept, ...confirm.kept],
    others,
    explore.dropped.length + confirm.dropped.length,
  );
  const order = METRICS.map(({ name }) => name);
  return [...gating, ...secondary].sort((a, b) => order.indexOf(a.metric) - order.indexOf(b.metric));
}

function judgeGate(input: ScenarioPairs, gate: GateSpec, family: number): Verdict {
  const progress = followGate(input.pairs, gate, family);
  const samples = 'fresh' in progress ? [progress.sample, progress.fresh] : [progress.sample];
  const limits = limitsOf(gate);
  const interval = reportedInterval(progress);
  return {
    scenario: input.scenario,
    metric: gate.metric,
    verdict: wordOf(progress),
    ...effectOf(progress),
    ...(interval !== undefined && { smallestVisible: smallestVisible(interval, limits) }),
    margin: limits.margin,
    threshold: gate.threshold,
    ...summaryOf(samples),
    ...confirmationOf(progress),
    analysisVersion: ANALYSIS_VERSION,
  };
}

function wordOf(progress: GateProgress): VerdictWord {
  if (progress.state === 'unchanged') return 'unchanged';
  if (progress.state === 'checked' && progress.confirmation.held) return progress.direction;
  return 'inconclusive';
}

function reportedInterval(progress: GateProgress): LogInterval | undefined {
  return progress.state === 'checked' ? progress.confirmation.pooled : progress.decision.interval;
}

/** Effect and interval: of both stages where an alarm was checked, else of the last look. */
function effectOf(progress: GateProgress): { effect?: number; interval?: ConfidenceInterval } {
  const { decision } = progress;
  if (progress.state === 'checked') {
    const { pooled } = progress.confirmation;
    const method = `${METHODS[pooled.by]}, explore and confirm pairs pooled`;
    const interval = { lo: toRelative(pooled.lo), hi: toRelative(pooled.hi), level: decision.level, method };
    return { effect: toRelative(pooled.estimate), interval };
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
  samples: readonly Sample[],
): Pick<Verdict, 'baseValue' | 'headValue' | 'pairsUsed' | 'pairsDropped' | 'pairsWorse'> {
  const baseValue = median(samples.flatMap(({ figures }) => figures.base));
  const headValue = median(samples.flatMap(({ figures }) => figures.head));
  const logRatios = samples.flatMap(({ figures }) => figures.logRatios);
  return {
    ...(baseValue !== undefined && { baseValue }),
    ...(headValue !== undefined && { headValue }),
    pairsUsed: logRatios.length,
    pairsDropped: samples.reduce((sum, { dropped }) => sum + dropped, 0),
    pairsWorse: logRatios.filter((ratio) => ratio > 0).length,
  };
}

function confirmationOf(progress: GateProgress): Pick<Verdict, 'confirmation'> {
  if (progress.state === 'checked') {
    const { effect, held } = progress.confirmation;
    return { confirmation: { pairs: progress.fresh.figures.logRatios.length, effect, held } };
  }
  if (progress.state !== 'suspected') return {};
  const fresh = progress.fresh.figures.logRatios;
  const effect = fresh.reduce((sum, ratio) => sum + ratio, 0) / fresh.length;
  // Without a single fresh pair there is no effect to state; the interval beyond the margin tells the suspicion.
  return fresh.length === 0
    ? {}
    : { confirmation: { pairs: fresh.length, effect: toRelative(effect), held: false } };
}
