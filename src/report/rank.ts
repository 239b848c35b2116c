import { METRICS } from '../domain/benchmark.ts';
import type { Gate, Verdict } from '../domain/verdict.ts';

/** Order of importance: what decides the gate before what is shown for information, worse before better. */
const CLASSES: readonly ((verdict: Verdict) => boolean)[] = [
  (verdict) => verdict.verdict === 'regressed' && isOverLimit(verdict),
  (verdict) => verdict.verdict === 'regressed' && isGating(verdict),
  (verdict) => verdict.verdict === 'inconclusive' && isGating(verdict),
  (verdict) => verdict.verdict === 'regressed',
  (verdict) => verdict.verdict === 'improved' && isGating(verdict),
  (verdict) => verdict.verdict === 'improved',
  (verdict) => isGating(verdict),
  (verdict) => verdict.verdict === 'unchanged',
  () => true,
];

export function isGating(verdict: Verdict): boolean {
  return verdict.threshold !== undefined;
}

export function isOverLimit(verdict: Verdict): boolean {
  return (
    verdict.threshold !== undefined && verdict.effect !== undefined && verdict.effect >= verdict.threshold
  );
}

/** Worth a visible row: something moved, or something that gates could not be decided. */
export function isRemarkable(verdict: Verdict): boolean {
  if (verdict.verdict === 'inconclusive') return isGating(verdict);
  return verdict.verdict !== 'unchanged';
}

/** Most important first; within a class by size, measured in limits where there is one. Returns a new list. */
export function rankVerdicts(verdicts: readonly Verdict[]): Verdict[] {
  return [...verdicts].sort(
    (left, right) =>
      classOf(left) - classOf(right) ||
      weightOf(right) - weightOf(left) ||
      left.scenario.localeCompare(right.scenario, 'en') ||
      orderOf(left) - orderOf(right),
  );
}

/**
 * The verdict that the first line is about: the most important one that gates; when the gate could not decide, the
 * one that kept it from deciding. Undefined when nothing gates.
 */
export function leadVerdict(result: { gate: Gate; verdicts: readonly Verdict[] }): Verdict | undefined {
  const gating = rankVerdicts(result.verdicts.filter(isGating));
  const open = gating.find(({ verdict }) => verdict === 'inconclusive');
  return result.gate === 'no-verdict' ? (open ?? gating[0]) : gating[0];
}

export interface VerdictCounts {
  worse: number;
  better: number;
  unchanged: number;
  undecided: number;
}

export function countVerdicts(verdicts: readonly Verdict[]): VerdictCounts {
  const having = (word: Verdict['verdict']): number =>
    verdicts.filter(({ verdict }) => verdict === word).length;
  return {
    worse: having('regressed'),
    better: having('improved'),
    unchanged: having('unchanged'),
    undecided: having('inconclusive'),
  };
}

function classOf(verdict: Verdict): number {
  return CLASSES.findIndex((belongs) => belongs(verdict));
}

function weightOf(verdict: Verdict): number {
  return Math.abs(verdict.effect ?? 0) / (verdict.threshold ?? 1);
}

function orderOf(verdict: Verdict): number {
  return METRICS.findIndex(({ name }) => name === verdict.metric);
}
