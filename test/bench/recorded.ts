import { followGate } from '../../src/analyse/gate-progress.ts';
import { judgeScenario } from '../../src/analyse/judge.ts';
import type { VerdictWord } from '../../src/domain/verdict.ts';
import { createRandom, deriveSeed } from '../../src/stats/random.ts';
import { CPU_GATE, runJob } from '../analyse/jobs.ts';
import { alternatedRecordings, blockedRecordings } from '../analyse/recorded-pairs.ts';
import type { Recording } from '../analyse/recorded-pairs.ts';

export const TWO_MINUTES_MS = 120_000;

/** What became of jobs whose pairs were drawn with replacement from recorded ones. */
export interface Resampled {
  jobs: number;
  words: Record<VerdictWord, number>;
  /** Jobs that raised an alarm, before any confirmation. */
  alarms: number;
  /** Jobs called regressed with at most so many pairs, confirming ones included. */
  regressedWithin: (pairs: number) => number;
  meanPairs: number;
  meanSeconds: number;
}

/** Whole jobs, live stop and judging, each pair a recorded one. The same arguments give the same answer. */
export function resampleJobs(
  recordings: readonly Recording[],
  options: { jobs: number; seed: number; label: string; budgetMs?: number },
): Resampled {
  const random = createRandom(deriveSeed(options.seed, options.label));
  const words = { regressed: 0, improved: 0, unchanged: 0, inconclusive: 0 };
  const regressedAt: number[] = [];
  let alarms = 0;
  let totalMs = 0;
  let totalPairs = 0;
  for (let no = 0; no < options.jobs; no++) {
    const { pairs, elapsedMs } = runJob(
      (pairNo, stage) => (recordings[random.int(recordings.length)] as Recording).play(pairNo, stage),
      { gates: [CPU_GATE], budgetMs: options.budgetMs ?? TWO_MINUTES_MS },
    );
    const [verdict] = judgeScenario({ scenario: 'everyday', pairs, gates: [CPU_GATE], metrics: [] });
    const word = verdict?.verdict as VerdictWord;
    words[word]++;
    if (word === 'regressed') regressedAt.push(pairs.length);
    if ('direction' in followGate(pairs, CPU_GATE, 1)) alarms++;
    totalMs += elapsedMs;
    totalPairs += pairs.length;
  }
  return {
    jobs: options.jobs,
    words,
    alarms,
    regressedWithin: (limit) => regressedAt.filter((pairs) => pairs <= limit).length,
    meanPairs: totalPairs / options.jobs,
    meanSeconds: totalMs / options.jobs / 1000,
  };
}

/** The rows of the table: which pairs, at which true change. */
export function recordedRows(): { what: string; level: string; recordings: Recording[] }[] {
  const alternated = alternatedRecordings();
  const blocked = blockedRecordings();
  const row = (what: string, level: string, from: Recording[], set?: Recording['set']) => ({
    what,
    level,
    recordings: from.filter((one) => one.level === level && (set === undefined || one.set === set)),
  });
  return [
    row('alternated by coin', '0', alternated, 'altr'),
    row('alternated by parity, biased by 0.4 %', '0', alternated, 'altc'),
    ...['0', '1', '2', '3', '5'].map((level) => row('alternated, all', level, alternated)),
    ...['0', '3'].map((level) => row('blocks, noisier day', level, blocked)),
  ];
}

const JOBS = 2000;

/** `npm run bench:recorded`: the rule on recorded runs as resampled jobs, a Markdown table. */
export function benchRecorded(seed: number, say: (line: string) => void): Promise<void> {
  say(
    `recorded: ${JOBS} jobs a row, seed ${seed}, budget ${TWO_MINUTES_MS / 1000} s, gate CPU per request 3 %`,
  );
  say('');
  say(
    '| pairs (distinct) | true change | alarms | regressed | within 11 pairs | improved | unchanged | inconclusive | pairs | seconds |',
  );
  say('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const { what, level, recordings } of recordedRows()) {
    const found = resampleJobs(recordings, { jobs: JOBS, seed, label: `${what}/${level}` });
    const share = (count: number): string => `${((100 * count) / found.jobs).toFixed(1)} %`;
    const { regressed, improved, unchanged, inconclusive } = found.words;
    const cells = [
      `${what} (${recordings.length})`,
      level === '0' ? '0' : `${level} %`,
      ...[found.alarms, regressed, found.regressedWithin(11), improved, unchanged, inconclusive].map(share),
      found.meanPairs.toFixed(1),
      found.meanSeconds.toFixed(0),
    ];
    say(`| ${cells.join(' | ')} |`);
  }
  return Promise.resolve();
}
