import { describe, expect, it } from 'vitest';
import type { Run } from '../../src/domain/run.ts';
import { renderCheck } from '../../src/report/check.ts';
import { renderComment } from '../../src/report/comment.ts';
import type { RunView } from '../../src/report/view.ts';
import {
  absolute,
  BASE,
  COUNTED,
  ENVIRONMENT,
  failed,
  HEAD,
  judged,
  PROFILE,
  REGRESSED,
  run,
  verdict,
  view,
} from './helpers/builders.ts';

const UNCHANGED = verdict('unchanged', 0.001, [-0.008, 0.012], { pairsWorse: 7 });
const LOG = [
  '> ranking@1.0.0 build',
  '> tsc -p .',
  "src/score.ts(12,3): error TS2304: Cannot find name 'k'.",
].join('\n');

function running(phase: NonNullable<Run['phase']>, more: Partial<RunView> = {}): RunView {
  return { ...view(undefined, more), run: run({ state: 'leased', phase }) };
}

/** Every state that a run can show: the text of its comment and the conclusion of its check. */
const STATES: Record<string, { view: RunView; conclusion: string | undefined }> = {
  regression: {
    view: view(
      judged('fail', [
        REGRESSED,
        verdict('unchanged', 0.004, [-0.01, 0.019], { scenario: 'floor', baseValue: 212, headValue: 213 }),
        verdict('improved', -0.037, [-0.054, -0.021], {
          scenario: 'rank-50',
          baseValue: 990,
          headValue: 953.4,
        }),
        verdict('regressed', 0.12, [0.05, 0.2], {
          metric: 'latency_p99',
          gates: false,
          baseValue: 11.42,
          headValue: 12.79,
        }),
        verdict('inconclusive', 0.02, [-0.03, 0.07], {
          metric: 'memory_peak',
          gates: false,
          baseValue: 180 * 1024 ** 2,
          headValue: 183 * 1024 ** 2,
        }),
      ]),
      { timings: { preparingMs: 900, buildingMs: 14_000, measuringMs: 95_000, analysingMs: 300 } },
    ),
    conclusion: 'failure',
  },
  'many-regressions': {
    view: view(
      judged(
        'fail',
        Array.from({ length: 11 }, (_, index) =>
          verdict('regressed', 0.06 + index / 1_000, [0.055, 0.09], { scenario: `rank-${index}` }),
        ),
      ),
    ),
    conclusion: 'failure',
  },
  pass: { view: view(judged('pass', [UNCHANGED], { commitsBehind: 0 })), conclusion: 'success' },
  'pass-after-rerun': {
    view: {
      ...view(
        judged('pass', [UNCHANGED], {
          notes: ['rank-200: a noisy host, more than a quarter of the pairs was left out'],
        }),
      ),
      run: run({ rerunNumber: 2 }),
    },
    conclusion: 'success',
  },
  faster: {
    view: view(judged('pass', [verdict('improved', -0.042, [-0.05, -0.034])])),
    conclusion: 'success',
  },
  'faster-but-different': {
    view: view(
      judged('pass', [verdict('improved', -0.31, [-0.33, -0.29])], {
        answers: [
          {
            scenario: 'rank-200',
            comparison: {
              compared: 500,
              different: 12,
              example: {
                request: 'POST /rank {"userId":7,"k":20}',
                base: '{"ids":[4,9,2]}',
                head: '{"ids":[9,4,2]}',
              },
            },
          },
        ],
      }),
    ),
    conclusion: 'neutral',
  },
  'faster-with-another-ranking': {
    view: view(
      judged('pass', [verdict('improved', -0.18, [-0.19, -0.17])], {
        answers: [
          {
            scenario: 'rank-200',
            comparison: {
              compared: 50,
              different: 21,
              shapeDifferent: 1,
              bytes: { base: 91_200, head: 88_950 },
              ranking: {
                k: 20,
                overlap: 0.9372,
                worstOverlap: 0.6,
                reordered: 9,
                largestScoreDifference: 0.012_345,
              },
              example: { request: 'POST /rank {"userId":7}', base: '{"ids":[4,9,2]}', head: '{"ids":[9,4]}' },
            },
          },
        ],
      }),
    ),
    conclusion: 'neutral',
  },
  'faster-with-more-errors': {
    view: view(
      judged('pass', [
        verdict('improved', 0.062, [0.05, 0.074], {
          metric: 'throughput',
          baseValue: 1_842,
          headValue: 1_956,
          pairsWorse: 0,
        }),
        absolute('regressed', 0.008, [0.005, 0.011], { metric: 'errors', baseValue: 0, headValue: 0.008 }),
      ]),
    ),
    conclusion: 'neutral',
  },
  'throughput-regression': {
    view: view(
      judged('fail', [
        verdict('regressed', -0.081, [-0.094, -0.069], {
          metric: 'throughput',
          baseValue: 1_842,
          headValue: 1_693,
          pairsWorse: 12,
          family: 3,
          confirmation: { pairs: 6, effect: -0.079, held: true },
        }),
        verdict('unchanged', 0.004, [-0.004, 0.012], { family: 3 }),
        absolute('regressed', 0.0142, [0.009, 0.019], {
          metric: 'latency_over_50ms',
          baseValue: 0.0021,
          headValue: 0.0163,
        }),
        absolute('regressed', 118.4, [96, 141], {
          metric: 'memory_growth',
          gates: 200,
          baseValue: 12.5,
          headValue: 130.9,
          family: 3,
        }),
        absolute('improved', 3.2, [2.1, 4.4], {
          metric: 'custom_hit_rate',
          custom: {
            name: 'hit_rate',
            title: 'cache hits',
            unitLabel: '%',
            better: 'higher',
            from: { kind: 'served', path: '/stats', pointer: '/hits' },
          },
          baseValue: 81.2,
          headValue: 84.4,
        }),
      ]),
    ),
    conclusion: 'failure',
  },
  'blocked-alarm': {
    view: view(
      judged(
        'no-verdict',
        [
          verdict('inconclusive', 0.077, [0.068, 0.085], {
            blocked: 'the same code was called changed in 4 of the last 20 control jobs',
            confirmation: { pairs: 6, effect: 0.074, held: true },
          }),
        ],
        {
          controls: [
            {
              scenario: 'rank-200',
              metric: 'cpu_per_request',
              jobs: 20,
              noiseBand: 0.071,
              falseAlarms: 4,
              planted: [],
              blocked: 'the same code was called changed in 4 of the last 20 control jobs',
            },
          ],
        },
      ),
    ),
    conclusion: 'neutral',
  },
  diagnosed: {
    view: view(
      judged('fail', [{ ...REGRESSED, family: 3 }], {
        profiles: [PROFILE],
        secondOpinions: [COUNTED],
        controls: [
          {
            scenario: 'rank-200',
            metric: 'cpu_per_request',
            jobs: 23,
            noiseBand: 0.011,
            falseAlarms: 0,
            planted: [
              { plant: { kind: 'cpu', share: 0.03 }, found: 20, tried: 20 },
              { plant: { kind: 'stall', share: 0.01, delayMs: 50 }, found: 9, tried: 10 },
            ],
          },
        ],
      }),
      { urls: { runPage: 'https://perf.example.org/runs/6f1c2b3a' } },
    ),
    conclusion: 'failure',
  },
  'diagnosis-not-possible': {
    view: view(
      judged('fail', [REGRESSED], {
        profiles: [
          {
            ...PROFILE,
            state: 'not-possible',
            profiler: 'none',
            frames: [],
            why: 'perf_event_paranoid is 3: perf record is not allowed here',
          },
        ],
        secondOpinions: [
          { scenario: 'rank-200', state: 'not-possible', why: 'valgrind is not installed', wallMs: 0 },
        ],
      }),
    ),
    conclusion: 'failure',
  },
  'wide-margin': {
    view: view(
      judged(
        'no-verdict',
        [
          verdict('inconclusive', 0.024, [-0.006, 0.055], {
            margin: 0.031,
            marginWhy: [
              'services and load generator share their CPUs: margin doubled',
              'CPU time is counted in steps of 10 ms, 0.40 % of what a pair used: margin wider by that',
            ],
            pairsUsed: 24,
            pairsWorse: 17,
            pairsDropped: 5,
            smallestVisible: 0.058,
          }),
          verdict('inconclusive', 0.31, [-0.2, 0.9], { metric: 'open_latency_p999', gates: false }),
        ],
        {
          environment: { ...ENVIRONMENT, cpuSource: 'ticks', pinning: 'none' },
          notes: ['flagged: the ALU loop took 14 % longer than in the history of this host'],
        },
      ),
    ),
    conclusion: 'neutral',
  },
  command: {
    view: view(
      judged(
        'fail',
        [
          verdict('regressed', 0.112, [0.104, 0.121], {
            scenario: 'feature-build',
            metric: 'cpu_time',
            baseValue: 612_000,
            headValue: 680_500,
          }),
          verdict('unchanged', 0, [-0.001, 0.001], {
            scenario: 'feature-build',
            metric: 'bytes_written',
            gates: false,
            baseValue: 402_752,
            headValue: 402_752,
          }),
        ],
        { answers: [{ scenario: 'feature-build', comparison: { compared: 1, different: 0 } }] },
      ),
    ),
    conclusion: 'failure',
  },
  warn: {
    view: view(judged('warn', [verdict('regressed', 0.021, [0.014, 0.028])])),
    conclusion: 'neutral',
  },
  inconclusive: {
    view: view(
      judged('no-verdict', [
        verdict('inconclusive', 0.029, [-0.01, 0.069], {
          pairsUsed: 30,
          pairsWorse: 19,
          pairsDropped: 2,
          smallestVisible: 0.061,
        }),
      ]),
    ),
    conclusion: 'neutral',
  },
  'alarm-not-repeated': {
    view: view(
      judged('no-verdict', [
        verdict('inconclusive', 0.06, [0.01, 0.09], {
          confirmation: { pairs: 6, effect: 0.002, held: false },
        }),
      ]),
    ),
    conclusion: 'neutral',
  },
  'nothing-gates': {
    view: view(judged('no-verdict', [verdict('unchanged', 0, [-0.01, 0.01], { gates: false })])),
    conclusion: 'neutral',
  },
  'no-usable-pair': {
    view: view(
      judged('no-verdict', [
        {
          scenario: 'rank-200',
          metric: 'cpu_per_request',
          verdict: 'inconclusive',
          margin: 0.005,
          threshold: 0.05,
          pairsUsed: 0,
          pairsDropped: 5,
          pairsWorse: 0,
          analysisVersion: 1,
        },
      ]),
    ),
    conclusion: 'neutral',
  },
  'config-changed': {
    view: view(
      judged('pass', [UNCHANGED], { configChanges: ['scenarios[0].gates[0].threshold: 5 % -> 50 %'] }),
    ),
    conclusion: 'success',
  },
  'head-does-not-build': {
    view: view(failed('head', { logTail: LOG }), { state: 'failed' }),
    conclusion: 'failure',
  },
  'base-does-not-build': {
    view: view(failed('base', { logTail: LOG }), { state: 'failed' }),
    conclusion: 'neutral',
  },
  'head-never-ready': {
    view: view(
      failed('head', {
        phase: 'measuring',
        code: 'service-not-ready',
        message: 'expected a 2xx answer from GET /healthz within 10 s, found connection refused',
        remedy: 'check readyPath and the start command in perf-ci.yml',
        scenario: 'rank-200',
        logTail: 'Error: listen EACCES: permission denied 0.0.0.0:80',
      }),
      { state: 'failed' },
    ),
    conclusion: 'failure',
  },
  'base-dies-under-load': {
    view: view(
      failed('base', {
        phase: 'measuring',
        code: 'service-died-under-load',
        message: 'expected a running service, found exit code 134',
      }),
      { state: 'failed' },
    ),
    conclusion: 'neutral',
  },
  'head-answers-errors': {
    view: view(
      failed('head', {
        phase: 'measuring',
        code: 'service-error-answers',
        message: 'expected status 200 as on base, found 500 in 12 of 40 requests',
      }),
      { state: 'failed' },
    ),
    conclusion: 'failure',
  },
  'config-invalid': {
    view: view(
      failed('config', {
        phase: 'preparing',
        code: 'config-invalid',
        message:
          'perf-ci.yml:5:5 unknown key treshold; did you mean threshold?\nperf-ci.yml:9:7 duration: 10s to 10m, e.g. 30s',
        remedy: 'run npx perf-ci config check',
      }),
      { state: 'failed' },
    ),
    conclusion: 'neutral',
  },
  'infrastructure-failed': {
    view: view(
      failed('infra', {
        phase: 'preparing',
        code: 'git-fetch',
        message: 'expected GitHub to answer the fetch, found a timeout after 60 s',
        remedy: 'run it again',
      }),
      { state: 'failed' },
    ),
    conclusion: 'neutral',
  },
  'timed-out': {
    view: view(
      failed('infra', {
        phase: 'measuring',
        code: 'run-timed-out',
        message: 'expected the run to end within 20 min, found it measuring',
      }),
      { state: 'timed_out' },
    ),
    conclusion: 'neutral',
  },
  lost: { view: view(undefined, { state: 'lost' }), conclusion: 'neutral' },
  'not-comparable': {
    view: view({ kind: 'not_comparable', reason: 'Node changed between the sides: v22.9.0 and v22.10.0' }),
    conclusion: 'neutral',
  },
  'not-configured': {
    view: view({ kind: 'not_configured', baseRef: 'main', addedByHead: false }),
    conclusion: 'neutral',
  },
  'not-configured-added': {
    view: view({ kind: 'not_configured', baseRef: 'main', addedByHead: true }),
    conclusion: 'neutral',
  },
  skipped: {
    view: view({ kind: 'skipped', reason: 'only docs/** changed (paths.ignore)' }),
    conclusion: 'success',
  },
  fork: { view: view({ kind: 'fork' }), conclusion: 'action_required' },
  cancelled: {
    view: view({ kind: 'cancelled', by: 'ada' }, { state: 'cancelled' }),
    conclusion: 'cancelled',
  },
  superseded: {
    view: view({ kind: 'superseded', bySha: 'c0ffee00'.repeat(5) }, { state: 'superseded' }),
    conclusion: 'neutral',
  },
  queued: {
    view: view(undefined, {
      state: 'queued',
      queue: { position: 3, typicalMs: 100_000, workersAvailable: 1 },
    }),
    conclusion: undefined,
  },
  'queued-without-workers': {
    view: view(undefined, { state: 'dispatched', queue: { position: 1, workersAvailable: 0 } }),
    conclusion: undefined,
  },
  preparing: {
    view: { ...running('preparing'), run: run({ state: 'leased', phase: 'preparing', attempt: 2 }) },
    conclusion: undefined,
  },
  building: { view: running('building'), conclusion: undefined },
  measuring: {
    view: running('measuring', {
      progress: { scenario: 'rank-200', scenarioNo: 2, scenarioCount: 3, pairsDone: 7, stage: 'explore' },
      notice: '`/perf rerun` is answered by the run that is under way.',
    }),
    conclusion: undefined,
  },
  confirming: {
    view: running('measuring', { progress: { scenario: 'rank-200', pairsDone: 1, stage: 'confirm' } }),
    conclusion: undefined,
  },
  push: {
    view: {
      ...view(judged('fail', [REGRESSED]), { urls: { runPage: 'https://perf.example.org/runs/6f1c2b3a' } }),
      run: run({ kind: 'push', headRef: 'main' }),
    },
    conclusion: 'failure',
  },
};

describe('every state of a run', () => {
  it.each(Object.entries(STATES))('%s reads as agreed', async (name, state) => {
    const check = renderCheck(state.view);

    expect(check.conclusion).toBe(state.conclusion);
    expect(check.status).toBe(state.conclusion === undefined ? check.status : 'completed');
    await expect(`${renderComment(state.view)}\n`).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  it('says the same first line in the comment and in the title of the check', () => {
    for (const { view } of Object.values(STATES)) {
      expect(renderComment(view).split('\n')[0]).toBe(`### ${renderCheck(view).title}`);
    }
  });
});

describe('the check', () => {
  it('carries the run, the head and the name that branch rules refer to', async () => {
    const check = renderCheck(STATES['regression']!.view);

    expect(check).toMatchObject({
      name: 'perf-ci',
      headSha: HEAD,
      externalId: run().id,
      status: 'completed',
    });
    await expect(`${check.summary}\n\n${check.text}\n`).toMatchFileSnapshot('golden/check-regression.txt');
  });

  it('has no conclusion while the run is queued or running', () => {
    expect(renderCheck(STATES['queued']!.view)).toMatchObject({ status: 'queued' });
    expect(renderCheck(STATES['measuring']!.view)).toMatchObject({ status: 'in_progress' });
    expect(renderCheck(STATES['measuring']!.view)).not.toHaveProperty('conclusion');
  });

  it('links to the page of the run where there is one', () => {
    const runPage = 'https://perf.example.org/runs/1';

    expect(renderCheck(view(undefined, { urls: { runPage } })).detailsUrl).toBe(runPage);
    expect(renderCheck(view())).not.toHaveProperty('detailsUrl');
    expect(renderCheck(view(undefined, { urls: { runPage: 'javascript:x' } }))).not.toHaveProperty(
      'detailsUrl',
    );
  });

  it('is never red for what was not measured or is not the fault of the head', () => {
    const blameless = (['base', 'config', 'infra'] as const).map(
      (blame) => renderCheck(view(failed(blame))).conclusion,
    );

    expect(blameless).toEqual(['neutral', 'neutral', 'neutral']);
  });
});

describe('the comment', () => {
  it('never shows a change without its interval, except for fresh pairs, instructions and what was planted', () => {
    for (const { view } of Object.values(STATES)) {
      const text = renderComment(view).replace(
        /\(limit [+−][\d.]+ %\)|fresh pairs? \([^)]*\)|\| [+−]5 % \||(?<=Second opinion.*|planted:.*)[+−][\d.]+ %/g,
        '',
      );
      const changes = text.match(/[+−]\d+(\.\d+)? %(\*\*)?( \[)?/g) ?? [];

      expect(changes.filter((change) => !change.endsWith('['))).toEqual([]);
    }
  });

  it('names the commits of the run', () => {
    const text = renderComment(STATES['regression']!.view);

    expect(text).toContain(`\`${BASE.slice(0, 7)}\``);
    expect(text).toContain(`\`perf-ci compare ${BASE.slice(0, 12)} ${HEAD.slice(0, 12)}\``);
  });

  it('offers comment commands on pull requests only', () => {
    expect(renderComment(STATES['push']!.view)).not.toContain('/perf ');
  });
});
