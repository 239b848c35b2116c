import { metricOf } from '../domain/metric.ts';
import type { Metric, MetricName } from '../domain/metric.ts';
import type { Gate, Verdict } from '../domain/verdict.ts';
import { MIN_CONFIRM_PAIRS } from './confirm.ts';
import { yardstickOf } from './yardstick.ts';

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
  const metric = metricOf(verdict.metric, verdict.custom === undefined ? [] : [verdict.custom]);
  const say = (size: number): string => sizeOf(size, metric, verdict.custom?.unitLabel);
  const limit = say(threshold);
  const effect = verdict.effect ?? 0;
  const worse = metric.better === 'lower' ? effect : -effect;
  switch (verdict.verdict) {
    case 'regressed':
      return worse >= threshold
        ? { gate: 'fail', reason: `worse by ${say(worse)}, limit ${limit}` }
        : { gate: 'warn', reason: `worse by ${say(worse)}, within the limit of ${limit}` };
    case 'improved':
      return { gate: 'pass', reason: `better by ${say(-worse)}` };
    case 'unchanged': {
      const direction = metric.better === 'lower' ? 'increase' : 'decrease';
      return { gate: 'pass', reason: `no ${direction} of ${limit} or more` };
    }
    case 'inconclusive':
      return { gate: 'no-verdict', reason: whyInconclusive(verdict, metric) };
  }
}

function whyInconclusive(verdict: Verdict, metric: Metric): string {
  const { effect, interval, margin, confirmation, blocked } = verdict;
  if (blocked !== undefined) return `an alarm is not raised, the standing control fails: ${blocked}`;
  if (effect === undefined) return 'no pair could be used';
  if (confirmation !== undefined && confirmation.pairs >= MIN_CONFIRM_PAIRS) {
    return `an alarm was not repeated by ${confirmation.pairs} fresh pairs`;
  }
  if (confirmation !== undefined || (interval !== undefined && isBeyond(interval, margin, metric))) {
    return 'an alarm could not be checked within the budget';
  }
  return 'the measured range holds both a pass and a fail';
}

/** Whether the whole interval (real changes) lies beyond the margin on either side. */
function isBeyond(interval: { lo: number; hi: number }, margin: number, metric: Metric): boolean {
  const yardstick = yardstickOf(metric);
  const ends = [
    yardstick.change(yardstick.worsening(margin)),
    yardstick.change(-yardstick.worsening(margin)),
  ];
  return interval.lo > Math.max(...ends) || interval.hi < Math.min(...ends);
}

function sizeOf(size: number, { scale, unit }: Metric, unitLabel = ''): string {
  if (scale === 'ratio') return `${(size * 100).toFixed(1)} %`;
  if (scale === 'share') return `${(size * 100).toFixed(2)} percentage points`;
  const words = unit === 'bytes-per-request' ? 'B/request' : unitLabel;
  return `${Number(size.toPrecision(3))}${words === '' ? '' : ` ${words}`}`;
}
