import { describe, expect, it } from 'vitest';
import { judgeScenario } from '../../src/analyse/judge.ts';
import { ANALYSIS_VERSION } from '../../src/analyse/version.ts';
import type { Pair } from '../../src/domain/trial.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { evenly, pair, pairsWith } from './builders.ts';
import { CPU_GATE } from './jobs.ts';

function judge(pairs: readonly Pair[]): Verdict {
  const [verdict] = judgeScenario({ scenario: 'everyday', pairs, gates: [CPU_GATE], metrics: [] });
  return verdict as Verdict;
}

describe('judgeScenario', () => {
  it('is inconclusive, without any figure, when no pair could be used', () => {
    for (const pairs of [[], [pair({ head: 'failed' }), pair({ pairNo: 2, head: 'failed' })]]) {
      const verdict = judge(pairs);

      expect(verdict).toEqual({
        scenario: 'everyday',
        metric: 'cpu_per_request',
        verdict: 'inconclusive',
        margin: 0.005,
        family: 1,
        threshold: 0.03,
        pairsUsed: 0,
        pairsDropped: pairs.length,
        pairsWorse: 0,
        analysisVersion: ANALYSIS_VERSION,
      });
    }
  });

  it.each([1, 2, 4])('shows an estimate but no interval of %i pairs', (count) => {
    const verdict = judge(pairsWith(evenly(count, 0.04, 0.001)));

    expect(verdict).toMatchObject({ verdict: 'inconclusive', pairsUsed: count, pairsWorse: count });
    expect(verdict.effect).toBeCloseTo(0.04, 6);
    expect(verdict.interval).toBeUndefined();
    expect(verdict.smallestVisible).toBeUndefined();
  });

  it('calls unchanged what is, with interval, medians and what it could have seen', () => {
    const verdict = judge(pairsWith(evenly(5, 0, 0.004)));

    expect(verdict).toMatchObject({
      verdict: 'unchanged',
      pairsUsed: 5,
      pairsDropped: 0,
      pairsWorse: 2,
      interval: { level: 0.95, method: 'paired t, group-sequential' },
    });
    expect(verdict.baseValue).toBeCloseTo(1000, 6);
    expect(verdict.headValue).toBeCloseTo(1000, 6);
    expect(verdict.interval?.hi).toBeLessThan(0.03);
    expect(verdict.smallestVisible).toBeGreaterThan(verdict.interval?.hi as number);
    expect(verdict.confirmation).toBeUndefined();
  });

  it('calls regressed only what fresh pairs repeat, and pools both stages', () => {
    const explore = pairsWith(evenly(5, 0.05, 0.004));
    const confirm = pairsWith(evenly(4, 0.04, 0.004), 'confirm', 6);

    const verdict = judge([...explore, ...confirm]);

    expect(verdict).toMatchObject({
      verdict: 'regressed',
      pairsUsed: 9,
      pairsWorse: 9,
      confirmation: { pairs: 4, held: true },
      interval: { level: 0.95, method: 'Hodges-Lehmann, signed-rank, explore and confirm pairs pooled' },
    });
    expect(verdict.confirmation?.effect).toBeCloseTo(0.04, 6);
    expect(verdict.family).toBe(1);
    expect(verdict.effect).toBeCloseTo(0.0455, 3);
    expect(verdict.interval?.lo).toBeGreaterThan(0.03);
  });

  it('calls improved what fresh pairs repeat on the better side', () => {
    const explore = pairsWith(evenly(5, -0.05, 0.004));
    const confirm = pairsWith(evenly(4, -0.04, 0.004), 'confirm', 6);

    expect(judge([...explore, ...confirm])).toMatchObject({ verdict: 'improved', pairsWorse: 0 });
  });

  it('is inconclusive and says so when fresh pairs do not repeat the alarm', () => {
    const explore = pairsWith(evenly(5, 0.05, 0.004));
    const confirm = pairsWith(evenly(4, 0, 0.004), 'confirm', 6);

    const verdict = judge([...explore, ...confirm]);

    expect(verdict).toMatchObject({ verdict: 'inconclusive', confirmation: { pairs: 4, held: false } });
  });

  it('is inconclusive when the alarm could not be checked to the end', () => {
    const explore = pairsWith(evenly(5, 0.05, 0.004));
    const some = judge([...explore, ...pairsWith(evenly(3, 0.05, 0.004), 'confirm', 6)]);
    const none = judge(explore);

    expect(some).toMatchObject({ verdict: 'inconclusive', confirmation: { pairs: 3, held: false } });
    expect(none.verdict).toBe('inconclusive');
    expect(none.confirmation).toBeUndefined();
    expect(none.interval?.lo).toBeGreaterThan(none.margin);
  });

  it('reports the last look of an undecided metric', () => {
    const undecided = Array.from({ length: 9 }, (_, i) => 0.03 + (i % 2 === 0 ? 0.2 : -0.2));

    const verdict = judge(pairsWith(undecided));

    expect(verdict.verdict).toBe('inconclusive');
    expect(verdict.interval?.hi).toBeGreaterThan(0.03);
    expect(verdict.smallestVisible).toBeGreaterThan(0.1);
  });

  it('judges every metric, in the order of tables, and marks the gating ones', () => {
    const verdicts = judgeScenario({
      scenario: 'everyday',
      pairs: pairsWith(evenly(5, 0, 0.004)),
      gates: [{ metric: 'memory_peak', threshold: 0.1 }, CPU_GATE],
    });

    expect(verdicts.map(({ metric, threshold }) => [metric, threshold])).toEqual([
      ['cpu_per_request', 0.03],
      ['latency_p50', undefined],
      ['latency_p90', undefined],
      ['latency_p99', undefined],
      ['memory_peak', 0.1],
      ['startup', undefined],
    ]);
    expect(verdicts[0]?.interval?.level).toBe(0.975);
  });

  it('shares the error rate among as many metrics as it is told', () => {
    const pairs = pairsWith(evenly(5, 0, 0.004));

    const [verdict] = judgeScenario({
      scenario: 'everyday',
      pairs,
      gates: [CPU_GATE],
      metrics: [],
      family: 5,
    });

    expect(verdict?.interval?.level).toBe(0.99);
  });

  it('counts dropped pairs beside the used ones', () => {
    const pairs = [...pairsWith(evenly(5, 0, 0.004)), pair({ pairNo: 6 })];
    const slow = pair({ pairNo: 1, base: { cpuUs: 1.5e6 }, head: { cpuUs: 1.5e6 } });

    const verdict = judge([slow, ...pairs.map((other) => ({ ...other, pairNo: other.pairNo + 1 }))]);

    expect(verdict).toMatchObject({ verdict: 'unchanged', pairsUsed: 5, pairsDropped: 1 });
  });
});
