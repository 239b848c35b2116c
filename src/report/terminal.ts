import { describeAnswers } from './answers.ts';
import { describeCertainty } from './certainty.ts';
import { describeOutcome, inOrder } from './judged.ts';
import { judgedHeadline } from './judged-headline.ts';
import { rankVerdicts } from './rank.ts';
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

/** A judged comparison as plain lines for a terminal: every result, columns aligned, no line break at its end. */
export function renderTerminal(comparison: Comparison, options: { color: boolean }): string {
  const { result } = comparison;
  const style = terminalStyle(options.color);
  const ranked = rankVerdicts(result.verdicts);
  const table = alignedTable(toRows(ranked), changeHeading(ranked), options.color);
  return [
    style.strong(judgedHeadline(result, terminalStyle(false))),
    describeOutcome(comparison, style),
    ...(ranked.length === 0 ? [] : ['', ...table]),
    '',
    ...inOrder(result, describeAnswers(result, style), describeCertainty(result, style)),
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
