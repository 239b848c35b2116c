import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { candidateShareFor, describeCalibration } from './calibrate.ts';
import { runSecondsFor } from './cannon.ts';
import { readConfigs } from './configs.ts';
import {
  appendRecord,
  type BenchRecord,
  type CalibrationRecord,
  type JobRecord,
  readRecords,
} from './records.ts';
import { reportOf } from './report.ts';
import { rivalFindings } from './rules.ts';
import { planJobs } from './schedule.ts';
import { STRATA } from './strata.ts';
import { layTrees, SERVICE_FOLDER } from './trees.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perf-ci-sensitivity-test-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const START: BenchRecord = {
  type: 'start',
  at: '2026-11-20T15:00:00.000Z',
  seed: 7,
  hours: 1,
  rivalsShare: 0.5,
  only: [],
  machine: '2 × a CPU',
  commit: 'abcdef1',
  runnerVersion: '2',
};
const CALIBRATION: CalibrationRecord = {
  type: 'calibration',
  at: '2026-11-20T15:01:00.000Z',
  candidateShare: 0.25,
  logRatios: [0.16, 0.17, 0.165, 0.164],
  baseCpuUs: 700,
  startupMs: 240,
};

type Verdicts = JobRecord['verdicts'];

function verdict(metric: string, word: Verdicts[number]['verdict'], effect = 0): Verdicts[number] {
  return {
    metric,
    verdict: word,
    gating: true,
    effect,
    lo: effect - 0.01,
    hi: effect + 0.01,
    margin: 0.005,
    pairsUsed: 5,
    pairsDropped: 0,
  };
}

function job(no: number, stratum: string, verdicts: Verdicts, more: Partial<JobRecord> = {}): JobRecord {
  return {
    type: 'job',
    at: `2026-11-20T15:${String(10 + no)}:00.000Z`,
    no,
    stratum,
    seed: no,
    load1: 0.5,
    seconds: 30 + no,
    flags: [],
    pairs: 5,
    confirmPairs: 0,
    pairSeconds: 27.5,
    stop: 'decided',
    logRatios: [0.001, -0.001],
    verdicts,
    notes: [],
    ...more,
  };
}

function cannon(requestsPerSecond: readonly number[]): NonNullable<JobRecord['rivals']>['base'] {
  return requestsPerSecond.map((rate) => {
    return { requestsPerSecond: rate, latencyMeanMs: 10, latencyP99Ms: 20, errors: 0 };
  });
}

const STEADY = [1000, 1001, 999, 1002, 998];

describe('the plan', () => {
  it('has the jobs that were asked for in each round, in an order of the seed', () => {
    const plan = planJobs(STRATA, 7, 2, 0.5);
    for (const { name, jobs } of STRATA)
      expect(plan.filter(({ stratum }) => stratum.name === name)).toHaveLength(2 * jobs);
    expect(plan).toEqual(planJobs(STRATA, 7, 2, 0.5));
    const names = (seed: number): string[] =>
      planJobs(STRATA, seed, 1, 0.5).map(({ stratum }) => stratum.name);
    expect(names(7)).not.toEqual(names(8));
    expect(new Set(plan.map(({ seed }) => seed)).size).toBe(plan.length);
  });

  it('has about the right mix in any prefix, and rivals on their share of it', () => {
    const total = STRATA.reduce((sum, { jobs }) => sum + jobs, 0);
    for (const seed of [1, 2, 3]) {
      const plan = planJobs(STRATA, seed, 1, 0.5);
      for (const length of [20, 50, 100]) {
        const prefix = plan.slice(0, length);
        for (const { name, jobs, hasRivals } of STRATA) {
          const own = prefix.filter(({ stratum }) => stratum.name === name);
          expect(Math.abs(own.length - (length * jobs) / total)).toBeLessThan(3);
          const withRivals = own.filter((planned) => planned.withRivals).length;
          expect(Math.abs(withRivals - (hasRivals ? own.length / 2 : 0))).toBeLessThanOrEqual(0.5);
        }
      }
    }
  });
});

describe('the planted trees', () => {
  it('differ in the digits of one constant', async () => {
    await layTrees(folder, 0.0428);
    const read = (slot: string, name: string): string =>
      readFileSync(join(folder, slot, SERVICE_FOLDER, name), 'utf8');
    expect(read('s0', 'rank.ts')).toBe(read('s1', 'rank.ts'));
    expect(read('s0', 'rank.ts')).toContain('widen(candidates)');
    expect(read('s1', 'beyond.ts')).toBe(read('s0', 'beyond.ts').replace('0.000000', '0.042800'));
    await layTrees(folder, 0);
    expect(read('s1', 'beyond.ts')).toBe(read('s0', 'beyond.ts'));
  });

  it('answer alike: what is looked at beyond is left out', async () => {
    await layTrees(folder, 0.3);
    const ranker = async (
      slot: string,
    ): Promise<{ rank(request: unknown): { ids: number[]; scores: number[] } }> => {
      const { createRanker } = (await import(join(folder, slot, SERVICE_FOLDER, 'rank.ts'))) as {
        createRanker: (seed: number, size: unknown) => never;
      };
      return createRanker(5, { items: 2000, users: 50, clusters: 16 });
    };
    const [base, head] = await Promise.all([ranker('s0'), ranker('s1')]);
    for (let userId = 0; userId < 20; userId += 1) {
      const request = {
        userId,
        k: 20,
        candidates: 100 + userId,
        context: { device: 0, hour: 3, locale: 0, surface: 0 },
      };
      const { ids, scores } = base.rank(request);
      expect(head.rank(request)).toMatchObject({ ids, scores });
      expect(ids).toHaveLength(20);
    }
  });

  it('are as wide as the calibration says', () => {
    // exp(mean(logRatios)) - 1 is 17.91 % for 25 % further candidates.
    expect(candidateShareFor(0.03, CALIBRATION)).toBeCloseTo(0.04188, 4);
    expect(describeCalibration(CALIBRATION)).toContain('25 % further candidates cost 17.91 % more CPU');
    expect(() => candidateShareFor(0.03, { ...CALIBRATION, logRatios: [0.01, 0.01] })).toThrow(RangeError);
  });
});

describe('the configurations', () => {
  it('are this repository’s own, and a careful one in which every defect has its gate', async () => {
    const configs = await readConfigs();
    expect(configs.default.scenarios.map(({ name, gates, budgetMs }) => ({ name, gates, budgetMs }))).toEqual(
      [{ name: 'rank-everyday', gates: [{ metric: 'cpu_per_request', threshold: 0.03 }], budgetMs: 120_000 }],
    );
    const [careful] = configs.careful.scenarios;
    expect(careful?.load.slowLimitsMs).toContain(10);
    for (const { finder, config } of STRATA) {
      if (finder === undefined) continue;
      const gates = configs[config].scenarios.flatMap((scenario) => scenario.gates);
      expect(gates.map(({ metric }) => metric)).toContain(finder);
    }
  });
});

describe('the file', () => {
  it('keeps what was finished when a crash cut off the rest, and can be added to', () => {
    const file = join(folder, 'bench.jsonl');
    expect(readRecords(file)).toEqual([]);
    appendRecord(file, START);
    appendRecord(file, CALIBRATION);
    appendFileSync(file, '{"type":"job","at":"2026');
    expect(readRecords(file)).toEqual([START, CALIBRATION]);
    const next = job(0, 'aa', [verdict('cpu_per_request', 'unchanged')]);
    appendRecord(file, next);
    expect(readRecords(file)).toEqual([START, CALIBRATION, next]);
  });

  it('is refused by line when it is something else', () => {
    const file = join(folder, 'other.jsonl');
    writeFileSync(file, `${JSON.stringify(START)}\n{"type":"job"}\n`);
    expect(() => readRecords(file)).toThrow(/other\.jsonl, line 2/);
    expect(existsSync(file)).toBe(true);
  });
});

describe('autocannon', () => {
  it.each([
    [10, 2],
    [28, 2],
    [36, 3],
    [60, 5],
    [75, 7],
    [500, 12],
  ])('gets ten runs within %d s: %d s each', (seconds, each) => {
    expect(runSecondsFor(seconds)).toBe(each);
  });
});

describe('the report', () => {
  const rivals = (head: number[]): Partial<JobRecord> => ({
    rivals: { seconds: 31, runSeconds: 3, base: cannon(STEADY), head: cannon(head) },
  });
  const slower = STEADY.map((rate) => rate * 0.97);
  const jobs = [
    ...Array.from({ length: 6 }, (_, no) =>
      job(no, 'aa', [verdict('cpu_per_request', 'unchanged')], rivals(STEADY)),
    ),
    job(6, 'aa', [verdict('cpu_per_request', 'regressed', 0.02)]),
    job(7, 'cpu-3', [verdict('cpu_per_request', 'regressed', 0.031)], {
      pairs: 11,
      logRatios: [0.03, 0.031],
      ...rivals(slower),
    }),
    job(8, 'cpu-3', [verdict('cpu_per_request', 'inconclusive', 0.02)], {
      seconds: 120,
      stop: 'budget',
      logRatios: [],
    }),
    job(9, 'stall', [
      verdict('cpu_per_request', 'unchanged'),
      verdict('latency_over_10ms', 'regressed', 0.01),
    ]),
    job(10, 'cpu-1', [verdict('cpu_per_request', 'unchanged', 0.01)]),
  ];
  const failed: BenchRecord = {
    type: 'failed-job',
    at: '2026-11-20T16:00:00.000Z',
    no: 11,
    stratum: 'aa',
    error: 'the runner ended',
  };
  const report = reportOf([START, CALIBRATION, ...jobs, failed]);

  it('counts alarms, finds and undecided jobs with exact intervals', () => {
    expect(report).toMatch(
      /\| nothing \| default \| 7 \| - \| 1\/7 \(0-58 %\) \| 0 \| 5\.0 \| 33 \/ 36 \/ 36 \|/,
    );
    expect(report).toMatch(/\| CPU \+3 % \| default \| 2 \| 1\/2 \(1-99 %\) \| 0 \| 1 \| 8\.0 \|/);
    expect(report).toContain('CPU +3.10 % ± 0.05 (2 pairs)');
    expect(report).toMatch(/\| 1 % of answers \+20 ms \| careful \| 1 \| 1\/1/);
    expect(report).toContain('found in 1 of 2, 1 of them within 60 s');
    expect(report).toContain('1 in 7 (default), 0 in 0 (careful)');
  });

  it('puts the rivals beside it, on the same jobs', () => {
    expect(report).toContain('| **perf-ci**, same jobs | as gated | 0/6 | 1/1 |');
    expect(report).toContain('| 5 runs each, Welch .05 | requests/s | 0/6 | 1/1 |');
    expect(report).toContain('| autocannon base then head, 10 % | requests/s | 0/6 | 0/1 |');
    expect(report).toContain('| github-action-benchmark 200 % | requests/s | 0/6 | 0/1 |');
    // Of six jobs without a plant five were history first.
    expect(report).toContain('| Bencher, t-test .99 on history | requests/s | 0/1 |');
  });

  it('names the jobs that went wrong, and none that went right', () => {
    expect(report).toContain('job 6 (aa), 5 pairs, 36 s');
    expect(report).toContain('job 8 (cpu-3)');
    expect(report).toContain('stopped: budget: cpu_per_request inconclusive +2.00 % [+1.00 %, +3.00 %]');
    expect(report).toContain('job 11 (aa) gave nothing: the runner ended');
    for (const no of [0, 7, 9, 10]) expect(report).not.toContain(`job ${no} (`);
  });

  it('says so when there is nothing', () => {
    expect(reportOf([])).toBe('nothing was measured');
    expect(reportOf([START])).toContain('seed 7');
  });

  it('gives the p99 rules no number that autocannon rounded away', () => {
    const zero = cannon(STEADY).map((run) => ({ ...run, latencyP99Ms: 0 }));
    const findings = rivalFindings([
      job(0, 'aa', [], { rivals: { seconds: 31, runSeconds: 3, base: zero, head: zero } }),
    ]);
    expect(findings.some(({ figure }) => figure === 'p99')).toBe(false);
    expect(findings.some(({ figure }) => figure === 'requests/s')).toBe(true);
  });
});
