/** What the rivals' rules say of the runs of a job. */
import { mean } from '../../../src/stats/summary.ts';
import {
  autocannonTenPercent,
  bencher,
  githubActionBenchmark,
  type RivalRule,
  type RivalWord,
  welch,
} from '../rivals/index.ts';
import type { CannonRun, JobRecord } from './records.ts';

/** What of autocannon's figures a rule reads; smaller is better. */
export interface RivalFigure {
  title: string;
  read: (run: CannonRun) => number;
}

export const FIGURES: readonly RivalFigure[] = [
  { title: 'requests/s', read: ({ requestsPerSecond }) => 1 / requestsPerSecond },
  { title: 'p99', read: ({ latencyP99Ms }) => latencyP99Ms },
];

interface Method {
  title: string;
  /** `history`: the base's figures of earlier jobs, oldest first. */
  decide: (
    base: readonly number[],
    head: readonly number[],
    history: readonly number[],
  ) => RivalWord | undefined;
}

/** A rule that reads one number a side gets the mean of the five runs: kinder than any one of them. */
function onMeans(rule: RivalRule): Method['decide'] {
  return (base, head) => rule([mean(base) as number], [mean(head) as number]);
}

/** Earlier jobs that the history must have before a prediction limit means anything. */
export const MIN_HISTORY = 5;

export const METHODS: readonly Method[] = [
  { title: 'autocannon base then head, 10 %', decide: onMeans(autocannonTenPercent) },
  { title: '5 runs each, Welch .05', decide: (base, head) => welch(base, head) },
  { title: 'github-action-benchmark 200 %', decide: onMeans(githubActionBenchmark(2)) },
  { title: 'github-action-benchmark 110 %', decide: onMeans(githubActionBenchmark(1.1)) },
  {
    title: 'Bencher, t-test .99 on history',
    decide: (_base, head, history) =>
      history.length < MIN_HISTORY ? undefined : bencher(history, [mean(head) as number]),
  },
];

/** What one method said of one job. */
export interface RivalFinding {
  method: string;
  figure: string;
  stratum: string;
  /** Undefined: not asked yet, too little history. */
  word: RivalWord | undefined;
  seconds: number;
}

/** Every method on every figure, over the jobs in the order in which they ran. */
export function rivalFindings(jobs: readonly JobRecord[]): RivalFinding[] {
  return FIGURES.flatMap(({ title: figure, read }) => {
    const history: number[] = [];
    return jobs.flatMap(({ stratum, rivals }) => {
      if (rivals === undefined) return [];
      const base = rivals.base.map(read).filter(isUsable);
      const head = rivals.head.map(read).filter(isUsable);
      if (base.length < 2 || head.length < 2) return [];
      const findings = METHODS.map(({ title: method, decide }) => {
        return { method, figure, stratum, word: decide(base, head, history), seconds: rivals.seconds };
      });
      history.push(mean(base) as number);
      return findings;
    });
  });
}

function isUsable(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}
