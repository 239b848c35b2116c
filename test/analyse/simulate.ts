import { LOOKS } from '../../src/analyse/boundaries.ts';
import { confirmAlarm, confirmLooks } from '../../src/analyse/confirm.ts';
import type { Confirmation, Direction } from '../../src/analyse/confirm.ts';
import { decide, DEFAULT_LIMITS } from '../../src/analyse/rule.ts';
import type { CalledWord } from '../../src/analyse/rule.ts';
import { createRandom, deriveSeed } from '../../src/stats/random.ts';
import type { Random } from '../../src/stats/random.ts';
import { drawLogRatios, NOISES } from './noises.ts';
import type { Noise } from './noises.ts';

/** What became of simulated jobs. */
export interface Tally {
  jobs: number;
  /** What the looks of the exploring stage said; `continue`: nothing to the last. */
  called: Record<CalledWord | 'continue', number>;
  /** Exploring pairs, all jobs together; and both stages. */
  explored: number;
  pairs: number;
  /** Alarms of either sign that fresh pairs repeated, and the pairs of these jobs. */
  confirmed: number;
  confirmedPairs: number;
  /** Of these, how often the reported interval held the truth. */
  confirmedCovered: number;
  /** Jobs whose reported interval, whatever the verdict, held the truth. */
  covered: number;
}

/** Whole jobs without a budget, looks and confirmation included, over all six noises. */
export function simulateJobs(cell: {
  runSd: number;
  effect: number;
  jobsPerNoise: number;
  seed: number;
}): Tally {
  const called = { regressed: 0, improved: 0, unchanged: 0, continue: 0 };
  const counts = { explored: 0, pairs: 0, confirmed: 0, confirmedPairs: 0, confirmedCovered: 0, covered: 0 };
  const tally: Tally = { jobs: 0, called, ...counts };
  for (const [name, noise] of Object.entries(NOISES)) {
    const random = createRandom(deriveSeed(cell.seed, name, cell.runSd, cell.effect));
    for (let job = 0; job < cell.jobsPerNoise; job++) addJob(tally, random, noise, cell);
  }
  return tally;
}

function addJob(tally: Tally, random: Random, noise: Noise, cell: { runSd: number; effect: number }): void {
  const truth = Math.log1p(cell.effect);
  const draw = (count: number): number[] => drawLogRatios(random, noise, { ...cell, count });
  const ratios: number[] = [];
  let latest = decide([], DEFAULT_LIMITS);
  for (const { pairs } of LOOKS) {
    ratios.push(...draw(pairs - ratios.length));
    latest = decide(ratios, DEFAULT_LIMITS);
    if (latest.decision !== 'continue') break;
  }
  const { decision } = latest;
  tally.jobs++;
  tally.called[decision]++;
  tally.explored += ratios.length;
  tally.pairs += ratios.length;
  let reported = latest.interval;
  if (decision === 'regressed' || decision === 'improved') {
    const { fresh, confirmation } = confirm(ratios, decision, draw);
    reported = confirmation.pooled ?? reported;
    tally.pairs += fresh;
    if (confirmation.state === 'held') {
      tally.confirmed++;
      tally.confirmedPairs += ratios.length + fresh;
      if (reported !== undefined && holds(reported, truth)) tally.confirmedCovered++;
    }
  }
  if (reported !== undefined && holds(reported, truth)) tally.covered++;
}

function confirm(
  explored: number[],
  direction: Direction,
  draw: (count: number) => number[],
): { fresh: number; confirmation: Confirmation } {
  const fresh: number[] = [];
  for (;;) {
    const next = confirmLooks(explored.length).find((pairs) => pairs > fresh.length) as number;
    fresh.push(...draw(next - fresh.length));
    const stages = [explored, fresh].map((changes) => ({ changes, blocks: [] })) as [
      { changes: number[]; blocks: [] },
      { changes: number[]; blocks: [] },
    ];
    const confirmation = confirmAlarm(...stages, { direction, limits: DEFAULT_LIMITS, family: 1 });
    if (confirmation.state !== 'open') return { fresh: fresh.length, confirmation };
  }
}

function holds({ lo, hi }: { lo: number; hi: number }, truth: number): boolean {
  return lo <= truth && truth <= hi;
}
