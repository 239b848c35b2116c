import { describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { LOOKS } from '../../src/analyse/boundaries.ts';
import { confirmAlarm, CONFIRM_PAIRS } from '../../src/analyse/confirm.ts';
import { decide, DEFAULT_LIMITS } from '../../src/analyse/rule.ts';
import type { CalledWord } from '../../src/analyse/rule.ts';
import { createRandom, deriveSeed } from '../../src/stats/random.ts';
import { drawLogRatios, NOISES } from './noises.ts';

const JOBS_PER_NOISE = 200;

interface Tally {
  jobs: number;
  called: Record<CalledWord | 'continue', number>;
  pairs: number;
  /** Alarms of either sign that fresh pairs repeated. */
  confirmed: number;
  /** Of these, how often the reported interval held the truth. */
  confirmedCovered: number;
  /** Jobs whose reported interval, whatever the verdict, held the truth. */
  covered: number;
}

/**
 * Whole jobs, looks and confirmation included, over all six noises. The figures are printed by
 * `npx vitest run test/analyse/simulated-rule.test.ts --reporter=verbose`.
 */
async function simulate({ annotate }: TestContext, cell: { runSd: number; effect: number }): Promise<Tally> {
  const { runSd, effect } = cell;
  const called = { regressed: 0, improved: 0, unchanged: 0, continue: 0 };
  const tally: Tally = { jobs: 0, called, pairs: 0, confirmed: 0, confirmedCovered: 0, covered: 0 };
  const truth = Math.log1p(effect);
  for (const [name, noise] of Object.entries(NOISES)) {
    const random = createRandom(deriveSeed(2026, name, runSd, effect));
    for (let job = 0; job < JOBS_PER_NOISE; job++) {
      const ratios = drawLogRatios(random, noise, { count: 30, runSd, effect });
      const { decision, interval, pairs } = explore(ratios);
      tally.jobs++;
      tally.called[decision]++;
      tally.pairs += pairs;
      let reported = interval;
      if (decision === 'regressed' || decision === 'improved') {
        const fresh = drawLogRatios(random, noise, { count: CONFIRM_PAIRS, runSd, effect });
        const alarm = { direction: decision, limits: DEFAULT_LIMITS, family: 1 };
        const { held, pooled } = confirmAlarm(ratios.slice(0, pairs), fresh, alarm);
        reported = pooled;
        if (held) tally.confirmed++;
        if (held && pooled.lo <= truth && truth <= pooled.hi) tally.confirmedCovered++;
      }
      if (reported !== undefined && reported.lo <= truth && truth <= reported.hi) tally.covered++;
    }
  }
  const share = (count: number) => (count / tally.jobs).toFixed(3);
  const words = Object.entries(called).map(([word, count]) => `${word} ${share(count)}`);
  const { pairs, jobs, confirmed, covered, confirmedCovered } = tally;
  const ofConfirmed = confirmed === 0 ? 'none' : (confirmedCovered / confirmed).toFixed(3);
  await annotate(
    `run sd ${runSd}, effect ${effect}: ${words.join(', ')}, confirmed ${share(confirmed)}, ` +
      `${(pairs / jobs).toFixed(1)} exploring pairs, coverage ${share(covered)}, of confirmed ones ${ofConfirmed}`,
  );
  return tally;
}

function explore(ratios: readonly number[]) {
  let latest = decide([], DEFAULT_LIMITS);
  for (const { pairs } of LOOKS) {
    latest = decide(ratios.slice(0, pairs), DEFAULT_LIMITS);
    if (latest.decision !== 'continue') break;
  }
  return latest;
}

describe('the whole rule on simulated jobs of six noises, run sd 1 %', () => {
  it('never cries wolf on the same code and passes it within nine pairs on average', async (context) => {
    const { called, confirmed, jobs, pairs } = await simulate(context, { runSd: 0.01, effect: 0 });

    expect((called.regressed + called.improved) / jobs).toBeLessThanOrEqual(0.005);
    expect(confirmed).toBe(0);
    expect(called.unchanged / jobs).toBeGreaterThan(0.98);
    expect(pairs / jobs).toBeLessThanOrEqual(9.2);
  });

  it('finds 3 %, and lets it pass in at most 2.4 %', async (context) => {
    const { called, confirmed, jobs } = await simulate(context, { runSd: 0.01, effect: 0.03 });

    expect(called.regressed / jobs).toBeGreaterThanOrEqual(0.97);
    expect(called.unchanged / jobs).toBeLessThanOrEqual(0.024);
    expect(confirmed / jobs).toBeGreaterThan(0.82);
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
