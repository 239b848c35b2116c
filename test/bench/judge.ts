import { judgeCase } from '../../src/analyse/judge-case.ts';
import { simulateJobs } from '../analyse/simulate.ts';
import { labelledCases, STATED_SEED } from './labelled-cases.ts';
import type { LabelledCase } from './labelled-cases.ts';
import { RIVALS } from './rivals/index.ts';

const CASES_PER_CELL = 40;
const JOBS_PER_NOISE = 1000;
const POWERS = [0.02, 0.03, 0.05, 0.1];

type Word = 'regressed' | 'improved' | 'unchanged' | 'inconclusive';

/** Our rule for bare cases, as a rival's. */
function ours({ case: name, base, head }: LabelledCase): Word {
  return judgeCase({ case: name, base, head }).verdict;
}

/**
 * One row: false alarms at no change, power by true change, and how often a true +3 % was let pass. A rule without
 * "inconclusive" passes whatever it does not call.
 */
function rowOf(name: string, cases: readonly LabelledCase[], judge: (one: LabelledCase) => Word): string {
  const words = cases.map((one) => ({ effect: one.effect, word: judge(one) }));
  const shareAt = (effect: number, wanted: readonly Word[]): string => {
    const at = words.filter((one) => one.effect === effect);
    return (at.filter(({ word }) => wanted.includes(word)).length / at.length).toFixed(3);
  };
  const cells = [
    shareAt(0, ['regressed', 'improved']),
    ...POWERS.map((effect) => shareAt(effect, ['regressed'])),
    shareAt(0.03, ['unchanged']),
    shareAt(0.03, ['inconclusive']),
  ];
  return `| ${[name, ...cells].join(' | ')} |`;
}

function benchCases(seeds: readonly string[], say: (line: string) => void): void {
  for (const seed of seeds) {
    const cases = labelledCases(seed, CASES_PER_CELL);
    const atZero = cases.filter(({ effect }) => effect === 0).length;
    say(`Labelled cases, seed ${seed}: ${cases.length} cases, ${atZero} of each true change`);
    say('');
    say('| rule | false alarms at 0 | found at 2 % | 3 % | 5 % | 10 % | +3 % passed | +3 % inconclusive |');
    say('| --- | --- | --- | --- | --- | --- | --- | --- |');
    say(rowOf('perf-ci, bare cases', cases, ours));
    for (const [name, rule] of Object.entries(RIVALS)) {
      say(rowOf(name, cases, ({ base, head }) => rule(base, head)));
    }
    say('');
  }
}

function benchSequential(seed: number, say: (line: string) => void): void {
  say(`Simulated jobs of six noises, ${JOBS_PER_NOISE} each, seed ${seed}, no budget`);
  say('');
  say(
    '| run sd | true change | alarm | confirmed | unchanged | undecided | exploring pairs | all pairs | pairs when confirmed | coverage | coverage when confirmed |',
  );
  say('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const runSd of [0.005, 0.01, 0.02]) {
    for (const effect of [0, 0.01, 0.02, 0.03, 0.05, -0.03]) {
      const found = simulateJobs({ runSd, effect, jobsPerNoise: JOBS_PER_NOISE, seed });
      const share = (count: number, of = found.jobs): string => (of === 0 ? '' : (count / of).toFixed(4));
      const { regressed, improved, unchanged } = found.called;
      const cells = [
        `${runSd * 100} %`,
        `${effect * 100} %`,
        share(regressed + improved),
        share(found.confirmed),
        share(unchanged),
        share(found.called.continue),
        (found.explored / found.jobs).toFixed(1),
        (found.pairs / found.jobs).toFixed(1),
        found.confirmed === 0 ? '' : (found.confirmedPairs / found.confirmed).toFixed(1),
        share(found.covered),
        // Of fewer than a hundred, coverage would be a word about luck.
        found.confirmed < 100 ? '' : share(found.confirmedCovered, found.confirmed),
      ];
      say(`| ${cells.join(' | ')} |`);
    }
  }
}

/** `npm run bench:judge`: our rules beside others' on labelled cases, and the sequential rule by simulation, as Markdown. */
export function benchJudge(seed: number, say: (line: string) => void): Promise<void> {
  benchCases([STATED_SEED, `fresh-${seed}`], say);
  benchSequential(seed, say);
  return Promise.resolve();
}
