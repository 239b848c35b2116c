/** A strict reader of CSV as RFC 4180 (doi:10.17487/RFC4180) describes it. */

import { clip } from '../domain/errors.ts';

/** One record: its fields, and the offset at which it begins. */
export interface CsvRecord {
  offset: number;
  fields: string[];
}

/** What {@link readCsv} found; `problem` is the first thing that is no CSV. */
export type CsvRecords =
  | { ok: true; records: CsvRecord[] }
  | { ok: false; problem: { message: string; fix?: string; offset: number } };

/**
 * Reads comma-separated records that end with CRLF or LF; the last end is optional. Fields may be enclosed in
 * double quotes, a double quote inside is doubled. Every record must have as many fields as the first. More than
 * `limit.records` records are a problem, told in `limit.words`.
 */
export function readCsv(text: string, limit: { records: number; words: string }): CsvRecords {
  const records: CsvRecord[] = [];
  let at = 0;
  while (at < text.length) {
    const record: CsvRecord = { offset: at, fields: [] };
    if (records.length >= limit.records) return problem(at, `expected ${limit.words}; found more`);
    for (;;) {
      const field = text[at] === '"' ? quotedField(text, at) : plainField(text, at);
      if ('message' in field) return { ok: false, problem: field };
      record.fields.push(field.value);
      at = field.end;
      if (text[at] !== ',') break;
      at += 1;
    }
    at += lineEnd(text, at);
    records.push(record);
    const [first] = records;
    const expected = first?.fields.length ?? 0;
    if (record.fields.length !== expected) {
      const found = record.fields.length;
      return problem(record.offset, `expected ${expected} fields as in the first record; found ${found}`);
    }
  }
  return { ok: true, records };
}

type Field = { value: string; end: number } | { message: string; fix?: string; offset: number };

function plainField(text: string, start: number): Field {
  let end = start;
  while (end < text.length && text[end] !== ',' && lineEnd(text, end) === 0) {
    if (text[end] === '"') {
      return {
        message: 'expected no double quote inside a field without quotes; found one',
        fix: 'enclose the field in double quotes and double the one inside',
        offset: end,
      };
    }
    if (text[end] === '\r') return { message: 'expected CRLF or LF as line end; found CR', offset: end };
    end += 1;
  }
  return { value: text.slice(start, end), end };
}

function quotedField(text: string, start: number): Field {
  let value = '';
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote === -1)
      return { message: 'expected a closing double quote; found the end of the file', offset: start };
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') {
      const end = quote + 1;
      if (end >= text.length || text[end] === ',' || lineEnd(text, end) > 0) return { value, end };
      const message = `expected a comma or the end of the line after a quoted field; found "${clip(text[end] ?? '')}"`;
      return { message, offset: end };
    }
    value += '"';
    from = quote + 2;
  }
}

/** Length of the line end at `at`: 2 for CRLF, 1 for LF, 0 for none. */
function lineEnd(text: string, at: number): number {
  if (text[at] === '\n') return 1;
  return text[at] === '\r' && text[at + 1] === '\n' ? 2 : 0;
}

function problem(offset: number, message: string): CsvRecords {
  return { ok: false, problem: { message, offset } };
}
