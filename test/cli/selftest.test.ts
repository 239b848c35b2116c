import { describe, expect, it } from 'vitest';

import { findingOf, type JobFinding } from '../../src/cli/selftest/findings.ts';
import { describeSelftest, exitCodeOfSelftest, reportSelftest } from '../../src/cli/selftest/findings.ts';
import { settingFor } from '../../src/cli/selftest/gates.ts';
import { planSelftest } from '../../src/cli/selftest/plan.ts';
import type { GateSpec, ProjectConfig, Scenario } from '../../src/domain/benchmark.ts';
import type { Plant } from '../../src/domain/control.ts';
import type { MetricName } from '../../src/domain/metric.ts';
import type { Verdict, VerdictWord } from '../../src/domain/verdict.ts';
import { parsePlant } from '../../src/measure/plant/words.ts';
import { perfCi } from './helpers.ts';

const NOTHING: Plant = { kind: 'none' };
const CPU = [parsePlant('cpu:2'), parsePlant('cpu:3'), parsePlant('cpu:5')];
const STALL = parsePlant('stall');
const CPU_GATE: GateSpec = { metric: 'cpu_per_request', threshold: 0.03 };

function scenario(name: string, more: Partial<Scenario> = {}): Scenario {
  return {
    name,
    requests: [{ method: 'GET', path: '/', headers: {} }],
    load: { warmUpMs: 1, warmUpRequests: 1, connections: 1, measuredMs: 1, requestTimeoutMs: 1 },
    gates: [CPU_GATE],
    budgetMs: 1000,
    ...more,
  };
}

function configOf(scenarios: Scenario[], start = ['node', 'server.mjs']): ProjectConfig {
  return {
    version: 1,
    service: {
      directory: '',
      build: [],
      buildTimeoutMs: 1,
      start,
      port: 'auto',
      readyPath: '/',
      readyTimeoutMs: 1,
      env: {},
      hugePages: true,
    },
    scenarios,
    paths: { include: [], ignore: [] },
    answers: { ignoreKeys: [], sample: 1 },
    pool: 'default',
  };
}

function verdict(metric: MetricName, word: VerdictWord, more: Partial<Verdict> = {}): Verdict {
  return {
    scenario: 's',
    metric,
    verdict: word,
    margin: 0.005,
    threshold: 0.03,
    pairsUsed: 5,
    pairsDropped: 0,
    pairsWorse: 2,
    analysisVersion: 2,
    ...more,
  };
}

describe('the plan of a selftest', () => {
  it('plants in half of the jobs, every plant about equally often, in an order of the seed', () => {
    const plants = [...CPU, STALL];
    const jobs = planSelftest(plants, 40, 7);
    expect(jobs).toHaveLength(40);
    expect(jobs.filter(({ plant }) => plant.kind === 'none')).toHaveLength(20);
    for (const plant of plants) expect(jobs.filter((job) => job.plant === plant)).toHaveLength(5);
    expect(jobs).toEqual(planSelftest(plants, 40, 7));
    expect(jobs).not.toEqual(planSelftest(plants, 40, 8));
    expect(new Set(jobs.map(({ seed }) => seed)).size).toBe(40);
  });

  it('goes on when nothing is to be planted', () => {
    expect(planSelftest([], 3, 1).map(({ plant }) => plant)).toEqual([NOTHING, NOTHING, NOTHING]);
  });
});

describe('what a selftest is judged by', () => {
  it('is the configuration’s own where its gates can see the plants', () => {
    const {
      scenario: chosen,
      added,
      config,
    } = settingFor(configOf([scenario('floor', { gates: [] }), scenario('main')]), CPU, undefined);
    expect(chosen.name).toBe('main');
    expect(chosen.gates).toEqual([CPU_GATE]);
    expect(config.scenarios).toEqual([chosen]);
    expect(added).toEqual([]);
  });

  it('gets a gate for what no gate could see, in every job', () => {
    const { scenario: chosen, added } = settingFor(configOf([scenario('main')]), [...CPU, STALL], undefined);
    expect(added).toEqual([{ metric: 'latency_over_10ms', threshold: 0.005 }]);
    expect(chosen.gates).toEqual([CPU_GATE, ...added]);
    expect(chosen.load.slowLimitsMs).toEqual([10]);
  });

  it('takes a gate on slow answers that the stall passes, and only such a one', () => {
    const load = { ...scenario('x').load, slowLimitsMs: [15] };
    const own: GateSpec = { metric: 'latency_over_15ms', threshold: 0.01 };
    const gates = [CPU_GATE, own];
    const setting = settingFor(configOf([scenario('main', { gates, load })]), [STALL], undefined);
    expect(setting.added).toEqual([]);
    const late = settingFor(
      configOf([scenario('main', { gates: [{ metric: 'latency_over_20ms', threshold: 0.01 }] })]),
      [STALL],
      undefined,
    );
    expect(late.added).toEqual([{ metric: 'latency_over_10ms', threshold: 0.005 }]);
    expect(late.scenario.load.slowLimitsMs).toEqual([20, 10]);
  });

  it('asks the memory of a service that is not Node in the way that it has', () => {
    const leak = [parsePlant('leak')];
    const metric = (start: string[]): string | undefined =>
      settingFor(configOf([scenario('main')], start), leak, undefined).added[0]?.metric;
    expect(metric(['node', 'x.js'])).toBe('memory_after_gc');
    expect(metric(['./server'])).toBe('memory_peak');
  });

  it('refuses a scenario that there is not, and one in which nothing can be planted', () => {
    const config = configOf([scenario('batch', { kind: 'command' }), scenario('main')]);
    expect(settingFor(config, CPU, undefined).scenario.name).toBe('main');
    expect(() => settingFor(config, CPU, 'other')).toThrow('no scenario other; there are: batch, main');
    expect(() => settingFor(config, CPU, 'batch')).toThrow('a command answers no requests');
  });
});

describe('a job of a selftest', () => {
  const cost = { seconds: 30, pairs: 5 };

  it('is found when the planted metric regressed, whatever else did', () => {
    expect(findingOf(CPU[1]!, [verdict('cpu_per_request', 'regressed')], cost).found).toBe(true);
    const stalled = [verdict('cpu_per_request', 'unchanged'), verdict('latency_over_10ms', 'regressed')];
    expect(findingOf(STALL, stalled, cost)).toMatchObject({
      found: true,
      falseAlarm: false,
      undecided: false,
    });
    const other = [verdict('cpu_per_request', 'regressed'), verdict('latency_over_10ms', 'unchanged')];
    expect(findingOf(STALL, other, cost)).toMatchObject({ found: false, falseAlarm: false });
  });

  it('cries wolf when a gating metric was called and nothing was planted', () => {
    for (const word of ['regressed', 'improved'] as const)
      expect(findingOf(NOTHING, [verdict('cpu_per_request', word)], cost).falseAlarm).toBe(true);
    const { threshold: _gate, ...shown } = verdict('latency_p99', 'regressed');
    const quiet = [verdict('cpu_per_request', 'unchanged', { smallestVisible: 0.009 }), shown];
    expect(findingOf(NOTHING, quiet, cost)).toEqual({
      plant: NOTHING,
      found: false,
      falseAlarm: false,
      undecided: false,
      smallestVisible: 0.009,
      ...cost,
    });
  });

  it('is undecided when it is neither', () => {
    expect(findingOf(CPU[0]!, [verdict('cpu_per_request', 'inconclusive')], cost)).toMatchObject({
      found: false,
      undecided: true,
    });
  });
});

describe('the report of a selftest', () => {
  const about = { scenario: 'main', seed: 7, gates: [{ ...CPU_GATE, added: false }] };
  const finding = (plant: Plant, more: Partial<JobFinding> = {}): JobFinding => {
    return {
      plant,
      found: plant.kind !== 'none',
      falseAlarm: false,
      undecided: false,
      seconds: 40,
      pairs: 6,
      ...more,
    };
  };
  const times = (count: number, job: JobFinding): JobFinding[] => Array.from({ length: count }, () => job);

  it('ends with the sentence of how good this installation is', () => {
    const jobs = [
      ...times(98, finding(CPU[1]!)),
      ...times(2, finding(CPU[1]!, { found: false, undecided: true, seconds: 120 })),
      ...times(100, finding(NOTHING, { smallestVisible: 0.011 })),
    ];
    const report = reportSelftest(about, [CPU[1]!], jobs, []);
    expect(report.sentence).toBe('this installation finds 3 % in 98 of 100, and cried wolf 0 of 100');
    expect(describeSelftest(report).split('\n')).toEqual([
      'scenario main, gates cpu_per_request 3 %, seed 7',
      'nothing planted: cried wolf 0 of 100 (95 %: 0 % to 3.6 %)',
      '3 % CPU: found 98 of 100 (95 %: 93 % to 99.8 %), undecided 2',
      'smallest visible change of CPU per request: 1.1 % (median of the jobs)',
      'a job takes 40 s (median; longest 120 s)',
      report.sentence,
    ]);
    expect(exitCodeOfSelftest(report)).toBe(1);
  });

  it('names every plant that was tried, and those that were not on a line of their own', () => {
    const jobs = [finding(CPU[0]!), finding(CPU[2]!), finding(STALL), finding(NOTHING)];
    const report = reportSelftest(about, [...CPU, STALL], jobs, ['the runner ended']);
    expect(report.sentence).toBe(
      'this installation finds 2 % in 1 of 1, 5 % in 1 of 1 and a stall in 1 of 1, and cried wolf 0 of 1',
    );
    expect(describeSelftest(report)).toContain('3 % CPU: found not tried');
    expect(describeSelftest(report)).toContain('a job gave no verdict: the runner ended');
    expect(exitCodeOfSelftest(report)).toBe(0);
  });

  it.each<[string, JobFinding[], number]>([
    ['nothing measured', [], 2],
    ['all quiet', [finding(NOTHING)], 0],
    ['a false alarm', [finding(NOTHING, { falseAlarm: true }), finding(CPU[1]!)], 1],
    ['2 % missed, which it may be', [finding(NOTHING), finding(CPU[0]!, { found: false })], 0],
    ['3 % missed', [finding(NOTHING), finding(CPU[1]!, { found: false })], 1],
    ['a stall missed', [finding(NOTHING), finding(STALL, { found: false })], 0],
  ])('%s', (_what, jobs, code) => {
    expect(exitCodeOfSelftest(reportSelftest(about, [...CPU, STALL], jobs, []))).toBe(code);
  });
});

describe('perf-ci selftest', () => {
  it.each([
    [['--plants', 'cpu:3,fire'], 'expected a plant such as'],
    [['--jobs', '1.5'], '--jobs: expected a whole number above 0'],
    [['--hours', '0'], '--hours: expected a number above 0'],
    [['--seed', '-1'], '--seed'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr, stdout } = await perfCi(['selftest', ...args], { cwd: '/' });
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(3);
  });
});
