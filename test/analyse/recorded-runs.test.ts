import { describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { followGate } from '../../src/analyse/gate-progress.ts';
import { judgeScenario } from '../../src/analyse/judge.ts';
import type { VerdictWord } from '../../src/domain/verdict.ts';
import { createRandom, deriveSeed } from '../../src/stats/random.ts';
import { CPU_GATE, runJob } from './jobs.ts';
import { alternatedRecordings, blockedRecordings } from './recorded-pairs.ts';
import type { Recording } from './recorded-pairs.ts';

const JOBS = 300;
const TWO_MINUTES = 120_000;

interface Outcome {
  words: Record<VerdictWord, number>;
  /** Jobs that raised an alarm for a regression within so many exploring pairs. */
  alarmedWithin: (pairs: number) => number;
  meanSeconds: number;
}

/**
 * Whole jobs whose pairs are drawn with replacement from real ones, with the budget of two minutes. The figures are
 * printed by `npx vitest run test/analyse/recorded-runs.test.ts --reporter=verbose`.
 */
async function resample(
  { annotate }: TestContext,
  recordings: readonly Recording[],
  seed: string,
): Promise<Outcome> {
  const random = createRandom(deriveSeed(2026, seed));
  const words = { regressed: 0, improved: 0, unchanged: 0, inconclusive: 0 };
  const alarms: number[] = [];
  let totalMs = 0;
  for (let no = 0; no < JOBS; no++) {
    const { pairs, elapsedMs } = runJob(
      (pairNo, stage) => (recordings[random.int(recordings.length)] as Recording).play(pairNo, stage),
      { gates: [CPU_GATE], budgetMs: TWO_MINUTES },
    );
    const [verdict] = judgeScenario({ scenario: 'everyday', pairs, gates: [CPU_GATE], metrics: [] });
    words[verdict?.verdict as VerdictWord]++;
    const progress = followGate(pairs, CPU_GATE, 1);
    if ('direction' in progress && progress.direction === 'regressed') alarms.push(progress.decision.pairs);
    totalMs += elapsedMs;
  }
  const alarmedWithin = (limit: number) => alarms.filter((pairs) => pairs <= limit).length;
  const meanSeconds = totalMs / JOBS / 1000;
  const counts = Object.entries(words).map(([word, count]) => `${count} ${word}`);
  const alarmed = `${alarmedWithin(11)} alarms within 11 exploring pairs`;
  await annotate(`${JOBS} jobs: ${counts.join(', ')}; ${alarmed}; ${meanSeconds.toFixed(1)} s on average`);
  return { words, alarmedWithin, meanSeconds };
}

const alternated = alternatedRecordings();
const blocked = blockedRecordings();

function atLevel(recordings: readonly Recording[], level: string, set?: Recording['set']): Recording[] {
  return recordings.filter(
    (recording) => recording.level === level && (set === undefined || recording.set === set),
  );
}

describe('jobs resampled from real pairs, requests alternated one by one', () => {
  it.for([
    { set: undefined, what: 'all designs' },
    { set: 'altr' as const, what: 'alternation by coin' },
    { set: 'altc' as const, what: 'alternation by parity, which is biased by 0.4 %' },
  ])('raise no alarm on the same code: $what', async ({ set }, context) => {
    const jobs = await resample(context, atLevel(alternated, '0', set), `aa-${set}`);
    const { words, alarmedWithin, meanSeconds } = jobs;

    expect(words).toEqual({ regressed: 0, improved: 0, unchanged: JOBS, inconclusive: 0 });
    expect(alarmedWithin(30)).toBe(0);
    expect(meanSeconds).toBeLessThan(30);
  });

  it.for(['2', '3', '5'])(
    'find %s % within 11 exploring pairs and confirm it within the budget',
    async (level, context) => {
      const { words, alarmedWithin } = await resample(context, atLevel(alternated, level), `level-${level}`);

      expect(alarmedWithin(11) / JOBS).toBeGreaterThanOrEqual(0.99);
      expect(words.regressed / JOBS).toBeGreaterThanOrEqual(0.95);
      expect(words.improved + words.unchanged).toBe(0);
    },
  );

  it('rarely call 1 % a regression', async (context) => {
    const { words } = await resample(context, atLevel(alternated, '1'), 'level-1');

    expect(words.regressed / JOBS).toBeLessThanOrEqual(0.12);
    expect(words.improved).toBe(0);
  });
});

describe('jobs resampled from real pairs on a noisier day, requests in blocks', () => {
  it('call the same code worse in at most 1 %, and better in at most 1 %', async (context) => {
    const { words } = await resample(context, atLevel(blocked, '0'), 'camp-0');

    expect(words.regressed / JOBS).toBeLessThanOrEqual(0.01);
    expect(words.improved / JOBS).toBeLessThanOrEqual(0.01);
  });

  it('find 3 % within 12 exploring pairs, and most of them confirmed within the budget', async (context) => {
    const { words, alarmedWithin } = await resample(context, atLevel(blocked, '3'), 'camp-3');

    expect(alarmedWithin(12) / JOBS).toBeGreaterThanOrEqual(0.95);
    expect(words.regressed / JOBS).toBeGreaterThanOrEqual(0.85);
    expect(words.improved + words.unchanged).toBe(0);
  });
});

describe('metrics that do not gate, on the recorded defects', () => {
  it('tell late answers by the 99th percentile, while CPU time sees nothing', () => {
    const stalls = atLevel(alternated, 'stall');
    const pairs = stalls.map((recording, i) => recording.play(i + 1, 'explore'));

    const verdicts = judgeScenario({ scenario: 'everyday', pairs, gates: [CPU_GATE] });
    const wordOf = (metric: string) => verdicts.find((verdict) => verdict.metric === metric)?.verdict;

    expect([wordOf('cpu_per_request'), wordOf('latency_p99')]).toEqual(['unchanged', 'regressed']);
  });
});
