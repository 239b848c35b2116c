import type { Position } from './problem.ts';

/** Lines and columns, both from 1, of offsets in `text`. */
export function locateOffsets(
  text: string,
  offsets: readonly (number | undefined)[],
): (Position | undefined)[] {
  const lineStarts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) lineStarts.push(end + 1);
  return offsets.map((offset) => (offset === undefined ? undefined : positionAt(lineStarts, offset)));
}

function positionAt(lineStarts: readonly number[], offset: number): Position {
  let low = 0;
  let high = lineStarts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - (lineStarts[low] ?? 0) + 1 };
}
