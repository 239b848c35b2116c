import { fenceFor, logLines } from './escape.ts';
import type { Fold } from './page.ts';

const MOST_LINES = 20;

/**
 * The last lines of some output as a fenced block; undefined when there is nothing to see.
 *
 * @param title our own words
 * @param output plain text, hostile
 * @param name of the log, hostile too; becomes the first line of the block
 */
export function logFold(
  title: string,
  output: string | undefined,
  options: { open: boolean; name?: string },
): Fold | undefined {
  const lines = logLines(output ?? '');
  while (lines.at(-1) === '') lines.pop();
  const rows = lines.slice(-MOST_LINES);
  if (rows.every((line) => line === '')) return undefined;
  const heading = options.name === undefined ? [] : [`${visibleLog(options.name)}:`];
  const fence = fenceFor([...heading, ...rows]);
  return {
    title,
    before: [`${fence}text`, ...heading],
    rows,
    after: [fence],
    cutAt: 'start',
    open: options.open,
  };
}

function visibleLog(name: string): string {
  return logLines(name, 60)[0] ?? '';
}
