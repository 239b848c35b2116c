import type { GateSpec } from '../domain/benchmark.ts';
import type { ControlStanding } from '../domain/control.ts';
import { metricOf } from '../domain/metric.ts';
import type { CustomMetric, Metric } from '../domain/metric.ts';
import { marginFor } from './margin.ts';
import type { HostFacts } from './margin.ts';
import { metricLimits } from './metric-limits.ts';
import type { WorkingPair } from './pairs.ts';
import type { Limits } from './rule.ts';
import { yardstickOf } from './yardstick.ts';
import type { Yardstick } from './yardstick.ts';

/** What is known beside the pairs. The live stop and the judging must be told the same. */
export interface Surroundings {
  /** The numbers that the scenario's service gives. */
  custom?: readonly CustomMetric[];
  /** What the standing control says; those of other scenarios and metrics are passed over. */
  controls?: readonly ControlStanding[];
  host?: HostFacts;
}

/** By what a gating metric is judged. */
export interface GateRule {
  gate: GateSpec;
  metric: Metric;
  yardstick: Yardstick;
  limits: Limits;
  /** Why the margin is wider than usual. */
  marginWhy: string[];
}

/** The rule of a gate: the limits of its metric with the gate's threshold as tolerance, the margin as the pairs so far ask. */
export function ruleOf(
  gate: GateSpec,
  around: Surroundings = {},
  sample: { scenario?: string | undefined; kept: readonly WorkingPair[]; typical?: number | undefined } = {
    kept: [],
  },
): GateRule {
  const metric = metricOf(gate.metric, around.custom);
  const own = metricLimits(metric, {
    threshold: gate.threshold,
    ...(sample.typical !== undefined && { typical: sample.typical }),
  });
  const standing = standingOf(around.controls, sample.scenario, gate);
  const { margin, why } = marginFor({ metric, limits: own, kept: sample.kept, standing, host: around.host });
  return {
    gate,
    metric,
    yardstick: yardstickOf(metric),
    limits: { margin, minEffect: own.minEffect, tolerance: gate.threshold },
    marginWhy: why,
  };
}

/** What the standing control says of a gate. */
export function standingOf(
  controls: readonly ControlStanding[] | undefined,
  scenario: string | undefined,
  { metric }: Pick<GateSpec, 'metric'>,
): ControlStanding | undefined {
  return controls?.find((standing) => standing.scenario === scenario && standing.metric === metric);
}
