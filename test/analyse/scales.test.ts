import { describe, expect, it } from 'vitest';
import { judgeScenario } from '../../src/analyse/judge.ts';
import { decideGate } from '../../src/analyse/policy.ts';
import { judgeStored, planFromVerdicts } from '../../src/analyse/stored.ts';
import type { GateSpec } from '../../src/domain/benchmark.ts';
import type { CustomMetric, MetricName } from '../../src/domain/metric.ts';
import type { Pair, Trial } from '../../src/domain/trial.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { pair } from './builders.ts';

const ROWS: CustomMetric = {
  name: 'rows',
  title: 'rows',
  unitLabel: 'rows',
  better: 'higher',
  from: { kind: 'served', path: '/stats', pointer: '/rows' },
};
const KEPT_UP = { keptUp: true, offered: 100, sent: 100, lateP99Ms: 1, lateMaxMs: 2 };

/** Explored and confirming pairs whose sides have what `side` says of them; `i` counts from 0. */
function pairsOf(
  side: (which: 'base' | 'head', i: number) => Partial<Trial>,
  explore = 5,
  confirm = 4,
): Pair[] {
  return Array.from({ length: explore + confirm }, (_, i) =>
    pair({
      pairNo: i + 1,
      stage: i < explore ? 'explore' : 'confirm',
      base: side('base', i),
      head: side('head', i),
    }),
  );
}

function figurePairs(metric: MetricName, base: number, head: number, wobble: number): Pair[] {
  return pairsOf((which, i) => ({
    figures: {
      [metric]: (which === 'base' ? base : head) + wobble * ((i % 3) - 1) * (which === 'base' ? 1 : -1),
    },
    generator: KEPT_UP,
  }));
}

function judgeOne(pairs: readonly Pair[], gate: GateSpec, custom: CustomMetric[] = []): Verdict {
  const verdicts = judgeScenario({ scenario: 'everyday', pairs, gates: [gate], metrics: [], custom });
  return verdicts[0] as Verdict;
}

describe('a metric of which more is better', () => {
  const gate = { metric: 'throughput', threshold: 0.03 } as const;

  it('regresses when it falls, and the effect is the real, negative change', () => {
    const verdict = judgeOne(figurePairs('throughput', 1000, 900, 3), gate);

    expect(verdict).toMatchObject({ verdict: 'regressed', pairsWorse: 9 });
    expect(verdict.effect).toBeCloseTo(-0.1, 2);
    expect(verdict.interval?.lo).toBeLessThan(verdict.effect as number);
    expect(verdict.interval?.hi).toBeGreaterThan(verdict.effect as number);
    expect(verdict).not.toHaveProperty('effectIn');
    expect(decideGate([verdict])).toMatchObject({
      gate: 'fail',
      reasons: [{ reason: expect.stringMatching(/^worse by 10\.\d %, limit 3\.0 %$/) }],
    });
  });

  it('improves when it rises', () => {
    const verdict = judgeOne(figurePairs('throughput', 1000, 1100, 3), gate);

    expect(verdict.verdict).toBe('improved');
    expect(verdict.effect).toBeCloseTo(0.1, 2);
    expect(decideGate([verdict]).reasons[0]?.reason).toMatch(/^better by 10/);
  });

  it('passes as long as no decrease of its threshold is possible', () => {
    const verdict = judgeOne(figurePairs('throughput', 1000, 1000, 3), gate);

    expect(verdict.verdict).toBe('unchanged');
    expect(decideGate([verdict]).reasons[0]?.reason).toBe('no decrease of 3.0 % or more');
  });
});

describe('a share', () => {
  const gate = { metric: 'latency_over_20ms', threshold: 0.005 } as const;
  const shares = (base: (i: number) => number, head: (i: number) => number) =>
    pairsOf((which, i) => ({
      counts: { latency_over_20ms: { hits: (which === 'base' ? base : head)(i), of: 460 } },
    }));

  it('regresses by a difference of shares, in absolute terms', () => {
    const verdict = judgeOne(
      shares(
        () => 0,
        (i) => 8 + (i % 2),
      ),
      gate,
    );

    expect(verdict).toMatchObject({
      verdict: 'regressed',
      effectIn: 'absolute',
      baseValue: 0,
      interval: { method: expect.stringContaining('exact conditional test') },
    });
    expect(verdict.effect).toBeCloseTo(8.44 / 460, 3);
    expect(verdict.headValue).toBeCloseTo(76 / (9 * 460), 9);
    expect(decideGate([verdict]).reasons[0]?.reason).toMatch(
      /^worse by 1\.84 percentage points, limit 0\.50/,
    );
  });

  it('is unchanged when both sides have none, since enough requests were asked', () => {
    const verdict = judgeOne(
      shares(
        () => 0,
        () => 0,
      ),
      gate,
    );

    expect(verdict).toMatchObject({ verdict: 'unchanged', effect: 0 });
    expect(verdict.interval?.hi).toBeGreaterThan(0);
  });

  it('says nothing of a burst in one pair, however many requests it hit', () => {
    const verdict = judgeOne(
      shares(
        () => 0,
        (i) => (i === 2 ? 200 : 0),
      ),
      gate,
    );

    expect(verdict.verdict).toBe('inconclusive');
  });

  it('is not read without its counts', () => {
    const pairs = figurePairs('latency_over_20ms', 0, 0.1, 0);

    expect(judgeOne(pairs, gate)).toMatchObject({ verdict: 'inconclusive', pairsUsed: 0, pairsDropped: 5 });
  });
});

describe('a difference', () => {
  it('is told in the unit of the metric, and may cross zero', () => {
    const gate = { metric: 'memory_growth', threshold: 1024 } as const;

    const verdict = judgeOne(figurePairs('memory_growth', -20, 2028, 10), gate);

    expect(verdict).toMatchObject({ verdict: 'regressed', effectIn: 'absolute', baseValue: -20 });
    expect(verdict.effect).toBeCloseTo(2048, -2);
    expect(decideGate([verdict]).reasons[0]?.reason).toMatch(/B\/request, limit 1020 B\/request$/);
  });

  it('of a number of the service itself goes by what the project says of it', () => {
    const gate = { metric: 'custom_rows', threshold: 30 } as const;

    const verdict = judgeOne(figurePairs('custom_rows', 1000, 900, 2), gate, [ROWS]);

    expect(verdict).toMatchObject({ verdict: 'regressed', custom: ROWS, margin: 5 });
    expect(verdict.effect).toBeCloseTo(-100, -1);
    expect(judgeOne(figurePairs('custom_rows', 1000, 900, 2), gate)).toMatchObject({ verdict: 'improved' });
  });
});

describe('figures of an open loop', () => {
  const gate = { metric: 'open_latency_p99', threshold: 0.2 } as const;

  it('count when the generator kept up on both sides', () => {
    expect(judgeOne(figurePairs('open_latency_p99', 5, 8, 0.05), gate).verdict).toBe('regressed');
  });

  it('prove nothing when it fell behind on one', () => {
    const pairs = figurePairs('open_latency_p99', 5, 8, 0.05).map((each) => ({
      ...each,
      head:
        each.head.state === 'ok'
          ? { ...each.head, trial: { ...each.head.trial, generator: { ...KEPT_UP, keptUp: false } } }
          : each.head,
    }));

    expect(judgeOne(pairs, gate)).toMatchObject({ verdict: 'inconclusive', pairsUsed: 0 });
  });
});

describe('metrics that do not gate', () => {
  it('are those that the pairs have, in the order of tables', () => {
    const pairs = pairsOf(
      (which) => ({
        figures: { throughput: 900, latency_p95: 2, custom_rows: which === 'base' ? 100 : 150 },
        counts: { errors: { hits: 0, of: 400 } },
      }),
      9,
      0,
    );

    const verdicts = judgeScenario({
      scenario: 'everyday',
      pairs,
      gates: [{ metric: 'cpu_per_request', threshold: 0.03 }],
      custom: [ROWS],
    });

    expect(verdicts.map(({ metric }) => metric)).toEqual([
      'cpu_per_request',
      'latency_p50',
      'latency_p90',
      'latency_p95',
      'latency_p99',
      'throughput',
      'memory_peak',
      'startup',
      'errors',
      'custom_rows',
    ]);
    expect(verdicts.at(-1)).toMatchObject({ verdict: 'improved', effect: 50, effectIn: 'absolute' });
    expect(verdicts.find(({ metric }) => metric === 'errors')).toMatchObject({
      verdict: 'unchanged',
      effectIn: 'absolute',
    });
  });

  it('of a command leave out what only a service has', () => {
    const pairs = pairsOf(() => ({ figures: { wall_time: 900, cpu_time: 1_000_000 } }));

    const verdicts = judgeScenario({
      scenario: 'everyday',
      pairs,
      gates: [{ metric: 'cpu_time', threshold: 0.03 }],
    });

    expect(verdicts.map(({ metric }) => metric)).toEqual(['memory_peak', 'wall_time', 'cpu_time']);
  });
});

describe('judgeStored', () => {
  it('gives what the run would get today, by the gates of its verdicts', () => {
    const pairs = figurePairs('custom_rows', 1000, 900, 2);
    const gates: GateSpec[] = [
      { metric: 'cpu_per_request', threshold: 0.03 },
      { metric: 'custom_rows', threshold: 30 },
    ];
    const before = judgeScenario({ scenario: 'everyday', pairs, gates, custom: [ROWS], family: 2 });

    const plan = planFromVerdicts(before.map((verdict) => ({ ...verdict, analysisVersion: 1 })));

    expect(plan).toMatchObject({ family: 2, scenarios: [{ scenario: 'everyday', gates, custom: [ROWS] }] });
    expect(judgeStored(pairs, plan)).toEqual(before);
  });

  it('takes the family from the number of gates where old verdicts do not state it', () => {
    const stated = judgeScenario({
      scenario: 'everyday',
      pairs: [],
      gates: [{ metric: 'cpu_per_request', threshold: 0.05 }],
    });
    const old = stated.map((verdict) => {
      const { family: _, ...rest } = verdict;
      return rest;
    });

    expect(planFromVerdicts([...old, ...old.map((each) => ({ ...each, scenario: 'nightly' }))]).family).toBe(
      2,
    );
    expect(judgeStored([], planFromVerdicts(old))).toEqual([]);
  });
});
