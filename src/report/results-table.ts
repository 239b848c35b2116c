import type { Verdict } from '../domain/verdict.ts';
import { codeCell } from './escape.ts';
import { changeHeading, toRows } from './rows.ts';

/** A Markdown table in parts, so that it can be cut at whole rows. */
export interface MarkdownTable {
  /** Heading and its rule. */
  head: string[];
  rows: string[];
}

/** The verdicts as a table, in the order given. */
export function resultsTable(verdicts: readonly Verdict[]): MarkdownTable {
  const rows = toRows(verdicts, codeCell).map((row) => {
    // Bold is for what was found to differ, not for what merely looks large.
    const found = row.verdict === 'regressed' || row.verdict === 'improved';
    const change = found ? `**${row.change}**` : row.change;
    const cells = [
      row.metric,
      row.base,
      row.head,
      `${change} ${row.interval}`.trim(),
      row.limit,
      row.outcome,
    ];
    return `| ${codeCell(row.scenario)} | ${cells.join(' | ')} |`;
  });
  return {
    head: [
      `| Scenario | Metric | Base | Head | ${changeHeading(verdicts)} | Limit | |`,
      '|---|---|--:|--:|---|--:|---|',
    ],
    rows,
  };
}
