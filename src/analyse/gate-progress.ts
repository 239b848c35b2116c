import type { GateSpec } from '../domain/benchmark.ts';
import type { Pair } from '../domain/trial.ts';
import { looksFor, MAX_LOOK_PAIRS } from './boundaries.ts';
import { confirmAlarm, CONFIRM_PAIRS, MAX_CONFIRM_PAIRS } from './confirm.ts';
import type { Confirmation, Direction } from './confirm.ts';
import { metricPairs, siftPairs, UNSTEADY_SHARE } from './pairs.ts';
import type { MetricPairs, WorkingPair } from './pairs.ts';
import { decide, DEFAULT_LIMITS } from './rule.ts';
import type { Decision, Limits } from './rule.ts';

/** Exploring pairs that are started at most: enough for the last look when a quarter of them is dropped. */
export const MAX_EXPLORE_PAIRS = MAX_LOOK_PAIRS / (1 - UNSTEADY_SHARE);

/** What a set of pairs gives for one metric. */
export interface Sample {
  figures: MetricPairs;
  kept: WorkingPair[];
  /** Pairs that gave no figure, for whatever reason. */
  dropped: number;
}

/** How far one gating metric has come. */
export type GateProgress =
  | { state: 'exploring'; sample: Sample; decision: Decision; missingForNextLook: number | undefined }
  | { state: 'unchanged'; sample: Sample; decision: Decision }
  | {
      state: 'suspected';
      direction: Direction;
      sample: Sample;
      decision: Decision;
      fresh: Sample;
      /** No further confirming pair is allowed. */
      exhausted: boolean;
    }
  | {
      state: 'checked';
      direction: Direction;
      sample: Sample;
      decision: Decision;
      fresh: Sample;
      confirmation: Confirmation;
    };

/** The limits of a gate: those of the rule, with the gate's threshold as tolerance. */
export function limitsOf(gate: GateSpec): Limits {
  return { ...DEFAULT_LIMITS, tolerance: gate.threshold };
}

/**
 * Replays the pairs of one scenario in the order measured and tells where a gating metric stands. A decision, once
 * made, stays: later exploring pairs, taken for another metric's sake, are not looked at, and only confirming pairs
 * measured after the alarm count as fresh. Live stopping and later judging both rest on this one replay.
 *
 * @param pairs all pairs of the scenario so far, in any order
 * @param family number of gating metrics that share the error rate
 */
export function followGate(pairs: readonly Pair[], gate: GateSpec, family: number): GateProgress {
  const ordered = [...pairs].sort((a, b) => a.pairNo - b.pairNo);
  const explore = ordered.filter(({ stage }) => stage === 'explore');
  const limits = limitsOf(gate);
  let looked = 0;
  let seen = sampleOf([], gate, []);
  let latest = decide([], { ...limits, family });
  for (let count = 1; count <= Math.min(explore.length, MAX_EXPLORE_PAIRS); count++) {
    seen = sampleOf(explore.slice(0, count), gate, []);
    const { logRatios } = seen.figures;
    const due = looksFor(family).findLast((look) => look.pairs <= logRatios.length);
    if (due === undefined) {
      latest = decide(logRatios, { ...limits, family });
      continue;
    }
    // Dropping can bring the same number of usable pairs twice, which must not become a second look. On a restless
    // machine a look has to wait: it is made up, over its own first pairs, once the share of dropped ones has fallen.
    if (due.pairs <= looked || isUnsteady(seen, count)) continue;
    looked = due.pairs;
    latest = decide(logRatios.slice(0, due.pairs), { ...limits, family });
    if (latest.decision === 'unchanged') return { state: 'unchanged', sample: seen, decision: latest };
    if (latest.decision !== 'continue') {
      const alarm = { direction: latest.decision, sample: seen, decision: latest };
      const raisedAt = (explore[count - 1] as Pair).pairNo;
      const fresh = ordered.filter(({ stage, pairNo }) => stage === 'confirm' && pairNo > raisedAt);
      return followConfirmation(fresh, alarm, { gate, limits, family });
    }
  }
  return {
    state: 'exploring',
    sample: seen,
    decision: latest,
    missingForNextLook: missingForNextLook(seen.figures.logRatios.length, explore.length, looked, family),
  };
}

function followConfirmation(
  confirm: readonly Pair[],
  alarm: { direction: Direction; sample: Sample; decision: Decision },
  rule: { gate: GateSpec; limits: Limits; family: number },
): GateProgress {
  let fresh = sampleOf([], rule.gate, []);
  for (let count = 1; count <= Math.min(confirm.length, MAX_CONFIRM_PAIRS); count++) {
    fresh = sampleOf(confirm.slice(0, count), rule.gate, alarm.sample.kept);
    if (fresh.figures.logRatios.length < CONFIRM_PAIRS) continue;
    const confirmation = confirmAlarm(alarm.sample.figures.logRatios, fresh.figures.logRatios, {
      direction: alarm.direction,
      limits: rule.limits,
      family: rule.family,
    });
    return { state: 'checked', ...alarm, fresh, confirmation };
  }
  return { state: 'suspected', ...alarm, fresh, exhausted: confirm.length >= MAX_CONFIRM_PAIRS };
}

function sampleOf(pairs: readonly Pair[], gate: GateSpec, reference: readonly WorkingPair[]): Sample {
  const { kept, dropped } = siftPairs(pairs, reference);
  const figures = metricPairs(kept, gate.metric);
  return { figures, kept, dropped: dropped.length + figures.refused };
}

function isUnsteady(sample: Sample, count: number): boolean {
  return sample.dropped > UNSTEADY_SHARE * count;
}

/** Usable pairs still missing for the next look; undefined when there is none to come. */
function missingForNextLook(
  usable: number,
  started: number,
  looked: number,
  family: number,
): number | undefined {
  if (started >= MAX_EXPLORE_PAIRS) return undefined;
  // A look that had to wait may be made up with the very next pair.
  if (looksFor(family).some((look) => look.pairs > looked && look.pairs <= usable)) return 1;
  const next = looksFor(family).find((look) => look.pairs > usable);
  return next === undefined ? undefined : next.pairs - usable;
}
