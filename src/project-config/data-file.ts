/** The rows of a data file: CSV with a header line, or JSON lines. */

import { count } from './leaves.ts';
import { readCsv } from './csv.ts';
import { found } from './found.ts';
import { readJson } from './json-source.ts';
import { objectToColumn } from './placeholders.ts';
import { locateOffsets } from './position.ts';
import type { Finding, LocatedFile } from './problem.ts';
import { objectToBody } from './request-rules.ts';
import { isMapping } from './unchecked.ts';

/** Most rows of a data file. */
export const MAX_ROWS = 10_000;

/** The value of each column in one row: texts from CSV, any JSON from JSON lines. */
export type DataRow = Readonly<Record<string, unknown>>;

/** A data file that was accepted. */
export interface DataRows {
  columns: string[];
  rows: DataRow[];
  /** Whether a value holds `{{`. */
  hasBraces: boolean;
}

/** What {@link readDataFile} found: rows, or findings with their offsets. */
export interface DataSource extends LocatedFile {
  data: DataRows | undefined;
  findings: Finding[];
}

/** The kinds of data files by the end of their name. */
export const DATA_FILE_RULE = 'a file that ends in .csv or .jsonl';

/** Whether `path` is called like a data file. */
export function isDataFile(path: string): boolean {
  return /\.(?:csv|jsonl)$/i.test(path);
}

/** Reads the text of a data file called `file`. Never throws. */
export function readDataFile(file: string, text: string): DataSource {
  const rows = /\.csv$/i.test(file) ? rowsOfCsv(text) : rowsOfJsonLines(file, text);
  const isFine = rows.findings.length === 0;
  if (isFine && rows.data.rows.length === 0)
    rows.findings.push(at(0, 'expected at least one row; found none'));
  return {
    file,
    data:
      rows.findings.length === 0
        ? { ...rows.data, hasBraces: JSON.stringify(rows.data.rows).includes('{{') }
        : undefined,
    findings: rows.findings,
    locate: (findings) =>
      locateOffsets(
        text,
        findings.map(({ offset }) => offset),
      ),
  };
}

interface Rows {
  data: Pick<DataRows, 'columns' | 'rows'>;
  findings: Finding[];
}

function rowsOfCsv(text: string): Rows {
  const csv = readCsv(text, {
    records: MAX_ROWS + 1,
    words: `a header and at most ${count(MAX_ROWS)} rows`,
  });
  if (!csv.ok) return refused(csv.problem.offset, csv.problem.message, csv.problem.fix);
  const [header, ...records] = csv.records;
  const columns = header?.fields ?? [];
  const objection = columnsObjection(columns);
  if (objection !== undefined) return refused(0, objection.message, objection.fix);
  // Without a prototype there is nothing that a column could shadow.
  const rows = records.map(({ fields }) => {
    const row: Record<string, unknown> = Object.create(null);
    for (const [index, column] of columns.entries()) row[column] = fields[index] ?? '';
    return row;
  });
  return { data: { columns, rows }, findings: [] };
}

function rowsOfJsonLines(file: string, text: string): Rows {
  const rows: DataRow[] = [];
  let columns: string[] | undefined;
  let offset = 0;
  for (const line of text.split('\n')) {
    const start = offset;
    offset += line.length + 1;
    if (line.trim() === '') continue;
    if (rows.length >= MAX_ROWS)
      return refused(start, `expected at most ${count(MAX_ROWS)} rows; found more`);
    const { value, findings } = readJson(file, line);
    const [first] = findings;
    if (first !== undefined) return refused(start + (first.offset ?? 0), first.message, first.fix);
    if (!isMapping(value))
      return refused(start, `expected a JSON object in each line; found ${found(value)}`);
    columns ??= Object.keys(value);
    const wrong = (rows.length === 0 ? columnsObjection(columns) : undefined) ?? rowObjection(value, columns);
    if (wrong !== undefined) return refused(start, wrong.message, wrong.fix);
    rows.push(value);
  }
  return { data: { columns: columns ?? [], rows }, findings: [] };
}

/** The first row says which columns there are; a row with others is a slip that would send odd requests. */
function rowObjection(
  row: DataRow,
  columns: readonly string[],
): { message: string; fix?: string } | undefined {
  const missing = columns.find((column) => !Object.hasOwn(row, column));
  if (missing !== undefined) return { message: `expected ${found(missing)} as in the first row; found none` };
  const extra = Object.keys(row).find((key) => !columns.includes(key));
  if (extra !== undefined)
    return { message: `expected the keys of the first row, ${columns.join(', ')}; found ${found(extra)}` };
  // Numbers that JSON would change are refused as they are in bodies.
  const values = Object.values(row).map((value) => (value === null ? undefined : objectToBody(value)));
  const objection = values.find((candidate) => candidate !== undefined);
  if (objection === undefined) return undefined;
  return {
    message: `expected ${objection.expected}${objection.found === undefined ? '' : `; found ${found(objection.found)}`}`,
    fix: 'put the number in quotes',
  };
}

function columnsObjection(columns: readonly string[]): { message: string; fix?: string } | undefined {
  if (columns.length > 100)
    return { message: `expected at most 100 columns; found ${count(columns.length)}` };
  if (columns.length === 0) return { message: 'expected at least one column; found none' };
  for (const [index, column] of columns.entries()) {
    const objection = objectToColumn(column);
    if (objection !== undefined) return { message: `expected ${objection}; found ${found(column)}` };
    if (columns.indexOf(column) < index) return { message: `duplicate column ${found(column)}` };
  }
  return undefined;
}

function refused(offset: number, message: string, fix?: string): Rows {
  return {
    data: { columns: [], rows: [] },
    findings: [{ ...at(offset, message), ...(fix === undefined ? {} : { fix }) }],
  };
}

function at(offset: number, message: string): Finding {
  return { path: [], message, offset };
}
