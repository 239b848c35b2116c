import { createHash } from 'node:crypto';
import type { RunRequest } from '../../src/domain/run.ts';
import type { Environment, Pair, Side, Trial, TrialFailure, TrialOutcome } from '../../src/domain/trial.ts';
import type { Verdict, VerdictWord } from '../../src/domain/verdict.ts';

/** A commit id that is always the same for the same word: `sha('fast')` names one commit in a test. */
export function sha(word: string): string {
  return createHash('sha1').update(word).digest('hex');
}

/** `aPullRequest(7).withHead('slow').rerun(1).request()` tells which run is asked for. */
export function aPullRequest(pullNumber: number): RunStory {
  return new RunStory({
    kind: 'pull_request',
    installationId: '900',
    repoId: '5001',
    repoFullName: 'acme/ranking',
    pullNumber,
    headSha: sha(`head of ${pullNumber}`),
    baseSha: sha('main'),
    baseRef: 'main',
    headRef: `topic-${pullNumber}`,
    fromFork: false,
    rerunNumber: 0,
    priority: 10,
    actor: { id: '42', login: 'ada' },
  });
}

/** A push to the default branch that made the commit `sha(head)`. */
export function aPush(head: string): RunStory {
  const { pullNumber: _, ...request } = aPullRequest(0).request();
  return new RunStory({
    ...request,
    kind: 'push',
    headSha: sha(head),
    headRef: 'main',
    priority: 50,
  });
}

/** The commit `sha(commit)` against itself, with nothing planted. */
export function aControl(commit: string): RunStory {
  const { pullNumber: _, ...request } = aPullRequest(0).request();
  return new RunStory({
    ...request,
    kind: 'control',
    headSha: sha(commit),
    baseSha: sha(commit),
    headRef: 'main',
    priority: 90,
    plant: { kind: 'none' },
  });
}

/** A run request that grows word by word; every word gives a new story. */
export class RunStory {
  readonly #request: RunRequest;

  constructor(request: RunRequest) {
    this.#request = request;
  }

  withHead(word: string): RunStory {
    return this.with({ headSha: sha(word) });
  }

  rerun(rerunNumber: number): RunStory {
    return this.with({ rerunNumber });
  }

  fromFork(): RunStory {
    return this.with({ fromFork: true });
  }

  inRepository(repoId: string, repoFullName: string): RunStory {
    return this.with({ repoId, repoFullName });
  }

  by(login: string, id: string): RunStory {
    return this.with({ actor: { id, login } });
  }

  with(changes: Partial<RunRequest>): RunStory {
    return new RunStory({ ...this.#request, ...changes });
  }

  request(): RunRequest {
    return { ...this.#request };
  }
}

/** A trial in which a request took `cpuUsPerRequest`. */
export function aTrial(cpuUsPerRequest = 100, changes: Partial<Trial> = {}): TrialOutcome {
  const requests = changes.requests ?? 500;
  return {
    state: 'ok',
    trial: {
      startupMs: 81.5,
      requests,
      cpuUs: cpuUsPerRequest * requests,
      cpuSource: 'schedstat',
      latencyMs: { mean: 1.25, p50: 1.2, p90: 1.5, p99: 2.75, max: 9.125 },
      histogram: Buffer.from('a histogram').toString('base64'),
      memoryPeakBytes: 98_765_432,
      ...changes,
    },
  };
}

/** A side that gave no trial. */
export function aFailedTrial(kind: TrialFailure['kind'], outputTail = ''): TrialOutcome {
  return {
    state: 'failed',
    failure: { kind, message: 'expected a 2xx answer, found none', outputTail },
  };
}

/** The `pairNo`th pair of a scenario; `head` costs `ratio` times as much as base. */
export function aPair(pairNo: number, ratio = 1, changes: Partial<Pair> = {}): Pair {
  const first: Side = pairNo % 2 === 0 ? 'head' : 'base';
  return {
    scenario: 'everyday mix',
    pairNo,
    stage: 'explore',
    seed: 1000 + pairNo,
    first,
    startedAt: '2026-03-04T05:06:07.890Z',
    wallMs: 4100.5,
    base: aTrial(100),
    head: aTrial(100 * ratio),
    answers: { compared: 20, different: 0 },
    ...changes,
  };
}

/** The machine on which tests are said to have measured. */
export function anEnvironment(changes: Partial<Environment> = {}): Environment {
  return {
    fingerprint: sha('machine').padEnd(64, '0'),
    machineId: 'machine-1',
    cpuModel: 'Test CPU @ 3.0 GHz',
    cpuCount: 2,
    memoryBytes: 8_589_934_592,
    kernel: '6.1.0',
    architecture: 'x64',
    nodeVersion: 'v24.0.0',
    libc: 'glibc 2.36',
    hugePages: 'madvise',
    malloc: 'default',
    pinning: 'server 1, client 0',
    sandboxTier: 'none',
    cpuSource: 'schedstat',
    runnerVersion: '0.1.0',
    ...changes,
  };
}

/** A verdict on CPU per request. */
export function aVerdict(word: VerdictWord, changes: Partial<Verdict> = {}): Verdict {
  const effect = { regressed: 0.05, improved: -0.05, unchanged: 0.001, inconclusive: 0.02 }[word];
  return {
    scenario: 'everyday mix',
    metric: 'cpu_per_request',
    verdict: word,
    effect,
    interval: { lo: effect - 0.01, hi: effect + 0.01, level: 0.95, method: 'test' },
    margin: 0.01,
    threshold: 0.03,
    baseValue: 100,
    headValue: 100 * (1 + effect),
    pairsUsed: 24,
    pairsDropped: 1,
    pairsWorse: 22,
    analysisVersion: 1,
    ...changes,
  };
}
