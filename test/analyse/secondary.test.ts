import { describe, expect, it } from 'vitest';
import { siftPairs } from '../../src/analyse/pairs.ts';
import { judgeSecondary, SECONDARY_MIN_EFFECT } from '../../src/analyse/secondary.ts';
import type { MetricName } from '../../src/domain/metric.ts';
import { createRandom } from '../../src/stats/random.ts';
import { evenly, pair } from './builders.ts';
import { drawNormal } from './noises.ts';

const OTHERS: MetricName[] = ['latency_p50', 'latency_p90', 'latency_p99', 'memory_peak', 'startup'];

/** Pairs whose start-up times have the given log-ratios; everything else is equal. */
function startups(logRatios: readonly number[]) {
  const pairs = logRatios.map((ratio, i) =>
    pair({ pairNo: i + 1, head: { startupMs: 90 * Math.exp(ratio) } }),
  );
  return siftPairs(pairs).kept;
}

function judgeStartup(logRatios: readonly number[]) {
  const [verdict] = judgeSecondary('everyday', startups(logRatios), ['startup'], 0);
  return verdict;
}

describe('judgeSecondary', () => {
  it.each([0, 1, 2, 4])('does not judge %i pairs', (count) => {
    const verdict = judgeStartup(evenly(count, 0.5, 0.001));

    expect(verdict).toMatchObject({ verdict: 'inconclusive', pairsUsed: count });
    expect(verdict?.interval).toBeUndefined();
  });

  it.each([
    { what: 'a clear increase', ratios: evenly(5, 0.2, 0.02), word: 'regressed' },
    { what: 'a clear decrease', ratios: evenly(12, -0.2, 0.02), word: 'improved' },
    { what: 'a sure increase too small to tell', ratios: evenly(12, 0.015, 0.002), word: 'unchanged' },
    { what: 'equal values', ratios: evenly(12, 0, 0), word: 'unchanged' },
    { what: 'noise', ratios: evenly(12, 0, 0.5), word: 'inconclusive' },
    { what: 'a large decrease that noise may explain', ratios: evenly(6, -0.2, 0.4), word: 'inconclusive' },
  ])('calls $what $word', ({ ratios, word }) => {
    expect(judgeStartup(ratios)?.verdict).toBe(word);
  });

  it('uses the exact interval from eight pairs on and never gates', () => {
    const verdict = judgeStartup(evenly(8, 0.2, 0.02));

    expect(verdict).toMatchObject({
      interval: { level: 0.95, method: 'Hodges-Lehmann, signed-rank' },
      margin: 0,
    });
    expect(verdict).not.toHaveProperty('threshold');
    expect(judgeStartup(evenly(7, 0.2, 0.02))?.interval?.method).toBe('paired t');
  });

  it('rarely calls any of its metrics in same-code runs, and no change below its smallest effect', () => {
    const random = createRandom(5);
    let falseAlarms = 0;
    for (let job = 0; job < 300; job++) {
      const noisy = () => Math.exp(0.05 * drawNormal(random));
      const side = () => ({
        startupMs: 90 * noisy(),
        memoryPeakBytes: 1e8 * noisy(),
        latencyMs: { mean: 1, p50: noisy(), p90: 2 * noisy(), p99: 4 * noisy(), max: 9 },
      });
      const pairs = Array.from({ length: 10 }, (_, i) => pair({ pairNo: i + 1, base: side(), head: side() }));

      const verdicts = judgeSecondary('everyday', siftPairs(pairs).kept, OTHERS, 0);
      const called = verdicts.filter(({ verdict }) => verdict === 'regressed' || verdict === 'improved');

      for (const { effect } of called)
        expect(Math.abs(effect as number)).toBeGreaterThanOrEqual(SECONDARY_MIN_EFFECT);
      if (called.length > 0) falseAlarms++;
    }

    // 5 % nominal for all five metrics together; 3.8 standard errors of slack over 300 jobs.
    expect(falseAlarms).toBeLessThanOrEqual(29);
  });
});
