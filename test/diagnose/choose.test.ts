import { describe, expect, it } from 'vitest';

import { chooseDiagnosis } from '../../src/diagnose/choose.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { cpuVerdict, slowFunctionConfig, slowFunctionScenario } from '../measure/diagnosis/sides.ts';

const config = slowFunctionConfig({
  scenarios: ['rank', 'b', 'c'].map((name) => slowFunctionScenario({ name })),
});
const names = (verdicts: Verdict[]): string[] =>
  chooseDiagnosis(config, verdicts).map(({ scenario }) => scenario.name);

describe('what is looked at more closely', () => {
  it.each([
    ['nothing that passed', { verdict: 'unchanged' }, 0],
    ['nothing that is faster', { verdict: 'improved', effect: -0.4 }, 0],
    ['nothing undecided', { verdict: 'inconclusive' }, 0],
    ['nothing that does not gate', { threshold: undefined }, 0],
    ['no memory', { metric: 'memory_peak' }, 0],
    ['CPU', {}, 1],
    ['latency', { metric: 'latency_p50' }, 1],
    ['a share over a limit', { metric: 'latency_over_10ms', effectIn: 'absolute' }, 1],
    ['throughput, whose loss is negative', { metric: 'throughput', effect: -0.1 }, 1],
  ] as [string, Partial<Verdict>, number][])('is %s', (_what, changes, count) => {
    expect(names([cpuVerdict(changes)])).toHaveLength(count);
  });

  it('is the instructions alone of an alarm that was not repeated or not raised, after what is confirmed', () => {
    const denied = { pairs: 6, effect: 0.004, held: false };
    const suspected = (changes: Partial<Verdict>): Verdict =>
      cpuVerdict({ scenario: 'b', verdict: 'inconclusive', pairsUsed: 12, pairsWorse: 10, ...changes });
    const plans = (changes: Partial<Verdict>) => chooseDiagnosis(config, [suspected(changes)]);

    expect(plans({ confirmation: denied })).toMatchObject([{ profile: false, instructions: true }]);
    expect(plans({ blocked: 'the control fails' })).toMatchObject([{ profile: false }]);
    expect(plans({ confirmation: denied, pairsWorse: 2 })).toEqual([]);
    expect(plans({ confirmation: denied, metric: 'memory_peak' })).toEqual([]);
    expect(names([suspected({ confirmation: denied }), cpuVerdict({ effect: 0.01 })])).toEqual(['rank', 'b']);
    const profileOnly = { ...config, diagnosis: { profile: true, instructions: false } };
    expect(chooseDiagnosis(profileOnly, [suspected({ confirmation: denied })])).toEqual([]);
  });

  it('is two scenarios at most, the largest change first', () => {
    const verdicts = [
      cpuVerdict({ scenario: 'rank', effect: 0.05 }),
      cpuVerdict({ scenario: 'b', effect: 0.2 }),
      cpuVerdict({ scenario: 'c', effect: 0.1 }),
    ];

    expect(names(verdicts)).toEqual(['b', 'c']);
  });

  it('is each part only as the configuration wants it', () => {
    const of = (profile: boolean, instructions: boolean) =>
      chooseDiagnosis({ ...config, diagnosis: { profile, instructions } }, [cpuVerdict()]);

    expect(of(false, false)).toEqual([]);
    expect(of(true, false)).toMatchObject([{ profile: true, instructions: false }]);
    expect(of(false, true)).toMatchObject([{ profile: false, instructions: true }]);
  });

  it('is no instructions of a service that waits, and says how much of its time is CPU time', () => {
    const waiting = [
      cpuVerdict({ verdict: 'unchanged', headValue: 900 }),
      cpuVerdict({ metric: 'latency_p50', headValue: 9 }),
    ];
    const working = [
      cpuVerdict({ verdict: 'unchanged', headValue: 900 }),
      cpuVerdict({ metric: 'latency_p50', headValue: 1 }),
    ];

    expect(chooseDiagnosis(config, waiting)[0]?.instructions).toMatch(/10 % of a request's time is CPU time/);
    expect(chooseDiagnosis(config, working)[0]?.instructions).toBe(true);
  });
});
