/** What comment and check are put together from: one first line, what is always shown, and what is folded away. */
export interface Page {
  /** One line of Markdown of at most 300 characters, with the icon, without a heading mark. */
  headline: string;
  /** Paragraphs and small tables of Markdown, each bounded in size. */
  body: string[];
  folds: Fold[];
  check: CheckState;
}

/** A part that may be long: cut at whole rows where there is no room. */
export interface Fold {
  /** Our own words, never text from outside. */
  title: string;
  /** Lines before the rows, such as the head of a table or the start of a fence. */
  before: string[];
  rows: string[];
  after: string[];
  /** Which rows give way: the first ones of a log, the last ones of a table. */
  cutAt: 'start' | 'end';
  open: boolean;
}

export type CheckState =
  { status: 'queued' | 'in_progress' } | { status: 'completed'; conclusion: CheckConclusion };

export type CheckConclusion = 'success' | 'failure' | 'neutral' | 'cancelled' | 'action_required';

/** A concluded check. */
export function concluded(conclusion: CheckConclusion): CheckState {
  return { status: 'completed', conclusion };
}

/** A fold of a list or table, cut at its end. */
export function fold(title: string, rows: string[], before: string[] = []): Fold {
  return { title, before, rows, after: [], cutAt: 'end', open: false };
}
