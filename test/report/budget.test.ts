import { describe, expect, it } from 'vitest';
import { joinWithin, sizeOf } from '../../src/report/budget.ts';
import { renderCheck } from '../../src/report/check.ts';
import { renderComment } from '../../src/report/comment.ts';
import { fold } from '../../src/report/page.ts';
import { failed, judged, verdict, view } from './helpers/builders.ts';
import { readMarkdown } from './helpers/markdown.ts';

const NAMES = ['名前は長い', 'ñandú', '🚀', 'x|y', '`tick`', 'Ünïcödé', 'ﷺ', '@team'];

/** 5,000 results with names of 200 characters and more. */
const HUGE = judged(
  'fail',
  Array.from({ length: 5_000 }, (_, index) =>
    verdict(index % 3 === 0 ? 'regressed' : 'unchanged', 0.06, [0.051, 0.07], {
      scenario: `${index}-${(NAMES[index % NAMES.length] ?? '').repeat(200).slice(0, 200)}`,
    }),
  ),
);

describe('a text that would be too long', () => {
  it('stays within 60,000 bytes with whole rows and a count of what is missing', () => {
    const comment = renderComment(view(HUGE));
    const check = renderCheck(view(HUGE));

    expect(sizeOf(comment)).toBeLessThanOrEqual(60_000 - 200);
    expect(sizeOf(check.summary)).toBeLessThanOrEqual(60_000);
    expect(sizeOf(check.text ?? '')).toBeLessThanOrEqual(60_000);
    for (const text of [comment, check.summary, check.text ?? '']) {
      expect(text.isWellFormed()).toBe(true);
      const { tables } = readMarkdown(text);
      for (const { columns, rows } of tables) expect([...new Set([columns, ...rows])]).toEqual([7]);
    }
  });

  it('says how many results are not shown, and the number is right', () => {
    const comment = renderComment(view(HUGE));
    const shown = readMarkdown(comment).tables.at(-1)?.rows.length ?? 0;
    const missing = Number(/\nand (\d+) more\n\n<\/details>/.exec(comment)?.[1]);

    // One of the rows is the rule under the heading.
    expect(shown - 1 + missing).toBe(5_000);
    expect(comment).toContain('and 1659 more, in the list of all results');
  });

  it('keeps the last lines of a log and drops the first', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `${index} ${'🚀'.repeat(399)}`);
    const rows = fold('log', lines);

    const text = joinWithin(9_000, [], [{ ...rows, cutAt: 'start' }], (_, kept) => kept.join('\n'));

    expect(text.split('\n')[0]).toBe('and 15 more before');
    expect(text.split('\n').at(-1)?.startsWith('19 ')).toBe(true);
  });

  it('leaves out a fold of which not even one row fits, and goes on with the next', () => {
    const wrap = (_: unknown, lines: string[]): string => lines.join('\n');

    const text = joinWithin(200, ['first'], [fold('a', ['x'.repeat(500)]), fold('b', ['short'])], wrap);

    expect(text).toBe('first\n\nshort');
  });

  it('holds for failures with long output, too', () => {
    const noise = '````\u202E漢字'.repeat(100_000);
    const hostile = failed('head', {
      message: noise,
      remedy: noise,
      logTail: `${noise}\n`.repeat(3),
      scenario: noise,
    });

    const comment = renderComment(view(hostile, { logs: [{ name: noise, tail: noise }] }));

    expect(sizeOf(comment)).toBeLessThanOrEqual(60_000);
    expect(() => readMarkdown(comment)).not.toThrow();
  });
});
