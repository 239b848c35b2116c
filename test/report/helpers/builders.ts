import type { ProfileDifference, SecondOpinion } from '../../../src/domain/diagnosis.ts';
import type { MetricName } from '../../../src/domain/metric.ts';
import type { Run, RunResult } from '../../../src/domain/run.ts';
import type { Environment } from '../../../src/domain/trial.ts';
import type { Gate, Verdict, VerdictWord } from '../../../src/domain/verdict.ts';
import type { FailedResult, JudgedResult, RunView } from '../../../src/report/view.ts';

export const BASE = 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334';
export const HEAD = '9f8e7d6c5b4a39281706f5e4d3c2b1a000ffeedd';

export const ENVIRONMENT: Environment = {
  fingerprint: 'f00dfeed'.repeat(8),
  machineId: 'bm-1',
  cpuModel: 'AMD EPYC 7763 64-Core Processor',
  cpuCount: 2,
  memoryBytes: 24 * 1024 ** 3,
  kernel: '6.18.1',
  architecture: 'x64',
  nodeVersion: 'v24.21.0',
  libc: 'glibc 2.36',
  hugePages: 'madvise',
  malloc: 'huge-pages',
  pinning: 'services cpu1, generator cpu0',
  sandboxTier: 'none',
  cpuSource: 'schedstat',
  runnerVersion: '0.1.0',
};

/** A verdict on `rank-200`, CPU per request, that gates at 5 %. */
export function verdict(
  word: VerdictWord,
  effect: number,
  bounds: [number, number],
  more: Partial<Verdict> & { gates?: number | false; metric?: MetricName } = {},
): Verdict {
  const { gates = 0.05, ...rest } = more;
  return {
    scenario: 'rank-200',
    metric: 'cpu_per_request',
    verdict: word,
    effect,
    interval: { lo: bounds[0], hi: bounds[1], level: 0.95, method: 'hodges-lehmann' },
    margin: 0.005,
    ...(gates === false ? {} : { threshold: gates }),
    baseValue: 3_100,
    headValue: 3_100 * (1 + effect),
    pairsUsed: 12,
    pairsDropped: 0,
    pairsWorse: effect > 0 ? 12 : 0,
    smallestVisible: 0.024,
    analysisVersion: 1,
    ...rest,
  };
}

/** What a verdict in the metric's own unit has instead of shares. */
export function absolute(
  word: VerdictWord,
  effect: number,
  bounds: [number, number],
  more: Parameters<typeof verdict>[3] = {},
): Verdict {
  return verdict(word, effect, bounds, { effectIn: 'absolute', gates: false, ...more });
}

export const PROFILE: ProfileDifference = {
  scenario: 'rank-200',
  state: 'profiled',
  profiler: 'v8',
  requests: 4_000,
  frames: [
    { name: 'scoreCandidates', file: 'src/score.ts', line: 12, baseUs: 1_720, headUs: 1_910, touched: true },
    { name: 'stringify', file: '', baseUs: 110, headUs: 140, touched: false },
    { name: 'recallCandidates', file: 'src/recall.ts', line: 15, baseUs: 410, headUs: 402.5, touched: false },
    { name: '', file: 'node:internal/streams', line: 3, baseUs: 0, headUs: 0.84, touched: false },
  ],
  wallMs: 11_000,
};

export const COUNTED: SecondOpinion = {
  scenario: 'rank-200',
  state: 'counted',
  basePerRequest: 9_100_000,
  headPerRequest: 9_782_500,
  change: 0.075,
  wallMs: 41_000,
};

export const REGRESSED = verdict('regressed', 0.077, [0.068, 0.085], {
  confirmation: { pairs: 6, effect: 0.074, held: true },
});

export function judged(gate: Gate, verdicts: Verdict[], more: Partial<JudgedResult> = {}): JudgedResult {
  return {
    kind: 'judged',
    gate,
    verdicts,
    answers: [{ scenario: 'rank-200', comparison: { compared: 500, different: 0 } }],
    notes: [],
    environment: ENVIRONMENT,
    baseSha: BASE,
    headSha: HEAD,
    commitsBehind: 3,
    pairsTotal: 18,
    seed: 42,
    ...more,
  };
}

export function failed(blame: FailedResult['blame'], more: Partial<FailedResult> = {}): FailedResult {
  return {
    kind: 'failed',
    blame,
    phase: 'building',
    code: 'build-failed',
    message: 'npm run build: expected exit code 0, found 2',
    ...more,
  };
}

export function run(more: Partial<Run> = {}): Run {
  return {
    id: '6f1c2b3a-0000-4000-8000-00000000002a',
    sequence: '42',
    kind: 'pull_request',
    installationId: '7',
    repoId: '1001',
    repoFullName: 'acme/ranking',
    pullNumber: 17,
    headSha: HEAD,
    baseSha: BASE,
    baseRef: 'main',
    headRef: 'faster-scores',
    fromFork: false,
    rerunNumber: 0,
    priority: 10,
    actor: { id: '5', login: 'ada' },
    pool: 'default',
    state: 'reporting',
    attempt: 1,
    leaseEpoch: '1',
    mergeBaseSha: BASE,
    createdAt: new Date('2026-01-02T03:04:05Z'),
    ...more,
  };
}

export function view(result?: RunResult, more: Partial<RunView> & { state?: Run['state'] } = {}): RunView {
  const { state, ...rest } = more;
  return {
    run: run(state === undefined ? {} : { state }),
    ...(result === undefined ? {} : { result }),
    urls: {},
    ...rest,
  };
}
