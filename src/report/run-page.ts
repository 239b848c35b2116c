import {
  cancelledPage,
  notComparablePage,
  notConfiguredPage,
  skippedPage,
  supersededPage,
  unexplainedPage,
} from './ended.ts';
import { codeSpan, ownSentence } from './escape.ts';
import { failedPage } from './failed.ts';
import { judgedPage } from './judged.ts';
import type { Page } from './page.ts';
import { fold } from './page.ts';
import type { RunView } from './view.ts';
import { forkPage, queuedPage, runningPage } from './waiting.ts';

/** What is to be shown for a run, whatever became of it. */
export function runPage(view: RunView): Page {
  return withNotice(view, withConfigChanges(view, pageOf(view)));
}

function pageOf(view: RunView): Page {
  const { result, run } = view;
  if (result === undefined) return pageWithoutResult(view);
  switch (result.kind) {
    case 'judged':
      return judgedPage(view, result);
    case 'skipped':
      return skippedPage(view, result);
    case 'failed':
      return failedPage(view, result);
    case 'not_comparable':
      return notComparablePage(view, result);
    case 'not_configured':
      return notConfiguredPage(view, result);
    case 'fork':
      return forkPage(view);
    case 'cancelled':
      return cancelledPage(view, result.by);
    case 'superseded':
      return supersededPage(view, result.bySha === run.headSha ? undefined : result.bySha);
  }
}

function pageWithoutResult(view: RunView): Page {
  switch (view.run.state) {
    case 'received':
    case 'queued':
    case 'dispatched':
      return queuedPage(view);
    case 'awaiting_approval':
      return forkPage(view);
    case 'leased':
      return runningPage(view);
    case 'cancelled':
      return cancelledPage(view, undefined);
    case 'superseded':
      return supersededPage(view, undefined);
    case 'timed_out':
      return unexplainedPage(view, 'Timed out');
    case 'lost':
      return unexplainedPage(view, 'Lost: no worker could finish this run');
    case 'failed':
    case 'reporting':
    case 'done':
      return unexplainedPage(view, 'Failed');
  }
}

/** The base's configuration judges; what the pull request would change in it is shown beside. */
function withConfigChanges(view: RunView, page: Page): Page {
  const judgedWith = view.result?.kind === 'judged' ? view.result.configChanges : undefined;
  const changes = view.configChanges ?? judgedWith ?? [];
  if (changes.length === 0) return page;
  const rows = changes.map((change) => `- ${codeSpan(change, 200)}`);
  return {
    ...page,
    body: [...page.body, "This pull request changes `perf-ci.yml`; the base's was used."],
    folds: [fold('Changes of perf-ci.yml', rows), ...page.folds],
  };
}

function withNotice(view: RunView, page: Page): Page {
  return view.notice === undefined
    ? page
    : { ...page, body: [...page.body, `**Note:** ${ownSentence(view.notice)}`] };
}
