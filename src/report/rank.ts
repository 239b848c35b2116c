import { METRICS } from '../domain/metric.ts';
import type { Gate, Verdict } from '../domain/verdict.ts';
import { metricOfVerdict } from './amounts.ts';

/** Order of importance: what decides the gate before what is shown for information, worse before better. */
const CLASSES: readonly ((verdict: Verdict) => boolean)[] = [
  (verdict) => verdict.verdict === 'regressed' && isOverLimit(verdict),
  (verdict) => verdict.verdict === 'regressed' && isGating(verdict),
  (verdict) => verdict.blocked !== undefined && isGating(verdict),
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
  const worsening = worseningOf(verdict);
  return verdict.threshold !== undefined && worsening !== undefined && worsening >= verdict.threshold;
}

/** The change for the worse, whichever direction that is; negative for a change for the better. */
export function worseningOf(verdict: Verdict): number | undefined {
  if (verdict.effect === undefined) return undefined;
  return metricOfVerdict(verdict).better === 'higher' ? -verdict.effect : verdict.effect;
}

/** The largest change for the worse that the interval still holds. */
export function worstBoundOf(verdict: Verdict): number | undefined {
  const { interval } = verdict;
  if (interval === undefined) return undefined;
  return metricOfVerdict(verdict).better === 'higher' ? -interval.lo : interval.hi;
}

/** Percentiles above the 90th and shares over a limit: they scatter 10 to 30 times as much as the middle. */
export function isTail({ metric }: Verdict): boolean {
  return /latency_(?:p95|p99|p999|over_.*)$/.test(metric);
}

/** Worth a visible row: something moved, or something that gates could not be decided. */
export function isRemarkable(verdict: Verdict): boolean {
  if (verdict.verdict === 'inconclusive') return isGating(verdict) || verdict.blocked !== undefined;
  return verdict.verdict !== 'unchanged';
}

/** Most important first; within a class by size, measured in limits where there is one. Returns a new list. */
export function rankVerdicts(verdicts: readonly Verdict[]): Verdict[] {
  return [...verdicts].sort(
    (left, right) =>
      classOf(left) - classOf(right) ||
      tailOf(left) - tailOf(right) ||
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
  const size = Math.abs(verdict.effect ?? 0);
  if (verdict.threshold !== undefined) return size / verdict.threshold;
  // Bytes and rows have no common measure with percent: they follow.
  return verdict.effectIn === 'absolute' ? 0 : size;
}

/** What nobody gates on comes last where it scatters most: the largest change there is mostly luck. */
function tailOf(verdict: Verdict): number {
  return !isGating(verdict) && isTail(verdict) ? 1 : 0;
}

function orderOf(verdict: Verdict): number {
  const at = METRICS.findIndex(({ name }) => name === verdict.metric);
  return at < 0 ? METRICS.length : at;
}
