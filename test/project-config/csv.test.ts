import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../src/project-config/csv.ts';

const LIMIT = { records: 1_000, words: 'fewer records' };

function fieldsOf(text: string): string[][] {
  const csv = readCsv(text, LIMIT);
  if (!csv.ok) throw new Error(csv.problem.message);
  return csv.records.map(({ fields }) => fields);
}

describe('CSV as in RFC 4180', () => {
  it.each<[string, string[][]]>([
    ['', []],
    ['a', [['a']]],
    [
      'a,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,\n,b\n,\n',
      [
        ['a', ''],
        ['', 'b'],
        ['', ''],
      ],
    ],
    ['"a","b ""c"" d"\r\n', [['a', 'b "c" d']]],
    ['"a\r\nb",","\n', [['a\r\nb', ',']]],
    ['""\n""', [[''], ['']]],
    ['\n\n', [[''], ['']]],
    [' a , b \n', [[' a ', ' b ']]],
    ['é,排\n', [['é', '排']]],
  ])('reads %j', (text, expected) => {
    expect(fieldsOf(text)).toEqual(expected);
  });

  it.each([
    ['a"b', 1, 'expected no double quote inside a field without quotes; found one'],
    ['a\n"b', 2, 'expected a closing double quote; found the end of the file'],
    ['"a"b', 3, 'expected a comma or the end of the line after a quoted field; found "b"'],
    ['"a" ,b', 3, 'expected a comma or the end of the line after a quoted field; found " "'],
    ['a,b\nc', 4, 'expected 2 fields as in the first record; found 1'],
    ['a\n\nb,c', 3, 'expected 1 fields as in the first record; found 2'],
    ['a\rb', 1, 'expected CRLF or LF as line end; found CR'],
    ['"a"\rb', 3, 'expected a comma or the end of the line after a quoted field; found "\uFFFD"'],
  ])('refuses %j at %d', (text, offset, message) => {
    expect(readCsv(text, LIMIT)).toEqual({
      ok: false,
      problem: expect.objectContaining({ offset, message }) as unknown,
    });
  });

  it('refuses more records than it may read', () => {
    expect(readCsv('a\nb\nc', { records: 2, words: 'at most 2 lines' })).toEqual({
      ok: false,
      problem: { offset: 4, message: 'expected at most 2 lines; found more' },
    });
  });

  it('reads back whatever is written by the rules', () => {
    const field = fc.oneof(fc.string(), fc.constantFrom('', '"', ',', '\n', '\r\n', 'a"b'));
    const table = fc
      .integer({ min: 1, max: 4 })
      .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }), { maxLength: 6 }));
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), fc.boolean(), (rows, end, quotesAll) => {
        const written = rows.map((row) => row.map((text) => write(text, quotesAll)).join(',') + end).join('');

        expect(fieldsOf(written)).toEqual(rows);
      }),
    );
  });
});

function write(text: string, quotesAll: boolean): string {
  return quotesAll || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
