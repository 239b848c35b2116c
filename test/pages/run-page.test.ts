import { describe, expect, it } from 'vitest';
import type { Run, RunResult } from '../../src/domain/run.ts';
import { html } from '../../src/pages/html.ts';
import { runPageJson } from '../../src/pages/run-json.ts';
import type { RunPageData } from '../../src/pages/run-page-data.ts';
import { runPageHtml } from '../../src/pages/run-page.ts';

const RUN: Run = {
  id: '7b0cf5a1-9d6e-4f1c-8a53-0d8f5e1c2b3a',
  sequence: '1',
  kind: 'pull_request',
  installationId: '1',
  repoId: '2',
  repoFullName: 'o/r',
  pullNumber: 7,
  headSha: 'a'.repeat(40),
  baseSha: 'b'.repeat(40),
  baseRef: 'main',
  headRef: 'topic',
  fromFork: false,
  rerunNumber: 0,
  priority: 10,
  actor: { id: '3', login: 'octocat' },
  pool: 'default',
  state: 'leased',
  phase: 'measuring',
  attempt: 1,
  leaseEpoch: '1',
  createdAt: new Date(0),
};

function page(changes: Partial<RunPageData> = {}): RunPageData {
  return { run: RUN, result: undefined, progress: {}, timings: {}, logs: [], ...changes };
}

const RESULTS: { result: RunResult; shows: string[] }[] = [
  {
    result: {
      kind: 'judged',
      gate: 'fail',
      verdicts: [
        {
          scenario: 'rank-top10',
          metric: 'cpu_per_request',
          verdict: 'regressed',
          effect: 0.0512,
          interval: { lo: 0.0391, hi: 0.0634, level: 0.95, method: 'm' },
          margin: 0.01,
          baseValue: 1234.56,
          headValue: 1297.8,
          pairsUsed: 12,
          pairsDropped: 0,
          pairsWorse: 12,
          analysisVersion: 1,
        },
        {
          scenario: 'rank-top10',
          metric: 'memory_peak',
          verdict: 'inconclusive',
          margin: 0.01,
          pairsUsed: 0,
          pairsDropped: 3,
          pairsWorse: 0,
          analysisVersion: 1,
        },
      ],
      answers: [],
      notes: ['no core to pin to'],
      environment: {} as never,
      baseSha: 'b'.repeat(40),
      headSha: 'a'.repeat(40),
      pairsTotal: 12,
      seed: 1,
    },
    shows: [
      'Gate: fail',
      'rank-top10',
      'CPU / request',
      '1235 µs',
      '+5.12 %',
      '+3.91 % to +6.34 % (95 %)',
      'regressed',
      'inconclusive',
      'no core to pin to',
    ],
  },
  {
    result: {
      kind: 'failed',
      blame: 'base',
      phase: 'building',
      code: 'build-failed',
      message: 'npm ci: exit code 1 expected 0',
      remedy: 'Mend the base.',
      logTail: 'npm ERR!\n',
    },
    shows: [
      'Failed in building, on the side of base',
      'exit code 1',
      'Mend the base.',
      '<pre>npm ERR!\n</pre>',
    ],
  },
  { result: { kind: 'skipped', reason: 'only docs' }, shows: ['Skipped: only docs'] },
  { result: { kind: 'not_comparable', reason: 'other Node' }, shows: ['Not comparable: other Node'] },
  {
    result: { kind: 'not_configured', baseRef: 'main', addedByHead: false },
    shows: ['There is no perf-ci.yml on main.'],
  },
  { result: { kind: 'fork' }, shows: ['Pull requests from forks are not run'] },
  { result: { kind: 'cancelled', by: 'octocat' }, shows: ['Cancelled: octocat'] },
  { result: { kind: 'superseded', bySha: 'c'.repeat(40) }, shows: ['Superseded by cccc'] },
];

describe('runPageHtml', () => {
  it.each(RESULTS)('shows a run that ended as $result.kind', ({ result, shows }) => {
    const text = runPageHtml(page({ result }));

    for (const part of shows) expect(text).toContain(part);
    expect(text).not.toMatch(/undefined|null|NaN|\[object/);
  });

  it('shows how far a run is', () => {
    const progress = {
      scenario: 'floor',
      scenarioNo: 1,
      scenarioCount: 3,
      pairsDone: 4,
      stage: 'confirm' as const,
    };

    const text = runPageHtml(page({ progress, timings: { preparingMs: 1_500 } }));

    expect(text).toContain('leased, measuring');
    expect(text).toContain('Scenario floor (1 of 3): 4 pairs measured, stage confirm.');
    expect(text).toContain('1.5 s');
  });

  it('shows the end of a long log and says so', () => {
    const logs = [{ name: 'build', content: `first\n${'x'.repeat(70_000)}\nlast`, truncated: false }];

    const text = runPageHtml(page({ logs }));

    expect(text).toContain('Only the end is shown.');
    expect(text).toContain('last</pre>');
    expect(text).not.toContain('first');
    expect(runPageJson(page({ logs }))).toMatchObject({ logs: [{ name: 'build', truncated: true }] });
  });

  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</pre></title></table><h1>fake</h1>',
    '<!-- -->',
    '&lt;script&gt;',
    '\u202Egnp.exe',
    '\u0000\u001b[31mred',
  ])('shows %j as text wherever it comes from', (hostile) => {
    const data = page({
      run: {
        ...RUN,
        repoFullName: hostile,
        headRef: hostile,
        baseRef: hostile,
        actor: { id: '1', login: hostile },
      },
      result: {
        kind: 'failed',
        blame: 'head',
        phase: 'building',
        code: 'x',
        message: hostile,
        remedy: hostile,
        logTail: hostile,
      },
      logs: [{ name: hostile, content: hostile, truncated: true }],
    });

    const text = runPageHtml(data);

    const tags = new Set(text.match(/<\/?[a-z0-9]+|<!/gi)?.map((tag) => tag.toLowerCase()));
    expect([...tags].filter((tag) => !OWN_TAGS.has(tag))).toEqual([]);
    expect(text.match(/<h1>/g)).toHaveLength(1);
    expect(text).not.toMatch(/(?!\n)\p{Cc}|[\u202a-\u202e]/u);
  });
});

const OWN_TAGS = new Set(
  ['html', 'head', 'meta', 'title', 'body', 'h1', 'h2', 'p', 'table', 'tr', 'th', 'td', 'pre']
    .flatMap((tag) => [`<${tag}`, `</${tag}`])
    .concat('<!'),
);

describe('where the time went', () => {
  const judged = RESULTS[0]?.result as Extract<RunResult, { kind: 'judged' }>;
  const frame = { name: 'score', file: 'src/score.ts', line: 42, baseUs: 100, headUs: 151.26, touched: true };
  const profile = {
    scenario: 'rank top/10?',
    state: 'profiled' as const,
    profiler: 'v8' as const,
    requests: 1500,
    frames: [frame, { ...frame, name: 'less', baseUs: 9, headUs: 2, touched: false }],
    wallMs: 9000,
  };
  const pageOf = (changes: Partial<typeof judged>): string =>
    runPageHtml(page({ result: { ...judged, ...changes } }));

  it('shows the functions, what the change touches, and links to three flame graphs', () => {
    const text = pageOf({ profiles: [profile] });

    for (const part of ['score', 'src/score.ts:42', '100.0 µs', '+51.3 µs', 'by this change', '−7.0 µs']) {
      expect(text).toContain(part);
    }
    const links = [...text.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
    const urls = links.map((href) => new URL(href, 'http://perf-ci'));
    expect(urls.map(({ pathname }) => pathname)).toEqual(['/speedscope/', '/speedscope/', '/speedscope/']);
    const [first] = urls.map(({ hash }) => new URLSearchParams(hash.slice(1)));
    expect(first?.get('profileURL')).toBe(`/runs/${RUN.id}/profiles/rank%20top%2F10%3F/difference`);
    expect(first?.get('title')).toBe('rank top/10?: difference');
  });

  it('shows instructions, or why there are none', () => {
    const text = pageOf({
      secondOpinions: [
        {
          scenario: 'a',
          state: 'counted',
          basePerRequest: 12_051_000,
          headPerRequest: 12_414_000,
          change: 0.0301,
          wallMs: 1,
        },
        { scenario: 'b', state: 'not-possible', why: 'valgrind is not installed here', wallMs: 1 },
      ],
      profiles: [{ ...profile, state: 'not-possible', profiler: 'none', why: 'no inspector', frames: [] }],
    });

    expect(text).toContain('12.05 M instructions a request before, 12.41 M now');
    expect(text).toContain('+3.01 %');
    expect(text).toContain('instructions were not counted (valgrind is not installed here)');
    expect(text).toContain('no profile, no inspector');
    expect(text).not.toContain('href');
  });

  it('says that there is nothing to show, and nothing at all where nobody looked', () => {
    expect(pageOf({ profiles: [{ ...profile, frames: [] }] })).toContain('No function differs');
    expect(pageOf({})).not.toContain('Where the time went');
  });

  it.each(['<script>alert(1)</script>', '"><img src=x>', "' onmouseover='x", '\u202Egnp.exe'])(
    'shows %j as text in names, files and reasons',
    (hostile) => {
      const text = pageOf({
        profiles: [
          {
            ...profile,
            scenario: hostile,
            why: hostile,
            frames: [{ ...frame, name: hostile, file: hostile }],
          },
        ],
        secondOpinions: [{ scenario: hostile, state: 'not-possible', why: hostile, wallMs: 1 }],
      });

      expect(text).not.toMatch(/<(?:script|img)|\u202e|="[^"]*" onmouseover/);
      for (const [, href = ''] of text.matchAll(/href="([^"]*)"/g))
        expect(href).toMatch(/^\/speedscope\/#[\w%&#;=.()!*~-]*$/);
    },
  );
});

describe('html', () => {
  it('escapes what is inserted once, and not what it made itself', () => {
    const inner = html`<b>${'<&>'}</b>`;

    expect(html`<i title="${'"\''}">${[inner, 7, undefined]}</i>`.text).toBe(
      '<i title="&quot;&#39;"><b>&lt;&amp;&gt;</b>7</i>',
    );
  });
});
