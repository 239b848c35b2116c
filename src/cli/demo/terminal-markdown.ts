/** Our own comments as a person sees them on the page: folds closed, tables aligned, markup gone. */
import { stripVTControlCharacters } from 'node:util';

const INLINE: readonly [RegExp, string][] = [
  [/<!--[\s\S]*?-->/g, ''],
  // Links before bold: an escape sequence opens with a bracket too.
  [/\[([^\]]+)\]\(([^)]+)\)/g, '$1 ($2)'],
  [/\*\*(.+?)\*\*/g, '\u001b[1m$1\u001b[22m'],
  [/`+([^`]+)`+/g, '$1'],
  [/&nbsp;/g, ' '],
];

function inline(text: string, bold: boolean): string {
  let plain = text;
  for (const [pattern, replacement] of INLINE) plain = plain.replace(pattern, replacement);
  return bold ? plain : stripVTControlCharacters(plain);
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}

function renderTable(lines: readonly string[], bold: boolean): string[] {
  const rows = lines
    .filter((line) => !/^\|[\s:|-]+\|$/.test(line))
    .map((line) =>
      line
        .replace(/^\||\|$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => inline(cell.trim().replaceAll('\\|', '|'), bold)),
    );
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => visibleLength(row[column] ?? ''))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - visibleLength(cell))))
      .join('  ')
      .trimEnd(),
  );
}

/** The Markdown that perf-ci writes, as terminal text. @param bold whether escape sequences may be used */
export function renderForTerminal(markdown: string, bold: boolean): string {
  const folded = markdown
    .replace(
      /<details( open)?>\s*<summary>([\s\S]*?)<\/summary>[\s\S]*?<\/details>/g,
      (_all, _open, summary: string) => {
        return `▸ ${summary.replace(/<[^>]+>/g, '')}`;
      },
    )
    .replace(/<!--[\s\S]*?-->/g, '')
    .trim();
  const out: string[] = [];
  const lines = folded.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line.startsWith('|')) {
      const end = lines.findIndex((candidate, at) => at > index && !candidate.startsWith('|'));
      const table = lines.slice(index, end === -1 ? undefined : end);
      out.push(...renderTable(table, bold));
      index += table.length - 1;
    } else {
      const heading = /^#+ (.*)$/.exec(line)?.[1];
      out.push(heading === undefined ? inline(line, bold) : inline(`**${heading}**`, bold));
    }
  }
  return out.join('\n').replace(/\n{3,}/g, '\n\n');
}
