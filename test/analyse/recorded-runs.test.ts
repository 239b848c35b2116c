import { describe, expect, it } from 'vitest';
import { judgeScenario } from '../../src/analyse/judge.ts';
import { recordedRows, resampleJobs } from '../bench/recorded.ts';
import type { Resampled } from '../bench/recorded.ts';
import { CPU_GATE } from './jobs.ts';
import { alternatedRecordings } from './recorded-pairs.ts';

const JOBS = 300;
const ROWS = recordedRows();

/** The figures of more jobs are printed by `npm run bench:recorded`. */
function resample(what: RegExp, level: string): Resampled {
  const row = ROWS.find((one) => what.test(one.what) && one.level === level);
  if (row === undefined) throw new Error(`no recorded pairs ${what} at ${level}`);
  return resampleJobs(row.recordings, { jobs: JOBS, seed: 2026, label: `${row.what}/${level}` });
}

describe('jobs resampled from real pairs, requests alternated one by one', () => {
  it.each([/by coin/, /parity/, /alternated, all/])('call nothing on the same code: %s', (what) => {
    const { words, alarms, meanSeconds } = resample(what, '0');

    expect([words.regressed, words.improved]).toEqual([0, 0]);
    expect(words.unchanged / JOBS).toBeGreaterThanOrEqual(0.99);
    expect(alarms / JOBS).toBeLessThanOrEqual(0.005);
    expect(meanSeconds).toBeLessThan(30);
  });

  it.each(['2', '3', '5'])('find %s % within eleven pairs, the confirming ones included', (level) => {
    const { words, regressedWithin } = resample(/alternated, all/, level);

    expect(regressedWithin(11) / JOBS).toBeGreaterThanOrEqual(level === '2' ? 0.95 : 0.98);
    expect(words.regressed / JOBS).toBeGreaterThanOrEqual(0.99);
    expect(words.improved + words.unchanged).toBe(0);
  });

  it('rarely call 1 % a regression', () => {
    const { words } = resample(/alternated, all/, '1');

    expect(words.regressed / JOBS).toBeLessThanOrEqual(0.08);
    expect(words.improved).toBe(0);
  });
});

describe('jobs resampled from real pairs on a noisier day, requests in blocks', () => {
  it('call the same code worse in at most 1 %, and better in at most 2 %', () => {
    const { words } = resample(/blocks/, '0');

    expect(words.regressed / JOBS).toBeLessThanOrEqual(0.01);
    expect(words.improved / JOBS).toBeLessThanOrEqual(0.02);
  });

  it('find 3 % within the budget', () => {
    const { words, regressedWithin } = resample(/blocks/, '3');

    expect(words.regressed / JOBS).toBeGreaterThanOrEqual(0.97);
    expect(regressedWithin(12) / JOBS).toBeGreaterThanOrEqual(0.85);
  });
});

describe('metrics that do not gate, on the recorded defects', () => {
  it('tell late answers by the 99th percentile, while CPU time sees nothing', () => {
    const stalls = alternatedRecordings().filter(({ level }) => level === 'stall');
    const pairs = stalls.map((recording, i) => recording.play(i + 1, 'explore'));

    const verdicts = judgeScenario({ scenario: 'everyday', pairs, gates: [CPU_GATE] });
    const wordOf = (metric: string) => verdicts.find((verdict) => verdict.metric === metric)?.verdict;

    expect([wordOf('cpu_per_request'), wordOf('latency_p99')]).toEqual(['unchanged', 'regressed']);
  });
});
