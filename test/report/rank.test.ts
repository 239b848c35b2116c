import { describe, expect, it } from 'vitest';
import type { MetricName } from '../../src/domain/metric.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import {
  countVerdicts,
  isOverLimit,
  isRemarkable,
  leadVerdict,
  rankVerdicts,
  worseningOf,
  worstBoundOf,
} from '../../src/report/rank.ts';
import { renderComment } from '../../src/report/comment.ts';
import { absolute, judged, verdict, view } from './helpers/builders.ts';

const OVER = verdict('regressed', 0.06, [0.05, 0.07], { scenario: 'over' });
const WORST = verdict('regressed', 0.09, [0.08, 0.1], { scenario: 'worst' });
const BELOW = verdict('regressed', 0.02, [0.01, 0.03], { scenario: 'below' });
const OPEN = verdict('inconclusive', 0.03, [-0.1, 0.1], { scenario: 'open' });
const ASIDE = verdict('regressed', 0.5, [0.4, 0.6], { scenario: 'aside', gates: false });
const BETTER = verdict('improved', -0.05, [-0.06, -0.04], { scenario: 'better' });
const SAME = verdict('unchanged', 0.001, [-0.01, 0.01], { scenario: 'same' });

describe('the order of results', () => {
  it('puts what fails the gate first, the largest in limits first', () => {
    const ranked = rankVerdicts([SAME, BETTER, ASIDE, OPEN, BELOW, OVER, WORST]);

    expect(ranked.map(({ scenario }) => scenario)).toEqual([
      'worst',
      'over',
      'below',
      'open',
      'aside',
      'better',
      'same',
    ]);
  });

  it('compares in limits: 6 % of a 3 % limit weighs more than 9 % of a 5 % limit', () => {
    const strict = verdict('regressed', 0.06, [0.05, 0.07], { scenario: 'strict', gates: 0.03 });

    expect(rankVerdicts([WORST, strict])[0]).toBe(strict);
  });

  it('counts a regression of exactly the limit as over it, as the gate does', () => {
    const exact = verdict('regressed', 0.05, [0.04, 0.06], { scenario: 'exact' });

    expect(rankVerdicts([BELOW, exact])[0]).toBe(exact);
  });
});

describe('what does not gate', () => {
  const aside = (metric: MetricName, effect: number): Verdict =>
    verdict('regressed', effect, [effect / 2, effect * 2], { metric, gates: false });

  it('puts percentiles of the tail last, however large they look, and other units before them', () => {
    const growth = absolute('regressed', 900, [800, 1_000], { metric: 'memory_growth' });
    const ranked = rankVerdicts([
      aside('latency_p999', 0.9),
      growth,
      aside('startup', 0.04),
      aside('open_latency_p95', 0.3),
    ]);

    expect(ranked.map(({ metric }) => metric)).toEqual([
      'startup',
      'memory_growth',
      'latency_p999',
      'open_latency_p95',
    ]);
  });

  it('takes three visible rows at most, beside all that gates; the rest is counted and folded', () => {
    const metrics = ['latency_p50', 'latency_p90', 'latency_p95', 'startup', 'cpu_user_per_request'] as const;
    const comment = renderComment(
      view(judged('fail', [OVER, ...metrics.map((metric) => aside(metric, 0.05))])),
    );
    const visible = comment.slice(0, comment.indexOf('<details>'));

    expect(visible.match(/not gated/g)).toHaveLength(3);
    expect(visible).toContain('and 2 more, in the list of all results');
    expect(comment.match(/not gated/g)).toHaveLength(3 + 5);
  });
});

describe('a metric of which more is better', () => {
  const lost = verdict('regressed', -0.06, [-0.07, -0.05], { metric: 'throughput' });

  it('is over its limit when it falls by as much', () => {
    expect([lost, { ...lost, effect: -0.04 }, { ...lost, effect: 0.06 }].map(isOverLimit)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('bounds the change for the worse by the lower end of its interval', () => {
    expect([worseningOf(lost), worstBoundOf(lost)]).toEqual([0.06, 0.07]);
    expect([worseningOf(OVER), worstBoundOf(OVER)]).toEqual([0.06, 0.07]);
  });
});

describe('the result of the first line', () => {
  it('is one that gates, however large another is', () => {
    expect(leadVerdict({ gate: 'fail', verdicts: [ASIDE, OVER] })).toBe(OVER);
  });

  it('is what kept the gate from deciding, when it could not', () => {
    expect(leadVerdict({ gate: 'no-verdict', verdicts: [BELOW, OPEN] })).toBe(OPEN);
  });

  it('is none when nothing gates', () => {
    expect(leadVerdict({ gate: 'no-verdict', verdicts: [ASIDE] })).toBeUndefined();
  });
});

describe('results', () => {
  it('are remarkable when something moved, or when what gates is open', () => {
    const aside = verdict('inconclusive', 0.1, [-0.1, 0.3], { gates: false });

    expect([OVER, BETTER, OPEN, ASIDE, SAME, aside].map(isRemarkable)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('are counted by verdict', () => {
    expect(countVerdicts([OVER, WORST, BETTER, SAME, OPEN])).toEqual({
      worse: 2,
      better: 1,
      unchanged: 1,
      undecided: 1,
    });
  });
});
