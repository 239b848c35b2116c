import { joinWithin, TEXT_BUDGET_BYTES } from './budget.ts';
import type { Fold, Page } from './page.ts';

/** Left free in a comment for the marker. */
const MARKER_ROOM_BYTES = 200;

/** A page as one Markdown text, the verdict in its first line. */
export function toDocument(page: Page): string {
  const paragraphs = [`### ${page.headline}`, ...page.body];
  return joinWithin(TEXT_BUDGET_BYTES - MARKER_ROOM_BYTES, paragraphs, page.folds, wrapAsDetails);
}

/** Blank lines part HTML from Markdown, or GitHub would show the Markdown as it is written. */
function wrapAsDetails(fold: Fold, lines: string[]): string {
  const open = fold.open ? ' open' : '';
  return `<details${open}><summary>${fold.title}</summary>\n\n${lines.join('\n')}\n\n</details>`;
}
