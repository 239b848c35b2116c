import { describe, expect, it } from 'vitest';
import { followGate } from '../../src/analyse/gate-progress.ts';
import { judgeScenario } from '../../src/analyse/judge.ts';
import { CONTROL_JOBS_NEEDED, marginFor } from '../../src/analyse/margin.ts';
import { nextStep } from '../../src/analyse/next-step.ts';
import { siftPairs } from '../../src/analyse/pairs.ts';
import type { ControlStanding } from '../../src/domain/control.ts';
import { metricOf } from '../../src/domain/metric.ts';
import type { Pair, Trial } from '../../src/domain/trial.ts';
import { evenly, pair, pairsWith } from './builders.ts';
import { CPU_GATE } from './jobs.ts';

const CPU = metricOf('cpu_per_request');
const LIMITS = { margin: 0.005, minEffect: 0.01 };

function standing(changes: Partial<ControlStanding> = {}): ControlStanding {
  return {
    scenario: 'everyday',
    metric: 'cpu_per_request',
    jobs: 20,
    bias: 0,
    falseAlarms: 0,
    planted: [],
    ...changes,
  };
}

function kept(pairs: readonly Pair[]) {
  return siftPairs(pairs).kept;
}

describe('marginFor', () => {
  const quiet = kept(pairsWith(evenly(10, 0, 0.005)));

  it('is the floor of the metric on a kind host', () => {
    expect(marginFor({ metric: CPU, limits: LIMITS, kept: quiet })).toEqual({ margin: 0.005, why: [] });
    expect(marginFor({ metric: CPU, limits: LIMITS, kept: [] }).margin).toBe(0.005);
  });

  it('is twice the bias of the standing control where that is more, in either direction', () => {
    const at = (bias: number, jobs = 20) =>
      marginFor({ metric: CPU, limits: LIMITS, kept: quiet, standing: standing({ bias, jobs }) });

    expect(at(Math.log(1.004)).margin).toBeCloseTo(0.008, 9);
    expect(at(Math.log(0.996)).margin).toBeCloseTo(0.008, 9);
    expect(at(0.001)).toEqual({ margin: 0.005, why: [] });
    expect(at(0.004).why).toEqual([
      'the standing control is off by 0.40 % on the same code: margin twice that',
    ]);
    expect(at(0.004, CONTROL_JOBS_NEEDED - 1).margin).toBe(0.005);
  });

  it('doubles when other guests took CPU time in most pairs, not when one pair met them', () => {
    const stolen = (shares: number[]) =>
      quiet.map((working, at) => ({ ...working, pair: { ...working.pair, stealShare: shares[at] ?? 0 } }));
    const at = (shares: number[]) => marginFor({ metric: CPU, limits: LIMITS, kept: stolen(shares) });

    expect(at(quiet.map(() => 0.03))).toEqual({
      margin: 0.01,
      why: ['other guests of the hypervisor took 3.00 % of the CPU time: margin doubled'],
    });
    expect(at([0.3])).toEqual({ margin: 0.005, why: [] });
  });

  it('doubles for a host with reasons against it, once, and names each', () => {
    const found = marginFor({
      metric: CPU,
      limits: LIMITS,
      kept: quiet,
      host: { flags: ['services and load generator share their CPUs', 'a busy machine'] },
    });

    expect(found).toEqual({
      margin: 0.01,
      why: ['services and load generator share their CPUs; a busy machine: margin doubled'],
    });
  });

  it('doubles when pairs differ by more than 2 %, from eight pairs on', () => {
    const noisy = pairsWith(evenly(8, 0, 0.05));

    expect(marginFor({ metric: CPU, limits: LIMITS, kept: kept(noisy) }).margin).toBe(0.01);
    expect(marginFor({ metric: CPU, limits: LIMITS, kept: kept(noisy.slice(0, 7)) }).margin).toBe(0.005);
  });

  it('adds a step of a coarse CPU clock', () => {
    const by = (cpuSource: Trial['cpuSource']) =>
      marginFor({
        metric: CPU,
        limits: LIMITS,
        kept: kept([1, 2, 3].map((pairNo) => pair({ pairNo, base: { cpuSource }, head: { cpuSource } }))),
      });

    expect(by('ticks').margin).toBeCloseTo(0.015, 9);
    expect(by('ticks').why).toEqual([
      'CPU time is counted in steps of 10 ms, 1.00 % of what a pair used: margin wider by that',
    ]);
    expect(by('rusage').margin).toBe(0.005);
    const later = pair({ pairNo: 2, base: { cpuSource: 'ticks' }, head: { cpuSource: 'ticks' } });
    const mixed = kept([pair({ pairNo: 1 }), later]);
    expect(marginFor({ metric: CPU, limits: LIMITS, kept: mixed }).margin).toBeCloseTo(0.015, 9);
    expect(marginFor({ metric: metricOf('startup'), limits: LIMITS, kept: quiet }).margin).toBe(0.005);
  });

  it('favours no side: base and head exchanged give the same margin', () => {
    const ratios = evenly(9, 0.03, 0.06);
    const margin = (values: readonly number[]) =>
      marginFor({ metric: CPU, limits: LIMITS, kept: kept(pairsWith(values)) }).margin;

    expect(margin(ratios.map((ratio) => -ratio))).toBe(margin(ratios));
  });
});

describe('what the surroundings change', () => {
  const slightly = pairsWith(evenly(5, 0.012, 0.001));

  it('is the same for the live stop and for the verdict', () => {
    const around = { controls: [standing({ bias: 0.006 })] };
    const state = { pairs: slightly, gates: [CPU_GATE], elapsedMs: 0, budgetMs: 600_000 };

    expect(nextStep(state)).toEqual({ kind: 'pair', stage: 'confirm' });
    expect(nextStep({ ...state, ...around })).toEqual({ kind: 'stop', why: 'decided' });
    const [verdict] = judgeScenario({ scenario: 'everyday', gates: [CPU_GATE], pairs: slightly, ...around });
    expect(verdict).toMatchObject({ verdict: 'unchanged', marginWhy: [expect.stringContaining('off by')] });
  });

  it('is nothing when the control is of another scenario or metric', () => {
    const others = [standing({ bias: 0.1, scenario: 'nightly' }), standing({ bias: 0.1, metric: 'startup' })];

    expect(followGate(slightly, CPU_GATE, 1, { controls: others }).rule.limits.margin).toBe(0.005);
  });

  it('turns an alarm into inconclusive, and says why, while the control fails', () => {
    const blocked = 'two of twenty same-code jobs were called regressed';
    const controls = [standing({ blocked })];
    const judge = (effect: number) =>
      judgeScenario({
        scenario: 'everyday',
        gates: [CPU_GATE],
        pairs: [...pairsWith(evenly(5, effect, 0.004)), ...pairsWith(evenly(4, effect, 0.004), 'confirm', 6)],
        controls,
      })[0];

    expect(judge(0.05)).toMatchObject({
      verdict: 'inconclusive',
      blocked,
      confirmation: { held: true },
    });
    expect(judge(0)).toMatchObject({ verdict: 'unchanged' });
    expect(judge(0)).not.toHaveProperty('blocked');
  });
});
