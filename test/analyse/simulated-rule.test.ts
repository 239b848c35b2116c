import { describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { simulateJobs } from './simulate.ts';
import type { Tally } from './simulate.ts';

/** The figures are printed with --reporter=verbose; `npm run bench:judge` prints those of more jobs. */
async function simulate(
  { annotate }: TestContext,
  cell: { runSd: number; effect: number },
  jobsPerNoise = 120,
): Promise<Tally> {
  const tally = simulateJobs({ ...cell, jobsPerNoise, seed: 2026 });
  await annotate(JSON.stringify({ ...cell, ...tally }));
  return tally;
}

describe('the whole rule on simulated jobs of six noises, run sd 1 %', () => {
  it('never cries wolf on the same code and passes it within nine pairs on average', async (context) => {
    const { called, confirmed, jobs, pairs } = await simulate(context, { runSd: 0.01, effect: 0 });

    expect((called.regressed + called.improved) / jobs).toBeLessThanOrEqual(0.005);
    expect(confirmed).toBe(0);
    expect(called.unchanged / jobs).toBeGreaterThan(0.98);
    expect(pairs / jobs).toBeLessThanOrEqual(9.2);
  });

  it('finds 3 %, confirms nearly all of it, and lets it pass in at most 2.4 %', async (context) => {
    const { called, confirmed, jobs } = await simulate(context, { runSd: 0.01, effect: 0.03 });

    expect(called.regressed / jobs).toBeGreaterThanOrEqual(0.97);
    expect(called.unchanged / jobs).toBeLessThanOrEqual(0.024);
    expect(confirmed / jobs).toBeGreaterThan(0.93);
  });

  it('rarely calls a true 1 %', async (context) => {
    const { confirmed, jobs } = await simulate(context, { runSd: 0.01, effect: 0.01 });

    expect(confirmed / jobs).toBeLessThanOrEqual(0.03);
  });

  it('calls most decreases of 3 % unchanged, since it stops as soon as an increase is ruled out', async (context) => {
    const { called, jobs } = await simulate(context, { runSd: 0.01, effect: -0.03 });

    expect(called.unchanged / jobs).toBeGreaterThan(0.7);
    expect((called.improved + called.unchanged) / jobs).toBe(1);
  });
});

describe('the reported interval', () => {
  it.for([
    { runSd: 0.005, effect: 0 },
    { runSd: 0.005, effect: 0.01 },
    { runSd: 0.01, effect: 0 },
    { runSd: 0.01, effect: 0.01 },
    { runSd: 0.02, effect: 0 },
    { runSd: 0.02, effect: 0.02 },
  ])('holds the truth in 95 of 100 jobs at run sd $runSd, effect $effect', async (cell, context) => {
    const { covered, jobs } = await simulate(context, cell);

    expect(covered / jobs).toBeGreaterThanOrEqual(0.95);
  });

  it.for([
    { runSd: 0.005, effect: 0.02 },
    { runSd: 0.01, effect: 0.02 },
    { runSd: 0.01, effect: 0.03 },
    { runSd: 0.01, effect: -0.05 },
    { runSd: 0.02, effect: 0.03 },
    { runSd: 0.02, effect: 0.05 },
  ])('of a confirmed change holds it as often, run sd $runSd, effect $effect', async (cell, context) => {
    const { confirmed, confirmedCovered } = await simulate(context, cell);

    expect(confirmed).toBeGreaterThan(250);
    expect(confirmedCovered / confirmed).toBeGreaterThanOrEqual(0.95);
  });
});
