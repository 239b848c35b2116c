import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideGate } from '../../src/analyse/policy.ts';
import type { Verdict, VerdictWord } from '../../src/domain/verdict.ts';

function verdict(word: VerdictWord, changes: Partial<Verdict> = {}): Verdict {
  return {
    scenario: 'everyday',
    metric: 'cpu_per_request',
    verdict: word,
    effect: 0,
    margin: 0.005,
    threshold: 0.03,
    pairsUsed: 11,
    pairsDropped: 0,
    pairsWorse: 11,
    analysisVersion: 1,
    ...changes,
  };
}

function informing(word: VerdictWord): Verdict {
  const { threshold: _, ...rest } = verdict(word, { metric: 'latency_p99', effect: 0.5 });
  return rest;
}

const SLOWER = verdict('regressed', { effect: 0.05 });
const SLIGHTLY = verdict('regressed', { effect: 0.02 });

describe('decideGate', () => {
  it.each([
    {
      what: 'a regression at the threshold',
      verdicts: [verdict('regressed', { effect: 0.03 })],
      gate: 'fail',
    },
    { what: 'a regression below it', verdicts: [SLIGHTLY], gate: 'warn' },
    { what: 'no change', verdicts: [verdict('unchanged')], gate: 'pass' },
    { what: 'an improvement', verdicts: [verdict('improved', { effect: -0.1 })], gate: 'pass' },
    { what: 'an inconclusive metric', verdicts: [verdict('inconclusive')], gate: 'no-verdict' },
    { what: 'a regression beside it', verdicts: [verdict('inconclusive'), SLOWER], gate: 'fail' },
    {
      what: 'a small regression beside it',
      verdicts: [SLIGHTLY, verdict('inconclusive')],
      gate: 'no-verdict',
    },
    {
      what: 'metrics that only inform',
      verdicts: [verdict('unchanged'), informing('regressed')],
      gate: 'pass',
    },
    { what: 'nothing that gates', verdicts: [informing('unchanged')], gate: 'no-verdict' },
    { what: 'nothing at all', verdicts: [], gate: 'no-verdict' },
  ])('says $gate of $what', ({ verdicts, gate }) => {
    expect(decideGate(verdicts).gate).toBe(gate);
  });

  it('gives one reason for each gating verdict', () => {
    const { reasons } = decideGate([
      SLOWER,
      SLIGHTLY,
      verdict('unchanged'),
      verdict('improved', { effect: -0.041 }),
    ]);

    expect(reasons.map(({ gate, reason }) => `${gate}: ${reason}`)).toEqual([
      'fail: worse by 5.0 %, limit 3.0 %',
      'warn: worse by 2.0 %, within the limit of 3.0 %',
      'pass: no increase of 3.0 % or more',
      'pass: better by 4.1 %',
    ]);
  });

  it('tells apart why a metric is inconclusive', () => {
    const { effect: _, ...empty } = verdict('inconclusive');
    const range = (lo: number, hi: number) => ({ interval: { lo, hi, level: 0.95, method: 'any' } });
    const held = { effect: 0.001, held: false };
    const reasons = decideGate([
      empty,
      verdict('inconclusive', range(-0.01, 0.04)),
      verdict('inconclusive', { ...range(0.02, 0.06), confirmation: { pairs: 6, ...held } }),
      verdict('inconclusive', { ...range(0.02, 0.06), confirmation: { pairs: 2, ...held } }),
      verdict('inconclusive', range(0.02, 0.06)),
      verdict('inconclusive', range(-0.06, -0.02)),
    ]).reasons.map(({ reason }) => reason);

    expect(reasons).toEqual([
      'no pair could be used',
      'the measured range holds both a pass and a fail',
      'an alarm was not repeated by 6 fresh pairs',
      'an alarm could not be checked within the budget',
      'an alarm could not be checked within the budget',
      'an alarm could not be checked within the budget',
    ]);
  });

  it('never passes when a gating metric is inconclusive or regressed', () => {
    const word = fc.constantFrom<VerdictWord>('regressed', 'improved', 'unchanged', 'inconclusive');
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const clean = words.length > 0 && words.every((each) => each === 'improved' || each === 'unchanged');

        expect(decideGate(words.map((each) => verdict(each))).gate === 'pass').toBe(clean);
      }),
    );
  });
});
