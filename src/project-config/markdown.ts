/** The Markdown of documents that are written from the schema. */

/** A name or value in a sentence or cell. */
export function code(text: string): string {
  return `\`${text}\``;
}

/** A Markdown table with its columns aligned, as the formatter of this project writes them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((cellsOfRow) => cellsOfRow.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) =>
    Math.max(3, ...cells.map((cellsOfRow) => cellsOfRow[column]?.length ?? 0)),
  );
  const lines = cells.map((cellsOfRow) =>
    line(cellsOfRow.map((cell, column) => cell.padEnd(widths[column] ?? 0))),
  );
  return [lines[0], line(widths.map((width) => '-'.repeat(width))), ...lines.slice(1)].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** A part of a perf-ci.yml. */
export function yamlBlock(yaml: string): string {
  return `\`\`\`yaml\n${yaml.trimEnd()}\n\`\`\``;
}
