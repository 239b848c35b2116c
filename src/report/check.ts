import { httpAddress } from './address.ts';
import { joinWithin, TEXT_BUDGET_BYTES } from './budget.ts';
import type { CheckConclusion, Fold } from './page.ts';
import { runPage } from './run-page.ts';
import type { RunView } from './view.ts';

/** The one name of our checks, which rules on branches refer to. */
export const CHECK_NAME = 'perf-ci';

/** What the outbox keeps for a check. */
export interface DesiredCheck {
  name: string;
  headSha: string;
  status: 'queued' | 'in_progress' | 'completed';
  /** With `completed`, always; without, never. */
  conclusion?: CheckConclusion;
  title: string;
  summary: string;
  text?: string;
  detailsUrl?: string;
  externalId: string;
}

/** The check of a run: what the comment says, in the parts that a check has. */
export function renderCheck(view: RunView): DesiredCheck {
  const page = runPage(view);
  const detailsUrl = httpAddress(view.urls.runPage);
  const text = joinWithin(TEXT_BUDGET_BYTES, [], page.folds, wrapAsSection);
  return {
    name: CHECK_NAME,
    headSha: view.run.headSha,
    ...page.check,
    // Code spans stay, though GitHub shows a title as it is today: whoever renders it must find the text contained.
    title: page.headline,
    summary: joinWithin(TEXT_BUDGET_BYTES, page.body, [], wrapAsSection),
    ...(text === '' ? {} : { text }),
    ...(detailsUrl === undefined ? {} : { detailsUrl }),
    externalId: view.run.id,
  };
}

function wrapAsSection(fold: Fold, lines: string[]): string {
  return `#### ${fold.title}\n\n${lines.join('\n')}`;
}
