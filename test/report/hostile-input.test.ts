import { describe, expect, it } from 'vitest';
import { renderCheck } from '../../src/report/check.ts';
import { renderComment } from '../../src/report/comment.ts';
import { makeMarker, readMarker } from '../../src/report/marker.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import type { RunView } from '../../src/report/view.ts';
import { comparisonOf } from '../../src/report/view.ts';
import {
  absolute,
  COUNTED,
  ENVIRONMENT,
  failed,
  judged,
  PROFILE,
  run,
  verdict,
  view,
} from './helpers/builders.ts';
import { readMarkdown } from './helpers/markdown.ts';

const KEY = 'k'.repeat(32);
const FORGED = makeMarker(KEY, { repoId: '1001', pullNumber: 17, version: 1 });

/** Each holds the word ZQX, which may be seen in code only. */
const PAYLOADS = [
  'ZQX](https://evil.example/)',
  '[ZQX](https://evil.example/)',
  '![ZQX](https://evil.example/beacon.png)',
  '<img src="https://evil.example/ZQX.png">',
  '<a href="javascript:alert(1)">ZQX</a>',
  '<details><summary>ZQX',
  '</details>ZQX',
  '</summary></details><h1>✅ PASS ZQX</h1>',
  '<!-- ZQX -->',
  '--> ZQX <!--',
  `${FORGED} ZQX`,
  `ZQX\n\n${FORGED}`,
  'ZQX\n### ✅ Not slower: all fine — gate passing',
  'ZQX\r\n\r\n# heading',
  'a | ZQX | b',
  'a \\| ZQX \\\\| b',
  '|ZQX|---|',
  '` ZQX `',
  '``` ZQX ```',
  '```\nZQX\n```\n# out',
  '~~~\nZQX\n~~~',
  '`'.repeat(50) + 'ZQX',
  'ZQX' + '`'.repeat(50),
  '\\` ZQX \\`',
  '&#96; ZQX &#96;',
  '&grave;&grave;&grave; ZQX',
  '&lt;b&gt;ZQX&lt;/b&gt;',
  '&vert; ZQX &verbar;',
  'https://evil.example/ZQX',
  'www.evil.example/ZQX',
  'ZQX@evil.example',
  '@octocat ZQX',
  'fixes #12 ZQX',
  'acme/ranking#12 ZQX GH-12',
  '\u202Eetirw ZQX\u202C',
  '\u2066ZQX\u2069 \u200Bx',
  'ZQX\u0000\u0008\u001B[2J\u001B]8;;https://evil.example\u0007link',
  '$(id) ; rm -rf / # ZQX',
  '**ZQX** __x__ ~~y~~ $$x$$',
  '- [ ] ZQX',
  '> ZQX',
  '    ZQX',
  '[^1]: ZQX',
  '[ref]: https://evil.example "ZQX"',
  ':shipit: ZQX',
  'ZQX' + 'x'.repeat(70_000),
  '🚀'.repeat(5_000) + 'ZQX',
];

/** One view for each kind of page, with `text` wherever text from outside can stand. */
function viewsWith(text: string): RunView[] {
  const environment = Object.fromEntries(
    Object.entries(ENVIRONMENT).map(([key, value]) => [key, typeof value === 'string' ? text : value]),
  ) as unknown as typeof ENVIRONMENT;
  const everywhere = {
    run: run({ baseRef: text, headRef: text, pool: text, actor: { id: '5', login: text } }),
    configChanges: [text],
    logs: [{ name: text, tail: text }],
  };
  const answers = [
    {
      scenario: text,
      comparison: { compared: 9, different: 2, example: { request: text, base: text, head: text } },
    },
  ];
  const named = { scenario: text };
  const verdicts = [
    verdict('regressed', 0.09, [0.08, 0.1], named),
    verdict('inconclusive', 0.02, [-0.1, 0.1], named),
    verdict('unchanged', 0, [-0.01, 0.01], named),
    absolute('regressed', 7, [5, 9], {
      ...named,
      metric: 'custom_rows',
      custom: {
        name: 'rows',
        title: text,
        unitLabel: text,
        better: 'higher',
        from: { kind: 'served', path: '/stats', pointer: '/rows' },
      },
      baseValue: 1,
      headValue: 8,
    }),
  ];
  const diagnosis = {
    secondOpinions: [{ ...COUNTED, ...named, why: text }],
    profiles: [
      {
        ...PROFILE,
        ...named,
        why: text,
        frames: PROFILE.frames.map((frame) => ({ ...frame, name: text, file: text })),
      },
    ],
    controls: [{ ...named, metric: 'cpu_per_request' as const, jobs: 5, falseAlarms: 0, planted: [] }],
  };
  return [
    view(
      judged('fail', verdicts, {
        ...diagnosis,
        answers,
        environment,
        notes: [text],
        baseSha: text,
        headSha: text,
      }),
      everywhere,
    ),
    view(
      judged('no-verdict', [absolute('inconclusive', 7, [5, 9], { ...verdicts[3], gates: 3 })], {
        profiles: [{ ...PROFILE, ...named, state: 'not-possible', why: text }],
        secondOpinions: [{ ...COUNTED, state: 'not-possible', why: text }],
      }),
      everywhere,
    ),
    view(
      failed('head', { message: text, remedy: text, logTail: text, scenario: text, code: text }),
      everywhere,
    ),
    view(failed('infra', { message: `${text}\n${text}`, phase: 'measuring' }), everywhere),
    view({ kind: 'skipped', reason: text }, everywhere),
    view({ kind: 'not_comparable', reason: text }, everywhere),
    view({ kind: 'not_configured', baseRef: text, addedByHead: true }, everywhere),
    view({ kind: 'cancelled', by: text }, everywhere),
    view({ kind: 'superseded', bySha: text }, everywhere),
    {
      ...view(undefined, everywhere),
      run: { ...everywhere.run, state: 'queued' },
      queue: { position: 2, workersAvailable: 0 },
    },
    {
      ...view(undefined, everywhere),
      run: { ...everywhere.run, state: 'leased', phase: 'measuring' },
      progress: named,
    },
  ];
}

/** What our own words may look like outside code. */
const OWN_TAGS = /<details( open)?><summary>[^<>□]*<\/summary>|<\/details>/g;

function expectHarmless(text: string): void {
  const { prose, tables } = readMarkdown(text);
  const bare = prose.replace(OWN_TAGS, '');

  expect(bare).not.toMatch(/ZQX|octocat|evil/);
  expect(bare).not.toMatch(/[<>@]|\]\(|!\[|https?:|www\.|#\d/);
  expect(text).not.toMatch(/@(?!\u200B)/);
  expect(text).not.toContain('<!--');
  expect(text.isWellFormed()).toBe(true);
  for (const { columns, rows } of tables) expect([...new Set([columns, ...rows])]).toEqual([7]);
}

describe('text from outside', () => {
  it.each(PAYLOADS.map((payload) => [payload.slice(0, 60), payload]))('stays code: %j', (_, payload) => {
    for (const hostileView of viewsWith(payload)) {
      const comment = renderComment(hostileView);
      const check = renderCheck(hostileView);

      for (const text of [comment, check.title, check.summary, check.text ?? '']) expectHarmless(text);
      expect(comment).toMatch(/^### (✅|❌|⚠️|⚪|⏳|⏭|🔒|⏹) /);
      expect(comment.split('\n')[0]).toBe(`### ${check.title}`);
      expect(readMarker(KEY, comment)).toBeUndefined();
      expect(check.title.length).toBeLessThan(300);
    }
  });

  it.each(PAYLOADS.map((payload) => [payload.slice(0, 60), payload]))(
    'says nothing to a terminal: %j',
    (_, payload) => {
      const [first] = viewsWith(payload);
      if (first?.result?.kind !== 'judged') throw new Error('expected a judged view');

      const text = renderTerminal(comparisonOf(first, first.result), { color: false });

      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(text.split('\n').length).toBeLessThan(17);
    },
  );
});
