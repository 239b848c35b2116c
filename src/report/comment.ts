import { toDocument } from './document.ts';
import { comparisonPage } from './judged.ts';
import { runPage } from './run-page.ts';
import type { Comparison, RunView } from './view.ts';

/** What the outbox keeps for a comment; the marker is added when it is sent. */
export interface DesiredComment {
  body: string;
}

/** The comment of a run: the verdict in its first line, at most 60,000 bytes with the marker that it will get. */
export function renderComment(view: RunView): string {
  return toDocument(runPage(view));
}

/** A judged comparison without GitHub, in the words of the comment. */
export function renderComparison(comparison: Comparison): string {
  return toDocument(comparisonPage(comparison));
}
