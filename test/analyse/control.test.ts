import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { outcomesOf, plantShowsIn, type ScenarioOutcome, standingsOf } from '../../src/analyse/control.ts';
import type { ControlStanding, Plant } from '../../src/domain/control.ts';
import type { MetricName } from '../../src/domain/metric.ts';
import { createRandom } from '../../src/stats/random.ts';
import { aVerdict } from '../helpers/builders.ts';

const DAY_MS = 86_400_000;
const NONE: Plant = { kind: 'none' };
const CPU3: Plant = { kind: 'cpu', share: 0.03 };

/** Outcomes one day after the other, the last one newest. */
function days(logRatios: readonly number[], changes: Partial<ScenarioOutcome> = {}): ScenarioOutcome[] {
  return logRatios.map((logRatio, day) => ({
    scenario: 'everyday mix',
    metric: 'cpu_per_request',
    plant: NONE,
    verdict: 'unchanged',
    logRatio,
    alarmed: false,
    finishedAt: new Date(Date.UTC(2026, 0, 1) + day * DAY_MS).toISOString(),
    ...changes,
  }));
}

function only(outcomes: readonly ScenarioOutcome[]): ControlStanding {
  const standings = standingsOf(outcomes);
  expect(standings).toHaveLength(1);
  return standings[0] as ControlStanding;
}

/** Around 0 with a spread, the same on both sides. */
const even = (count: number, spread: number): number[] =>
  Array.from({ length: count }, (_, i) => (i % 2 === 0 ? spread : -spread));

describe('what control runs say', () => {
  it('is nothing without any', () => {
    expect(standingsOf([])).toEqual([]);
  });

  it('is kept apart by scenario and metric', () => {
    const standings = standingsOf([
      ...days([0.001]),
      ...days([0.002], { scenario: 'other' }),
      ...days([0.003], { metric: 'latency_p50' }),
    ]);

    expect(standings.map(({ scenario, metric, jobs, bias }) => [scenario, metric, jobs, bias])).toEqual([
      ['everyday mix', 'cpu_per_request', 1, 0.001],
      ['other', 'cpu_per_request', 1, 0.002],
      ['everyday mix', 'latency_p50', 1, 0.003],
    ]);
  });

  it('has a bias at once, and a noise band from five jobs on', () => {
    expect(only(days([0.01, 0.02, 0.03, 0.04]))).not.toHaveProperty('noiseBand');
    const standing = only(days([0.01, 0.02, 0.03, 0.04, 0.05]));

    expect(standing.bias).toBeCloseTo(0.03, 12);
    expect(standing.noiseBand).toBeCloseTo(0.02, 12);
  });

  it('counts planted changes by size, found and tried, and never as same code', () => {
    const standing = only([
      ...days([0, 0]),
      ...days([0.03, 0.029], { plant: CPU3, verdict: 'regressed' }),
      ...days([0.012], { plant: CPU3, verdict: 'inconclusive' }),
      // The same plant as jsonb gives it back: with its keys in another order.
      ...days([0.031], { plant: { share: 0.03, kind: 'cpu' }, verdict: 'regressed' }),
      ...days([0.05], { plant: { kind: 'cpu', share: 0.05 }, verdict: 'regressed' }),
    ]);

    expect(standing).toMatchObject({ jobs: 2, bias: 0, falseAlarms: 0 });
    expect(standing.planted).toHaveLength(2);
    expect(standing.planted).toContainEqual({ plant: CPU3, found: 3, tried: 4 });
    expect(standing.planted).toContainEqual({ plant: { kind: 'cpu', share: 0.05 }, found: 1, tried: 1 });
  });

  it('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 1, maxLength: 40 }),
        (list) => {
          const outcomes = days(list);
          expect(standingsOf(outcomes.toReversed())).toEqual(standingsOf(outcomes));
        },
      ),
    );
  });

  it('has a band that holds 95 of 100 estimates around the median, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 5, maxLength: 60 }),
        (list) => {
          const { noiseBand = NaN, bias = NaN } = only(days(list));
          const outside = list.filter((value) => Math.abs(value - bias) > noiseBand + 1e-12).length;
          expect(outside).toBeLessThanOrEqual(Math.ceil(0.05 * list.length));
        },
      ),
    );
  });
});

describe('the block', () => {
  it('needs twenty same-code jobs', () => {
    expect(only(days(even(19, 0.001).map((x) => x + 0.01)))).not.toHaveProperty('blocked');
    expect(only(days(even(20, 0.001).map((x) => x + 0.01))).blocked).toBe(
      'the same code came out 1.01 % apart on the average of the last 20 control jobs',
    );
  });

  it.each<[string, number, number, boolean]>([
    ['a sure and relevant bias', 0.0025, 0.002, true],
    ['a sure bias too small to matter', 0.0015, 0.0005, false],
    ['an unsure one that is not large', 0.0025, 0.006, false],
    ['one below zero', -0.0025, 0.002, true],
    ['a large one', 0.0035, 0.004, true],
  ])('%s of %d with a spread of %d: %s', (_what, bias, spread, isBlocked) => {
    const standing = only(days(even(20, spread).map((x) => x + bias)));

    expect(standing.blocked !== undefined).toBe(isBlocked);
  });

  it('allows a metric with a wider margin more', () => {
    const biased = even(20, 0.002).map((x) => x + 0.004);

    expect(only(days(biased)).blocked).toBeDefined();
    expect(only(days(biased, { metric: 'latency_p99' })).blocked).toBeUndefined();
  });

  it('ends by itself when the newer jobs are right again', () => {
    const old = even(20, 0.001).map((x) => x + 0.01);

    expect(only(days([...old, ...even(20, 0.001)])).blocked).toBeUndefined();
    expect(only(days([...even(20, 0.001), ...old])).blocked).toBeDefined();
  });

  it('comes with the second confirmed alarm on the same code within twenty jobs', () => {
    const good = days(even(25, 0.001));
    const bad = (...at: number[]): ScenarioOutcome[] =>
      good.map((outcome, i) =>
        at.includes(i) ? { ...outcome, verdict: 'improved', alarmed: true } : outcome,
      );

    expect(only(bad(24)).blocked).toBeUndefined();
    expect(only(bad(2, 24)).blocked).toBeUndefined();
    expect(only(bad(10, 24))).toMatchObject({
      falseAlarms: 2,
      blocked: 'the same code was called changed in 2 of the last 20 control jobs',
    });
  });

  it('comes with six alarms that fresh pairs denied', () => {
    const suspicious = (count: number): ScenarioOutcome[] =>
      days(even(20, 0.001)).map((outcome, i) => ({ ...outcome, alarmed: i < count }));

    expect(only(suspicious(5)).blocked).toBeUndefined();
    expect(only(suspicious(6))).toMatchObject({
      falseAlarms: 0,
      blocked: expect.stringContaining('6 of the last 20'),
    });
  });

  it('does not come from jobs without an estimate', () => {
    const outcomes = days(even(20, 0.001).map((x) => x + 0.01)).map(({ logRatio, ...outcome }, i) =>
      i === 0 ? outcome : { ...outcome, ...(logRatio !== undefined && { logRatio }) },
    );

    expect(only(outcomes).blocked).toBeUndefined();
  });
});

describe('how often the block is wrong, and how often right (simulated, seed 20260101)', () => {
  const random = createRandom(20_260_101);
  /** Box & Muller, doi:10.1214/aoms/1177706645. */
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

  /** Share of windows of twenty jobs that are blocked. */
  function blockedShare(windows: number, job: () => Partial<ScenarioOutcome> & { logRatio: number }): number {
    let blocked = 0;
    for (let window = 0; window < windows; window += 1) {
      const jobs = Array.from({ length: 20 }, job).flatMap(({ logRatio, ...rest }) => days([logRatio], rest));
      if (only(jobs).blocked !== undefined) blocked += 1;
    }
    return blocked / windows;
  }
  /** The rule's own promise on the same code: 1 confirmed alarm in 200 jobs, 1 suspicion in 20. */
  const alarms = (): Partial<ScenarioOutcome> => {
    const draw = random.next();
    return draw < 0.005 ? { verdict: 'regressed', alarmed: true } : { alarmed: draw < 0.05 };
  };

  it.each([0.001, 0.0025, 0.006, 0.02])(
    'a healthy rig with a job spread of %d: in at most 1.5 of 100 windows',
    (sd) => {
      expect(blockedShare(4000, () => ({ logRatio: sd * normal(), ...alarms() }))).toBeLessThan(0.015);
    },
  );

  it('one job in fifty far off does not block it more often than 1 in 20', () => {
    const job = () => ({ logRatio: 0.0025 * normal() + (random.next() < 0.02 ? 0.05 : 0), ...alarms() });

    expect(blockedShare(3000, job)).toBeLessThan(0.05);
  });

  it('a bias of 0.4 % is found in at least 95 % of windows', () => {
    expect(blockedShare(2000, () => ({ logRatio: 0.004 + 0.0025 * normal() }))).toBeGreaterThan(0.95);
  });

  it('a rule that cries wolf in a tenth of the jobs is found in more than half of the windows', () => {
    const job = () => {
      const isWolf = random.next() < 0.1;
      return {
        logRatio: 0.002 * normal(),
        alarmed: isWolf,
        ...(isWolf && { verdict: 'regressed' as const }),
      };
    };

    expect(blockedShare(2000, job)).toBeGreaterThan(0.5);
  });
});

describe('the outcomes of a control run', () => {
  const at = '2026-01-01T03:00:00.000Z';

  it('are those of the gating metrics when nothing was planted', () => {
    const { threshold: _threshold, ...informational } = aVerdict('regressed', { metric: 'latency_p99' });

    expect(outcomesOf([aVerdict('unchanged', { effect: 0.001 }), informational], NONE, at)).toEqual([
      {
        scenario: 'everyday mix',
        metric: 'cpu_per_request',
        plant: NONE,
        verdict: 'unchanged',
        logRatio: Math.log1p(0.001),
        alarmed: false,
        finishedAt: at,
      },
    ]);
  });

  it('of a planted run are those of the metrics that must show it, gating or not', () => {
    const { threshold: _threshold, ...tail } = aVerdict('regressed', {
      metric: 'latency_over_10ms',
      effectIn: 'absolute',
    });
    const stall: Plant = { kind: 'stall', share: 0.01, delayMs: 20 };

    const outcomes = outcomesOf([aVerdict('unchanged'), tail], stall, at);

    expect(outcomes).toMatchObject([{ metric: 'latency_over_10ms', verdict: 'regressed', logRatio: 0.05 }]);
  });

  it.each<[string, Partial<Parameters<typeof outcomesOf>[0][number]>, boolean]>([
    ['an alarm that was not repeated', { confirmation: { pairs: 6, effect: 0, held: false } }, true],
    ['an alarm that was blocked', { blocked: 'the control fails' }, true],
    [
      'an alarm for which the budget was too short',
      { interval: { lo: 0.011, hi: 0.03, level: 0.95, method: 't' } },
      true,
    ],
    ['a wide interval', { interval: { lo: -0.02, hi: 0.03, level: 0.95, method: 't' } }, false],
  ])('%s counts as alarmed: %s', (_what, changes, alarmed) => {
    expect(outcomesOf([aVerdict('inconclusive', changes)], NONE, at)[0]?.alarmed).toBe(alarmed);
  });

  it('without a usable pair have no estimate', () => {
    const { effect: _effect, interval: _interval, ...nothing } = aVerdict('inconclusive');

    expect(outcomesOf([nothing], NONE, at)[0]).not.toHaveProperty('logRatio');
  });

  it.each<[Plant, MetricName, boolean]>([
    [NONE, 'cpu_per_request', false],
    [CPU3, 'cpu_per_request', true],
    [CPU3, 'latency_p50', false],
    [{ kind: 'stall', share: 0.01, delayMs: 20 }, 'latency_p99', false],
    [{ kind: 'stall', share: 0.02, delayMs: 20 }, 'latency_p99', true],
    [{ kind: 'stall', share: 0.01, delayMs: 20 }, 'latency_p999', true],
    [{ kind: 'stall', share: 0.01, delayMs: 20 }, 'latency_over_50ms', false],
    [{ kind: 'stall', share: 0.01, delayMs: 20 }, 'open_latency_over_15ms', true],
    [{ kind: 'stall', share: 0.01, delayMs: 20 }, 'startup', false],
    [{ kind: 'leak', bytesPerRequest: 2048 }, 'memory_growth', true],
    [{ kind: 'slow-start', delayMs: 50 }, 'startup', true],
  ])('%j shows in %s: %s', (plant, metric, shows) => {
    expect(plantShowsIn(plant, metric)).toBe(shows);
  });
});
