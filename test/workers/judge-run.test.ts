import { describe, expect, it } from 'vitest';

import type { ProjectConfig, Scenario } from '../../src/domain/benchmark.ts';
import type { RunResult } from '../../src/domain/run.ts';
import type { Pair, TrialFailure, TrialOutcome } from '../../src/domain/trial.ts';
import { judgeRun, type RunFacts } from '../../workers/judge-run.ts';
import type { Measured } from '../../workers/measure-scenarios.ts';
import { aFailedTrial, anEnvironment, aPair, aTrial } from '../helpers/builders.ts';

type End = Measured['ends'] extends Map<string, infer Each> ? Each : never;

const FACTS: RunFacts = { baseSha: 'b'.repeat(40), headSha: 'a'.repeat(40), seed: 7, notesBefore: [] };
const ABORTED = aFailedTrial('aborted');
const DECIDED: End = { kind: 'stop', why: 'decided' };
const BUDGET: End = { kind: 'stop', why: 'budget' };

function failures(failedSide: 'base' | 'head'): End {
  return { kind: 'stop', why: 'failures', failedSide };
}

function aScenario(name: string, metrics: Scenario['gates'][number]['metric'][]): Scenario {
  return {
    name,
    requests: [{ method: 'GET', path: '/', headers: {} }],
    load: { warmUpMs: 100, warmUpRequests: 10, connections: 1, measuredMs: 100, requestTimeoutMs: 1000 },
    gates: metrics.map((metric) => ({ metric, threshold: 0.03 })),
    budgetMs: 10_000,
  };
}

function aConfig(scenarios: Scenario[]): ProjectConfig {
  return {
    version: 1,
    service: {
      directory: '',
      build: [],
      buildTimeoutMs: 60_000,
      start: ['node', 'start.mjs'],
      port: 'auto',
      readyPath: '/healthz',
      readyTimeoutMs: 3000,
      env: {},
      hugePages: true,
    },
    scenarios,
    paths: { include: [], ignore: [] },
    answers: { ignoreKeys: [], sample: 4 },
    pool: 'default',
  };
}

/** What `parts` say of one scenario each, judged by a configuration that gates CPU per request. */
function judged(
  parts: Record<string, { pairs: Pair[]; end?: End }>,
  more: {
    facts?: Partial<RunFacts>;
    environment?: Partial<Measured['environment']>;
    hostFlags?: string[];
  } = {},
): RunResult {
  const names = Object.keys(parts);
  const measured: Measured = {
    environment: anEnvironment(more.environment),
    hostFlags: more.hostFlags ?? [],
    controls: [],
    pairs: new Map(Object.entries(parts).map(([name, { pairs }]) => [name, pairs])),
    ends: new Map(Object.entries(parts).map(([name, { end = DECIDED }]) => [name, end])),
  };
  const config = aConfig(names.map((name) => aScenario(name, ['cpu_per_request'])));
  return judgeRun(config, measured, { ...FACTS, ...more.facts });
}

function withFailure(pairNo: number, sides: { base?: TrialOutcome; head?: TrialOutcome }): Pair {
  const answers = { compared: 0, different: 0 };
  return aPair(pairNo, 1, { base: ABORTED, head: ABORTED, answers, ...sides });
}

function fails(kind: TrialFailure['kind'], message: string, outputTail = ''): TrialOutcome {
  return { state: 'failed', failure: { kind, message, outputTail } };
}

/** `count` pairs that differ by `ratio`, and by a little luck of no direction. */
function pairsOf(count: number, ratio: number, changes: Partial<Pair> = {}): Pair[] {
  return Array.from({ length: count }, (_, i) => aPair(i + 1, ratio * (1 + 0.001 * ((i % 3) - 1)), changes));
}

function notesOf(result: RunResult): string[] {
  return result.kind === 'judged' ? result.notes : [];
}

describe('whose failure it is', () => {
  it("is the head's when it failed twice, told in the words of the last time", () => {
    const result = judged({
      mix: {
        pairs: [
          withFailure(1, { head: fails('exited', 'exited with code 1') }),
          withFailure(2, { head: fails('died-under-load', 'exited with code 9', 'out of memory') }),
        ],
        end: failures('head'),
      },
    });

    expect(result).toEqual({
      kind: 'failed',
      blame: 'head',
      phase: 'measuring',
      code: 'service-died-under-load',
      message: 'exited with code 9',
      scenario: 'mix',
      logTail: 'out of memory',
    });
  });

  it('leaves the output out where there was none', () => {
    const silent = withFailure(1, { head: fails('not-ready', 'status 503') });

    const result = judged({ mix: { pairs: [silent, silent], end: failures('head') } });

    expect(result).not.toHaveProperty('logTail');
  });

  it("is the base's when both failed in the same pairs: what was broken before is nobody's fault now", () => {
    const both = { base: fails('exited', 'base exited'), head: fails('exited', 'head exited') };

    const result = judged({
      mix: { pairs: [withFailure(1, both), withFailure(2, both)], end: failures('base') },
    });

    expect(result).toMatchObject({ kind: 'failed', blame: 'base', message: 'base exited' });
  });

  it('is never that of a side which was only stopped because the other one failed', () => {
    const onlyHead = withFailure(1, { base: ABORTED, head: fails('timeout', 'no answer to GET /a') });

    const result = judged({ mix: { pairs: [onlyHead], end: BUDGET } });

    expect(result).toMatchObject({ kind: 'failed', blame: 'head', code: 'service-timeout' });
  });

  it("is that of the side which failed twice, whatever the other one's bad luck was", () => {
    const result = judged({
      mix: {
        pairs: [
          withFailure(1, { base: fails('timeout', 'base was slow once') }),
          withFailure(2, { head: fails('error-answers', 'head answered 500') }),
          withFailure(3, { head: fails('error-answers', 'head answered 500 again') }),
        ],
        end: failures('head'),
      },
    });

    expect(result).toMatchObject({ kind: 'failed', blame: 'head', message: 'head answered 500 again' });
  });

  it('names the scenario that ended so, also after others that went well', () => {
    const result = judged({
      easy: { pairs: pairsOf(6, 1) },
      heavy: {
        pairs: [1, 2].map((pairNo) => withFailure(pairNo, { head: aFailedTrial('protocol-error') })),
        end: failures('head'),
      },
    });

    expect(result).toMatchObject({ kind: 'failed', blame: 'head', scenario: 'heavy' });
  });
});

describe('failures that did not end a scenario by their number', () => {
  it('are a failure all the same when they were so slow that the budget held nothing else', () => {
    const slow = withFailure(1, { head: fails('not-ready', 'nothing listened within 20 s') });

    const result = judged({ mix: { pairs: [slow], end: BUDGET } });

    expect(result).toMatchObject({ kind: 'failed', blame: 'head', code: 'service-not-ready' });
  });

  it('are a failure of the base when both sides were so slow', () => {
    const slow = withFailure(1, { base: aFailedTrial('not-ready'), head: aFailedTrial('not-ready') });

    const result = judged({ mix: { pairs: [slow], end: BUDGET } });

    expect(result).toMatchObject({ kind: 'failed', blame: 'base' });
  });

  it('are a note when a single pair failed among many that did not', () => {
    const once = withFailure(7, { head: aFailedTrial('timeout') });

    const result = judged({ mix: { pairs: [...pairsOf(6, 1), once] } });

    expect(result).toMatchObject({ kind: 'judged', gate: 'pass', pairsTotal: 7 });
    expect(notesOf(result)).toEqual(['mix: 1 of 7 pairs left out (disturbed or failed)']);
  });

  it('are no verdict, and no failure, where no pair was made at all', () => {
    const result = judged({ mix: { pairs: [], end: BUDGET } });

    expect(result).toMatchObject({
      kind: 'judged',
      gate: 'no-verdict',
      pairsTotal: 0,
      answers: [{ scenario: 'mix', comparison: { compared: 0, different: 0 } }],
    });
  });
});

describe('a judged run', () => {
  it('is the same for the same pairs, whenever it is judged', () => {
    const parts = { mix: { pairs: pairsOf(12, 1.1) } };

    expect(judged(parts)).toEqual(judged(parts));
  });

  it('fails the gate for a regression that fresh pairs repeat, in the one scenario that has it', () => {
    const explored = pairsOf(5, 1.2);
    const confirmed = pairsOf(6, 1.2, { stage: 'confirm' }).map((pair) => ({
      ...pair,
      pairNo: pair.pairNo + 5,
    }));

    const result = judged({ easy: { pairs: pairsOf(12, 1) }, heavy: { pairs: [...explored, ...confirmed] } });

    expect(result).toMatchObject({ kind: 'judged', gate: 'fail', pairsTotal: 23 });
    const words = result.kind === 'judged' ? result.verdicts.filter(({ threshold }) => threshold) : [];
    expect(words.map(({ scenario, verdict }) => [scenario, verdict])).toEqual([
      ['easy', 'unchanged'],
      ['heavy', 'regressed'],
    ]);
  });

  it('shares the error rate among the gates of all scenarios', () => {
    const alone = judged({ easy: { pairs: pairsOf(6, 1) } });
    const shared = judged({ easy: { pairs: pairsOf(6, 1) }, heavy: { pairs: pairsOf(6, 1) } });

    const levels = [alone, shared].map((result) =>
      result.kind === 'judged'
        ? result.verdicts.find(({ metric }) => metric === 'cpu_per_request')?.interval?.level
        : undefined,
    );

    expect(levels[1]).toBeGreaterThan(levels[0] as number);
  });

  it('shows the worst pair of each scenario, since one differing answer is enough', () => {
    const example = { request: 'GET /a', base: '1', head: '2' };
    const pairs = pairsOf(3, 1);
    const worst = aPair(4, 1, { answers: { compared: 20, different: 3, example } });
    const milder = aPair(5, 1, { answers: { compared: 20, different: 1 } });

    const result = judged({ same: { pairs }, other: { pairs: [...pairs, worst, milder] } });

    expect(result).toMatchObject({
      answers: [
        { scenario: 'same', comparison: { compared: 20, different: 0 } },
        { scenario: 'other', comparison: { compared: 20, different: 3, example } },
      ],
    });
  });

  it('does not let a pair that compared nothing stand for those that did', () => {
    const failed = withFailure(1, { head: aFailedTrial('timeout') });

    const result = judged({ mix: { pairs: [failed, ...pairsOf(6, 1)] } });

    expect(result).toMatchObject({ answers: [{ comparison: { compared: 20, different: 0 } }] });
  });

  it('says what the head changes in the configuration, and nothing where it changes nothing', () => {
    const changes = ['scenarios.mix.gate: 3 % -> 90 %'];
    const parts = { mix: { pairs: pairsOf(6, 1) } };

    const changed = judged(parts, { facts: { configChanges: changes, commitsBehind: 3 } });
    const unchanged = judged(parts, { facts: { configChanges: [] } });

    expect(changed).toMatchObject({ configChanges: changes, commitsBehind: 3 });
    expect(unchanged).not.toHaveProperty('configChanges');
    expect(unchanged).not.toHaveProperty('commitsBehind');
  });
});

describe('notes', () => {
  it('are none on a quiet host', () => {
    expect(notesOf(judged({ mix: { pairs: pairsOf(12, 1) } }))).toEqual([]);
  });

  it('begin with what was found before the first pair', () => {
    const result = judged(
      { mix: { pairs: pairsOf(6, 1) } },
      {
        facts: { notesBefore: ['a link that leads out was left out'] },
        hostFlags: ['services and load generator were not pinned to CPUs: taskset is missing'],
      },
    );

    expect(notesOf(result)).toEqual([
      'a link that leads out was left out',
      'services and load generator were not pinned to CPUs: taskset is missing',
    ]);
  });

  it('tell of a restless host when more than a quarter of the pairs was left out', () => {
    const disturbed = [9, 10, 11, 12].map((pairNo) =>
      aPair(pairNo, 1, { base: aTrial(200), head: aTrial(200) }),
    );

    const result = judged({ mix: { pairs: [...pairsOf(8, 1), ...disturbed] } });

    expect(notesOf(result)).toEqual([
      'mix: 4 of 12 pairs left out (disturbed or failed)',
      'mix: a noisy host, more than a quarter of the pairs was left out',
    ]);
  });

  it('tell of pairs that disagree with each other, once there are enough to tell', () => {
    const swinging = (count: number): Pair[] =>
      Array.from({ length: count }, (_, i) => aPair(i + 1, i % 2 === 0 ? 0.96 : 1.04));

    const few = judged({ mix: { pairs: swinging(7) } });
    const enough = judged({ mix: { pairs: swinging(8) } });

    expect(notesOf(few)).toEqual([]);
    expect(notesOf(enough)).toEqual([
      'mix: a noisy host, CPU per request of pairs differs by 4.3 % (standard deviation)',
    ]);
  });

  it('say what was missing or second best in trials, once for what differs by its numbers only', () => {
    const late = (ms: number): string =>
      `the generator did not keep its open rate: 500 of 500 requests sent, 99 % of them at most ${ms} ms late`;
    const pairs = pairsOf(6, 1).map((pair, i) => ({
      ...pair,
      base: aTrial(100, { notes: [late(3.1 + i), 'memory after GC is missing: no answer'] }),
      ...(i < 2 ? { head: aTrial(100, { notes: [late(9.5)] }) } : {}),
    }));

    expect(notesOf(judged({ mix: { pairs } }))).toEqual([
      `mix: ${late(3.1)}`,
      'mix: memory after GC is missing: no answer (base only)',
    ]);
    expect(notesOf(judged({ mix: { pairs: [...pairs.slice(0, 1), ...pairsOf(6, 1).slice(1)] } }))).toEqual([
      `mix: ${late(3.1)} (1 of 6 pairs)`,
      'mix: memory after GC is missing: no answer (base only, 1 of 6 pairs)',
    ]);
  });

  it('tell of stolen CPU time from one percent on, by the worst pair', () => {
    const calm = judged({ mix: { pairs: pairsOf(6, 1, { stealShare: 0.009 }) } });
    const robbed = judged({
      mix: { pairs: [...pairsOf(6, 1, { stealShare: 0.002 }), aPair(7, 1, { stealShare: 0.034 })] },
    });

    expect(notesOf(calm)).toEqual([]);
    expect(notesOf(robbed)).toEqual(['mix: up to 3.4 % of CPU time stolen by other guests']);
  });
});
