import type { CustomMetric, MetricName } from './metric.ts';

export type VerdictWord = 'regressed' | 'improved' | 'unchanged' | 'inconclusive';

/** A range of a relative effect; 0.05 is +5 %. */
export interface ConfidenceInterval {
  lo: number;
  hi: number;
  /** Coverage that holds after all looks, e.g. 0.95. */
  level: number;
  method: string;
}

/** What was found for one metric of one scenario. */
export interface Verdict {
  scenario: string;
  metric: MetricName;
  verdict: VerdictWord;
  /** What the project says of a custom metric. */
  custom?: CustomMetric;
  /** Unit of effect, interval, margin, threshold and smallestVisible: default relative, or head - base in the metric's unit. */
  effectIn?: 'relative' | 'absolute';
  /** Change of head over base, 0.05 is 5 % more, whichever direction is better; undefined when no pair could be used. */
  effect?: number;
  interval?: ConfidenceInterval;
  /** A change is called only when the whole interval lies beyond this. */
  margin: number;
  /** Why the margin is wider than usual, one sentence each. */
  marginWhy?: string[];
  /** Gating metrics that share the error rate of this answer. */
  family?: number;
  /** Why an alarm was not raised although the figures ask for it: the standing control fails. */
  blocked?: string;
  /** Largest increase that still passes, from perf-ci.yml (relative); undefined: not gating. */
  threshold?: number;
  /** Medians over the kept pairs, in the metric's unit. */
  baseValue?: number;
  headValue?: number;
  pairsUsed: number;
  pairsDropped: number;
  /** Kept pairs in which head was worse. */
  pairsWorse: number;
  /** Fresh pairs after an alarm; `held` says whether they repeated it. */
  confirmation?: { pairs: number; effect: number; held: boolean };
  /** Smallest relative change that this run could have told from none. */
  smallestVisible?: number;
  analysisVersion: number;
}

export type Gate = 'pass' | 'warn' | 'fail' | 'no-verdict';
