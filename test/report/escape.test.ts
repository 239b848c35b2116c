import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeCell, codeSpan, fenceFor, logLines, ownSentence, visibleLine } from '../../src/report/escape.ts';
import { countCells, readMarkdown } from './helpers/markdown.ts';

/** Text in which what matters to Markdown is frequent. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '`',
        '``',
        '```',
        '|',
        '\\',
        '\n',
        '\r\n',
        '@',
        '<!--',
        '-->',
        '&amp;',
        '&#64;',
        '&#x60;',
        '&grave;',
        '~~~',
        '\u202E',
        '\u200B',
        '\u2028',
        ' ',
        '<b>',
        '](x)',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    ),
    { maxLength: 25 },
  )
  .map((parts) => parts.join(''));

describe('a code span', () => {
  it('is one span from its first to its last character, whatever is in it', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const span = codeSpan(text);
        const { prose, code } = readMarkdown(`x ${span} y`);

        expect(span).not.toMatch(/[\n\r\u2028\u2029]/);
        expect(span === '(empty)' || (prose === 'x \u25A1 y\n' && code.length === 1)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['plain', '`plain`'],
    ['a `tick`', '`` a `tick` ``'],
    ['`', '`` ` ``'],
    ['``` fence', '```` ``` fence ````'],
    ['', '(empty)'],
    ['\u202E\u200B\u0007', '(empty)'],
    ['two\nlines\r\nthree', '`two lines three`'],
    ['red \u001B[31mtext\u001B[0m', '`red text`'],
    ['title \u001B]0;evil\u0007done', '`title done`'],
    ['lone \uD800 half', '`lone \uFFFD half`'],
    ['emoji 🚀 stays', '`emoji 🚀 stays`'],
  ])('of %j is %j', (text, expected) => {
    expect(codeSpan(text)).toBe(expected);
  });

  it('is cut at whole characters', () => {
    expect(codeSpan('🚀'.repeat(9), 5)).toBe('`🚀🚀🚀🚀…`');
  });
});

describe('a cell', () => {
  it('never ends its column, whatever is in it', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const line = `| ${codeCell(text)} | next |`;

        expect(countCells(line)).toBe(2);
        expect(() => readMarkdown(line)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a|b', '`a\\|b`'],
    ['a\\|b', '`a\\\u200B\\|b`'],
    ['|', '`\\|`'],
    ['ends with \\', '`ends with \\`'],
  ])('of %j is %j', (text, expected) => {
    expect(codeCell(text)).toBe(expected);
  });
});

describe('a fence', () => {
  it('is never ended by a line within, whatever is in it', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const lines = logLines(text);
        const fence = fenceFor(lines);
        const { prose, code } = readMarkdown([`${fence}text`, ...lines, fence, 'after'].join('\n'));

        expect(code).toEqual([lines.join('\n')]);
        expect(prose).toBe('after\n');
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the lines of a log and their indentation', () => {
    expect(logLines('one\r\n\ttwo\n   three  \n')).toEqual(['one', ' two', '   three', '']);
  });
});

describe('a mention', () => {
  const MENTIONS = [
    '@octocat',
    'hi @octocat!',
    '@acme/owners',
    '\\@octocat',
    '&#64;octocat',
    '&#064;octocat',
    '&#x40;octocat',
    '&#X40;octocat',
    '&commat;octocat',
    '&amp;#64;octocat',
    '&amp;amp;commat;octocat',
    '&#38;#64;octocat',
    '&&#35;64;octocat',
    '&#6\u200B4;octocat',
    '&#6&#8203;4;octocat',
    '&#64octocat',
    '@@octocat',
    '@\u200Doctocat',
    '`@octocat`',
    '<a>@octocat</a>',
    'fixes #12 by @octocat',
    'GH-12 acme/ranking#12 @octocat',
    '\u202Etacotco@',
    '@\noctocat',
  ];

  it.each(MENTIONS)('%j reaches nobody', (text) => {
    const span = codeSpan(text);
    const [line = ''] = logLines(text);

    for (const written of [span, codeCell(text), line]) {
      expect(written).not.toMatch(/@(?!\u200B)/);
      expect(written).not.toMatch(/&(#|amp|commat)/i);
    }
    expect(readMarkdown(span).prose).not.toContain('octocat');
  });
});

describe('references', () => {
  it('are decoded as often as they were encoded, and never left decodable', () => {
    fc.assert(
      fc.property(fc.nat(12), fc.constantFrom('&#64;', '&commat;', '&#x60;', '&lt;'), (depth, reference) => {
        const encoded = `${'&amp;'.repeat(depth)}${reference.slice(1)}`;
        const nested = reference.replace('&', `&${'amp;'.repeat(depth)}`);

        for (const text of [encoded, nested])
          expect(visibleLine(text)).not.toMatch(/&(#\d|#x|amp;|commat;|lt;)/i);
      }),
    );
  });

  it('cost no more than their length', () => {
    const long = `${'&amp;'.repeat(20_000)}#64;`;

    expect(visibleLine(long).length).toBeLessThan(10_001);
  });
});

describe('a sentence of our own', () => {
  it('keeps its words and its code spans', () => {
    const text = '`/perf` commands need write access; the first counts.';

    expect(ownSentence(text)).toBe(text);
  });

  it.each([
    'CPU time in 10 ms steps; 6.5 % stolen by other guests',
    'the standing control fails: 4 alarms in 20 jobs, ±1.1 % expected',
    'late by 12 ms at p99 (limit 5)',
  ])('keeps its numbers: %s', (text) => {
    expect(ownSentence(text)).toBe(text);
  });

  it.each([
    'see [here](https://evil.example)',
    'ask @octocat',
    'closes #12',
    '<img src=x>',
    'an odd ` tick',
    'www.evil.example',
    'commit a1b2c3d4e5',
    'commit 12345678',
    'as in GH-12',
    'v2 of it',
    '**bold**',
    ':shipit:',
    '```` nothing ````',
    'ZQX\n# heading',
  ])('becomes code as a whole when it holds more: %j', (text) => {
    expect(readMarkdown(ownSentence(text)).prose).toBe('\u25A1\n');
  });
});
