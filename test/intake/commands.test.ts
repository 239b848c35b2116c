import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../src/intake/commands.ts';

describe('parseCommand', () => {
  it.each([
    ['/perf run', 'run'],
    ['/perf rerun', 'rerun'],
    ['/perf cancel', 'cancel'],
    ['/perf help', 'help'],
    ['/perf RUN', 'run'],
    ['/perf\trun  ', 'run'],
    ['/perf run please, and quickly', 'run'],
    ['/perf run\n/perf cancel', 'run'],
    ['Looks good.\r\n\r\n/perf rerun\r\nThanks', 'rerun'],
    ['> what was said\n\n/perf run', 'run'],
    ['```\n/perf cancel\n```\n/perf run', 'run'],
    ['<!-- hidden -->\n/perf run', 'run'],
  ])('finds in %j the command %s', (comment, command) => {
    expect(parseCommand(comment)).toBe(command);
  });

  it.each([
    '/perf',
    '/perf   ',
    '/perf approve',
    '/perf run!',
    '/perf --help',
    '/perf constructor',
    '/perf __proto__',
  ])('takes %j for a question for help', (comment) => {
    expect(parseCommand(comment)).toBe('help');
  });

  it.each([
    '',
    'please /perf run',
    ' /perf run',
    '    /perf run',
    '\t/perf run',
    '/performance run',
    '/perf-run',
    '//perf run',
    '\\/perf run',
    '`/perf run`',
    '* /perf run',
    '> /perf run',
    '>/perf run',
    '> > /perf run',
    '   > /perf run',
    '> somebody wrote\n/perf run',
    '> ```\n/perf run',
    '```\n/perf run\n```',
    '```sh\n/perf run',
    '~~~\n/perf run\n~~~',
    '````\n```\n/perf run\n````',
    '```\n~~~\n/perf run\n```',
    '```\n``` not the end\n/perf run\n```',
    '<!--\n/perf run\n-->',
    '<!-- how to start it:\n\n/perf run -->',
    '<pre>\n/perf run\n</pre>',
    '\u2028/perf run',
  ])('finds none in %j', (comment) => {
    expect(parseCommand(comment)).toBeUndefined();
  });

  it('finds none in a text that has no line with the word', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (comment) => {
        fc.pre(!/^\/perf/m.test(comment));
        expect(parseCommand(comment)).toBeUndefined();
      }),
    );
  });

  it('finds none in any quoted or fenced text', () => {
    const pieces = fc.constantFrom('/perf run', '', 'text', '> quote', '- item', '~~~', '<!--');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (lines) => {
        expect(parseCommand(lines.map((line) => `> ${line}`).join('\n'))).toBeUndefined();
        expect(parseCommand(['```', ...lines, '```'].join('\n'))).toBeUndefined();
      }),
    );
  });

  it('reads a hostile comment of full length in one pass', () => {
    const hostile = [
      '> '.repeat(8_000),
      '`'.repeat(16_000),
      `/perf ${' '.repeat(16_000)}`,
      '<!--'.repeat(4_000),
    ];

    expect(hostile.map(parseCommand)).toEqual([undefined, undefined, 'help', undefined]);
  });
});
