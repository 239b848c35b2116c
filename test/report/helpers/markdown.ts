/**
 * A strict, small reading of GitHub Flavored Markdown: enough to tell what is code and what is not (CommonMark 0.31,
 * "Fenced code blocks" and "Code spans"; GFM, "Tables (extension)"). Written from the specification, not from the
 * code under test.
 */
export interface Reading {
  /** Everything that is not code, line by line. */
  prose: string;
  /** The contents of code spans and fences, in order. */
  code: string[];
  tables: { columns: number; rows: number[] }[];
}

/** Reads a document; throws when a fence or a span is left open. */
export function readMarkdown(text: string): Reading {
  const reading: Reading = { prose: '', code: [], tables: [] };
  let fence: string | undefined;
  let fenced: string[] = [];
  let table: Reading['tables'][number] | undefined;
  for (const line of text.split('\n')) {
    const run = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      const closes =
        run !== undefined && run[0] === fence[0] && run.length >= fence.length && line.trim() === run;
      if (!closes) {
        fenced.push(line);
        continue;
      }
      reading.code.push(fenced.join('\n'));
      fence = undefined;
      fenced = [];
      continue;
    }
    if (
      run !== undefined &&
      !(run.startsWith('`') && line.slice(line.indexOf(run) + run.length).includes('`'))
    ) {
      fence = run;
      continue;
    }
    table = readTableLine(reading, table, line);
    reading.prose += `${readSpans(line, reading.code)}\n`;
  }
  if (fence !== undefined) throw new Error('a fence was left open');
  return reading;
}

/** How many cells a table line has: pipes count unless a backslash stands right before them. */
export function countCells(line: string): number {
  return line
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split(/(?<!\\)\|/).length;
}

function readTableLine(
  reading: Reading,
  table: Reading['tables'][number] | undefined,
  line: string,
): Reading['tables'][number] | undefined {
  if (!line.startsWith('|')) return undefined;
  if (table === undefined) {
    const started = { columns: countCells(line), rows: [] };
    reading.tables.push(started);
    return started;
  }
  table.rows.push(countCells(line));
  return table;
}

/** A span starts at a run of backticks and ends at the next run of the same length. */
function readSpans(line: string, code: string[]): string {
  let prose = '';
  let at = 0;
  while (at < line.length) {
    const run = /^`+/.exec(line.slice(at))?.[0];
    if (run === undefined) {
      prose += line[at];
      at += 1;
      continue;
    }
    const rest = line.slice(at + run.length);
    const end = new RegExp(`(?<!\`)${run}(?!\`)`).exec(rest);
    if (end === null) throw new Error(`a code span was left open: ${line}`);
    code.push(rest.slice(0, end.index));
    prose += '\u25A1';
    at += run.length + end.index + run.length;
  }
  return prose;
}
