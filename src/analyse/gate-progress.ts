import type { GateSpec } from '../domain/benchmark.ts';
import type { Pair } from '../domain/trial.ts';
import { median } from '../stats/summary.ts';
import { looksFor, MAX_LOOK_PAIRS } from './boundaries.ts';
import { confirmAlarm, confirmLooks } from './confirm.ts';
import type { Changes, Confirmation, Direction } from './confirm.ts';
import { ruleOf } from './gate-rule.ts';
import type { GateRule, Surroundings } from './gate-rule.ts';
import { metricPairs, siftPairs, UNSTEADY_SHARE } from './pairs.ts';
import type { MetricPairs, WorkingPair } from './pairs.ts';
import { decide } from './rule.ts';
import type { Decision } from './rule.ts';

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
export type GateProgress = { sample: Sample; decision: Decision; rule: GateRule } & (
  | { state: 'exploring'; missingForNextLook: number | undefined }
  | { state: 'unchanged' }
  | {
      state: 'suspected';
      direction: Direction;
      fresh: Sample;
      /** Of the last confirming look, if there was one. */
      confirmation: Confirmation | undefined;
      /** No further confirming pair is allowed. */
      exhausted: boolean;
      /** Usable fresh pairs still missing for the next confirming look. */
      missingForNextLook: number;
    }
  | { state: 'checked'; direction: Direction; fresh: Sample; confirmation: Confirmation }
);

/**
 * Replays the pairs of one scenario in the order measured and tells where a gating metric stands. A decision, once
 * made, stays: later exploring pairs, taken for another metric's sake, are not looked at, and only confirming pairs
 * measured after the alarm count as fresh. Live stopping and later judging both rest on this one replay.
 *
 * @param pairs all pairs of the scenario so far, in any order
 * @param family number of gating metrics that share the error rate
 */
export function followGate(
  pairs: readonly Pair[],
  gate: GateSpec,
  family: number,
  around: Surroundings = {},
): GateProgress {
  const ordered = [...pairs].sort((a, b) => a.pairNo - b.pairNo);
  const explore = ordered.filter(({ stage }) => stage === 'explore');
  const scenario = ordered[0]?.scenario;
  const ruleFor = ({ kept, figures }: Sample): GateRule =>
    ruleOf(gate, around, { scenario, kept, typical: median(figures.base) });
  let looked = 0;
  let seen = sampleOf([], gate, around, []);
  let rule = ruleFor(seen);
  let latest = decideBy(rule, seen, 0, family);
  for (let count = 1; count <= Math.min(explore.length, MAX_EXPLORE_PAIRS); count++) {
    seen = sampleOf(explore.slice(0, count), gate, around, []);
    const usable = seen.figures.changes.length;
    const due = looksFor(family).findLast((look) => look.pairs <= usable);
    if (due === undefined) {
      latest = decideBy(rule, seen, usable, family);
      continue;
    }
    // Dropping can bring the same number of usable pairs twice, which must not become a second look. On a restless
    // machine a look has to wait: it is made up, over its own first pairs, once the share of dropped ones has fallen.
    if (due.pairs <= looked || isUnsteady(seen, count)) continue;
    looked = due.pairs;
    rule = ruleFor(seen);
    latest = decideBy(rule, seen, due.pairs, family);
    const found = { sample: seen, decision: latest, rule };
    if (latest.decision === 'unchanged') return { state: 'unchanged', ...found };
    if (latest.decision !== 'continue') {
      const raisedAt = (explore[count - 1] as Pair).pairNo;
      const fresh = ordered.filter(({ stage, pairNo }) => stage === 'confirm' && pairNo > raisedAt);
      return followConfirmation(fresh, { ...found, direction: latest.decision }, { family, around });
    }
  }
  return {
    state: 'exploring',
    sample: seen,
    decision: latest,
    rule,
    missingForNextLook: missingForNextLook(seen.figures.changes.length, explore.length, looked, family),
  };
}

function decideBy(rule: GateRule, { figures }: Sample, pairs: number, family: number): Decision {
  const { changes, blocks } = firstOf(figures, pairs);
  return decide(changes, { ...rule.limits, family, yardstick: rule.yardstick, blocks });
}

function firstOf({ changes, blocks }: Changes, count: number): Changes {
  return { changes: changes.slice(0, count), blocks: blocks.slice(0, count) };
}

function followConfirmation(
  confirm: readonly Pair[],
  alarm: { direction: Direction; sample: Sample; decision: Decision; rule: GateRule },
  { family, around }: { family: number; around: Surroundings },
): GateProgress {
  const { sample, rule, direction } = alarm;
  const looks = confirmLooks(sample.figures.changes.length);
  const atMost = Math.ceil((looks.at(-1) as number) / (1 - UNSTEADY_SHARE));
  let fresh = sampleOf([], rule.gate, around, []);
  let confirmation: Confirmation | undefined;
  let looked = 0;
  for (let count = 1; count <= Math.min(confirm.length, atMost); count++) {
    fresh = sampleOf(confirm.slice(0, count), rule.gate, around, sample.kept);
    const due = looks.findLast((pairs) => pairs <= fresh.figures.changes.length);
    if (due === undefined || due <= looked) continue;
    looked = due;
    confirmation = confirmAlarm(sample.figures, firstOf(fresh.figures, due), {
      direction,
      limits: rule.limits,
      family,
      yardstick: rule.yardstick,
    });
    if (confirmation.state !== 'open') return { state: 'checked', ...alarm, fresh, confirmation };
  }
  const usable = fresh.figures.changes.length;
  const next = looks.find((pairs) => pairs > usable) ?? usable + 1;
  const exhausted = confirm.length >= atMost;
  return { state: 'suspected', ...alarm, fresh, confirmation, exhausted, missingForNextLook: next - usable };
}

function sampleOf(
  pairs: readonly Pair[],
  gate: GateSpec,
  around: Surroundings,
  reference: readonly WorkingPair[],
): Sample {
  const { kept, dropped } = siftPairs(pairs, reference);
  const figures = metricPairs(kept, gate.metric, around.custom);
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
