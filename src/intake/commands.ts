export type CommandName = 'run' | 'rerun' | 'cancel' | 'help';

const COMMANDS: readonly CommandName[] = ['run', 'rerun', 'cancel', 'help'];
const COMMAND_LINE = /^\/perf(?:[ \t]+(\S+).*|[ \t]*)$/;

const QUOTE = /^ {0,3}>/;
const BLANK = /^[ \t]*$/;
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;

/** Blocks whose text is not the writer's own words: what opens one, and what ends it on the same or a later line. */
const HIDDEN: readonly { opens: RegExp; ends: string }[] = [
  { opens: /^ {0,3}<!--/, ends: '-->' },
  { opens: /^ {0,3}<pre\b/i, ends: '</pre>' },
];

/**
 * The first command of a comment in GitHub's Markdown: a line that starts with `/perf`. What follows the command's
 * name is not read. An unknown or missing name asks for help. Lines inside quotes (also those that continue a
 * quoted paragraph without a mark of their own), code fences, `<pre>` and hidden comments are not commands.
 *
 * @returns undefined when there is none.
 */
export function parseCommand(comment: string): CommandName | undefined {
  for (const line of ownLines(comment.split(/\r\n|\r|\n/))) {
    const found = COMMAND_LINE.exec(line);
    if (found !== null) return COMMANDS.find((name) => name === found[1]?.toLowerCase()) ?? 'help';
  }
  return undefined;
}

/** The lines that stand outside quotes, code and hidden blocks. */
function* ownLines(lines: readonly string[]): Generator<string> {
  let isOver: ((line: string) => boolean) | undefined;
  let inQuote = false;
  for (const line of lines) {
    if (isOver !== undefined) {
      if (isOver(line)) isOver = undefined;
      continue;
    }
    if (QUOTE.test(line)) {
      inQuote = true;
      continue;
    }
    const block = blockOpenedBy(line);
    if (block !== undefined) {
      inQuote = false;
      if (!block.endsAtOnce) isOver = block.isOver;
      continue;
    }
    inQuote = inQuote && !BLANK.test(line);
    if (!inQuote) yield line;
  }
}

function blockOpenedBy(line: string): { endsAtOnce: boolean; isOver: (line: string) => boolean } | undefined {
  const fence = FENCE.exec(line)?.[1];
  if (fence !== undefined) return { endsAtOnce: false, isOver: (later) => closesFence(later, fence) };

  const hidden = HIDDEN.find(({ opens }) => opens.test(line));
  if (hidden === undefined) return undefined;
  const isOver = (later: string): boolean => later.toLowerCase().includes(hidden.ends);
  return { endsAtOnce: isOver(line), isOver };
}

/** A fence ends with at least as many of the same marks and nothing behind them. */
function closesFence(line: string, fence: string): boolean {
  const marks = line.trim();
  const indent = line.length - line.trimStart().length;
  return indent <= 3 && marks.length >= fence.length && marks === (fence[0] ?? '').repeat(marks.length);
}
