import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderComparison } from '../../src/report/comment.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import type { Comparison } from '../../src/report/view.ts';
import { COUNTED, judged, PROFILE, REGRESSED, verdict } from './helpers/builders.ts';

const COMPARISON: Comparison = {
  result: judged(
    'fail',
    [
      verdict('unchanged', 0.004, [-0.01, 0.019], { scenario: 'floor', baseValue: 212, headValue: 213 }),
      REGRESSED,
      verdict('inconclusive', 0.12, [-0.05, 0.2], {
        metric: 'latency_p99',
        gates: false,
        baseValue: 11.42,
        headValue: 12.8,
      }),
    ],
    { notes: ['services and load generator were not pinned to CPUs'] },
  ),
  baseRef: 'main',
  baseIs: 'merge-base',
  rerunNumber: 0,
};

describe('the terminal', () => {
  it('shows the same verdict in aligned columns', () => {
    expect(renderTerminal(COMPARISON, { color: false })).toMatchInlineSnapshot(`
      "✖ Slower: CPU / request +7.7 % [+6.8, +8.5] on rank-200 — gate failing (limit +5 %)
      1 worse · 0 better · 1 unchanged · 1 undecided (not gated) — base a1b2c3d (merge base, 3 commits behind main) → head 9f8e7d6

      Scenario  Metric             Base      Head   Change  (95 % CI)      Limit
      rank-200  CPU / request   3.10 ms   3.34 ms   +7.7 %  [+6.8, +8.5]    +5 %  ▲ worse, over the limit
      floor     CPU / request  212.0 µs  213.0 µs   +0.4 %  [−1.0, +1.9]    +5 %  = unchanged
      rank-200  p99            11.42 ms  12.80 ms  +12.0 %  [−5.0, +20.0]      –  ? undecided

      Certainty: 12 of 12 pairs slower; confirmed by 6 fresh pairs (+7.4 %). Smallest change this run could see: 2.4 %.
      Answers unchanged: 500 of 500 sampled requests answered as base does.
      Note: services and load generator were not pinned to CPUs"
    `);
  });

  it('says where the time went and what else was found, in the words of the comment and without its marks', () => {
    const result = judged('fail', [{ ...REGRESSED, family: 2, marginWhy: ['no pinning'] }], {
      profiles: [PROFILE],
      secondOpinions: [COUNTED],
    });

    const lines = renderTerminal({ ...COMPARISON, result }, { color: false }).split('\n');

    expect(lines).toContain(
      'Where it went: scoreCandidates +190 µs/request (src/score.ts, changed here), stringify +30.0 µs/request',
    );
    expect(lines).toContain('Second opinion: instructions per request +7.5 % (valgrind).');
    expect(lines.find((line) => line.startsWith('Certainty'))).toContain(
      'A change counts only beyond ±0.5 %, more than usual: no pinning. Error rate shared by 2 gating metrics.',
    );
  });

  it('colours whole lines only when asked to', () => {
    const plain = renderTerminal(COMPARISON, { color: false });
    const coloured = renderTerminal(COMPARISON, { color: true });

    expect(plain).not.toContain('\u001B');
    expect(stripVTControlCharacters(coloured)).toBe(plain);
    expect(coloured).toContain('\u001B[31mrank-200  CPU / request');
  });

  it('shares its sentences with the Markdown of the same comparison', () => {
    const markdown = renderComparison(COMPARISON);
    const unstyled = markdown.replaceAll('`', '').replaceAll('**', '');

    for (const line of renderTerminal(COMPARISON, { color: false }).split('\n')) {
      if (/^(Certainty|Answers)/.test(line)) expect(unstyled).toContain(line);
    }
    expect(markdown).not.toContain('/perf');
  });
});
