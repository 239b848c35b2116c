import type { MetricName } from '../domain/benchmark.ts';
import type { Gate, Verdict } from '../domain/verdict.ts';
import { CONFIRM_PAIRS } from './confirm.ts';

/** What one verdict contributes to the gate, and why, as part of a sentence. */
export interface GateReason {
  scenario: string;
  metric: MetricName;
  gate: Gate;
  reason: string;
}

export interface GateDecision {
  gate: Gate;
  /** One for each gating verdict, in the order given; empty when nothing gates. */
  reasons: GateReason[];
}

/**
 * What policy makes of verdicts. Only gating verdicts (those with a threshold) count. `fail`: a regression of at
 * least its threshold. `no-verdict`: none fails, but one is inconclusive, or nothing gates at all: silence is never a
 * pass. `warn`: a confirmed regression below its threshold. `pass`: all are unchanged or improved.
 */
export function decideGate(verdicts: readonly Verdict[]): GateDecision {
  const reasons = verdicts.flatMap((verdict) =>
    verdict.threshold === undefined ? [] : [reasonFor(verdict, verdict.threshold)],
  );
  const gate = SEVEREST_FIRST.find((candidate) => reasons.some((reason) => reason.gate === candidate));
  return { gate: gate ?? 'no-verdict', reasons };
}

const SEVEREST_FIRST: readonly Gate[] = ['fail', 'no-verdict', 'warn', 'pass'];

function reasonFor(verdict: Verdict, threshold: number): GateReason {
  const { gate, reason } = judge(verdict, threshold);
  return { scenario: verdict.scenario, metric: verdict.metric, gate, reason };
}

function judge(verdict: Verdict, threshold: number): { gate: Gate; reason: string } {
  const limit = percent(threshold);
  switch (verdict.verdict) {
    case 'regressed': {
      const effect = verdict.effect ?? 0;
      return effect >= threshold
        ? { gate: 'fail', reason: `worse by ${percent(effect)}, limit ${limit}` }
        : { gate: 'warn', reason: `worse by ${percent(effect)}, within the limit of ${limit}` };
    }
    case 'improved':
      return { gate: 'pass', reason: `better by ${percent(-(verdict.effect ?? 0))}` };
    case 'unchanged':
      return { gate: 'pass', reason: `no increase of ${limit} or more` };
    case 'inconclusive':
      return { gate: 'no-verdict', reason: whyInconclusive(verdict) };
  }
}

function whyInconclusive({ effect, interval, margin, confirmation }: Verdict): string {
  if (effect === undefined) return 'no pair could be used';
  if (confirmation !== undefined && confirmation.pairs >= CONFIRM_PAIRS) {
    return `an alarm was not repeated by ${confirmation.pairs} fresh pairs`;
  }
  const suspected = interval !== undefined && (interval.lo > margin || interval.hi < -margin / (1 + margin));
  if (confirmation !== undefined || suspected) return 'an alarm could not be checked within the budget';
  return 'the measured range holds both a pass and a fail';
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
