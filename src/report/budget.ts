import type { Fold } from './page.ts';

/**
 * GitHub refuses comments of more than 65,536 characters and check texts of more than 65,535 (422). The budget is
 * kept in bytes of UTF-8, which no way of counting characters exceeds, with room for the marker.
 */
export const TEXT_BUDGET_BYTES = 60_000;

/** Bytes of UTF-8. */
export function sizeOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/**
 * `parts` in order, as long as they fit; from the first that does not, none. Folds are cut at whole rows.
 *
 * @param parts paragraphs (bounded, most important first), then folds
 * @param wrap makes the text of a fold from its lines
 */
export function joinWithin(
  budgetBytes: number,
  paragraphs: readonly string[],
  folds: readonly Fold[],
  wrap: (fold: Fold, lines: string[]) => string,
): string {
  const kept: string[] = [];
  let left = budgetBytes;
  for (const paragraph of paragraphs) {
    const cost = sizeOf(paragraph) + SEPARATOR.length;
    if (cost > left) return kept.join(SEPARATOR);
    kept.push(paragraph);
    left -= cost;
  }
  for (const fold of folds) {
    const room = left - SEPARATOR.length - sizeOf(wrap(fold, frame(fold, [])));
    const rows = fitRows(fold, room);
    if (rows === undefined) continue;
    const text = wrap(fold, frame(fold, rows));
    kept.push(text);
    left -= sizeOf(text) + SEPARATOR.length;
  }
  return kept.join(SEPARATOR);
}

const SEPARATOR = '\n\n';
/** Of the line that says how many rows are missing. */
const NOTE_BYTES = 60;

/** The rows that fit and, when some do not, how many; undefined when not even one does. */
function fitRows({ rows, cutAt }: Fold, roomBytes: number): string[] | undefined {
  const total = rows.reduce((sum, row) => sum + sizeOf(row) + 1, 0);
  if (total <= roomBytes) return [...rows];
  const order = cutAt === 'end' ? rows : [...rows].reverse();
  let left = roomBytes - NOTE_BYTES;
  const fitting = order.findIndex((row) => (left -= sizeOf(row) + 1) < 0);
  if (fitting <= 0) return undefined;
  const kept = order.slice(0, fitting);
  const more = rows.length - fitting;
  return cutAt === 'end' ? [...kept, '', `and ${more} more`] : [`and ${more} more before`, ...kept.reverse()];
}

function frame(fold: Fold, rows: string[]): string[] {
  return [...fold.before, ...rows, ...fold.after];
}
