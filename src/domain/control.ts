/** The bot measures itself: base against base, and planted slowdowns, through the whole pipeline. */
import type { MetricName } from './metric.ts';

/** What is put into the head of a control run. */
export type Plant =
  | { kind: 'none' }
  /** Extra CPU time a request, as a share of the base's CPU per request. */
  | { kind: 'cpu'; share: number }
  /** A share of the answers comes later by so many milliseconds, without CPU. */
  | { kind: 'stall'; share: number; delayMs: number }
  /** Bytes kept for ever, a request. */
  | { kind: 'leak'; bytesPerRequest: number }
  /** A start that takes longer. */
  | { kind: 'slow-start'; delayMs: number };

/** One control job of one scenario and metric, as the standing figures are made from. */
export interface ControlOutcome {
  plant: Plant;
  metric: MetricName;
  verdict: 'regressed' | 'improved' | 'unchanged' | 'inconclusive';
  /** Log-ratio of the estimate; undefined when no pair could be used. */
  logRatio?: number;
  /** Raised before confirmation and before a block. */
  alarmed: boolean;
  finishedAt: string;
}

/** What the control runs of a scenario say of this installation, for one metric. */
export interface ControlStanding {
  scenario: string;
  metric: MetricName;
  /** Same-code jobs looked at, newest first. */
  jobs: number;
  /** Half the width within which 95 % of same-code estimates fell, relative; undefined below five jobs. */
  noiseBand?: number;
  /** Median same-code log-ratio: the rig's own bias. */
  bias?: number;
  falseAlarms: number;
  /** By planted size: found and tried. */
  planted: { plant: Plant; found: number; tried: number }[];
  /** Set when the control itself fails: no alarm is raised until it is looked into. */
  blocked?: string;
}
