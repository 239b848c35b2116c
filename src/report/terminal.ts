import { describeFindings, describeOutcome } from './judged.ts';
import { judgedHeadline } from './judged-headline.ts';
import { count } from './numbers.ts';
import { isGating, isRemarkable, rankVerdicts } from './rank.ts';
import type { ResultRow } from './rows.ts';
import { changeHeading, toRows } from './rows.ts';
import type { Colour } from './style.ts';
import { paint, terminalStyle } from './style.ts';
import type { Comparison } from './view.ts';

const COLOURS: Readonly<Record<ResultRow['verdict'], Colour | undefined>> = {
  regressed: 'red',
  improved: 'green',
  inconclusive: 'yellow',
  unchanged: undefined,
};

/** So many rows are shown in any case; a screen has room for a few more. */
const FEWEST_ROWS = 12;

/**
 * A judged comparison as plain lines for a terminal, columns aligned, no line break at its end: every result that gates
 * or changed, then others as far as there is room. All of them are in the other forms.
 */
export function renderTerminal(comparison: Comparison, options: { color: boolean }): string {
  const { result } = comparison;
  const style = terminalStyle(options.color);
  const ranked = rankVerdicts(result.verdicts);
  const shown = ranked.filter(
    (verdict, index) => index < FEWEST_ROWS || isGating(verdict) || isRemarkable(verdict),
  );
  const table = alignedTable(toRows(shown, style.code), changeHeading(shown), options.color);
  const left = ranked.length - shown.length;
  return [
    style.strong(judgedHeadline(result, terminalStyle(false))),
    describeOutcome(comparison, style),
    ...(shown.length === 0 ? [] : ['', ...table]),
    ...(left === 0
      ? []
      : [`and ${count(left, 'further result')}, unchanged or undecided: --markdown or --json`]),
    '',
    ...describeFindings(result, style),
    ...result.notes.map((note) => `${style.strong('Note:')} ${style.code(note, 300)}`),
  ].join('\n');
}

type Align = 'left' | 'right';
const ALIGN: readonly Align[] = ['left', 'left', 'right', 'right', 'right', 'left', 'right', 'left'];

function alignedTable(rows: readonly ResultRow[], change: string, color: boolean): string[] {
  const style = terminalStyle(false);
  const cells = rows.map((row) => [
    style.code(row.scenario, 40),
    row.metric,
    row.base,
    row.head,
    row.change,
    row.interval,
    row.limit,
    row.outcome,
  ]);
  const heading = [
    'Scenario',
    'Metric',
    'Base',
    'Head',
    'Change',
    change.replace('Change ', ''),
    'Limit',
    '',
  ];
  const widths = heading.map((title, column) =>
    Math.max(widthOf(title), ...cells.map((row) => widthOf(row[column] ?? ''))),
  );
  const write = (row: string[]): string =>
    row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join('  ');
  const lines = cells.map((row, index) => {
    const verdict = rows[index]?.verdict;
    return paint(write(row).trimEnd(), verdict === undefined ? undefined : COLOURS[verdict], color);
  });
  return [paint(write(heading).trimEnd(), 'dim', color), ...lines];
}

function pad(cell: string, width: number, column: number): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(cell)));
  return ALIGN[column] === 'right' ? `${space}${cell}` : `${cell}${space}`;
}

function widthOf(text: string): number {
  return Array.from(text).length;
}
