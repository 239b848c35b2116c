import type { RunResult } from '../domain/run.ts';
import { describeRunCommits, shortSha } from './commits.ts';
import { codeSpan } from './escape.ts';
import { nextSteps } from './next-steps.ts';
import type { CheckConclusion, Page } from './page.ts';
import { concluded } from './page.ts';
import type { Mood } from './style.ts';
import { MARKDOWN } from './style.ts';
import type { RunView } from './view.ts';

type ResultOf<K extends RunResult['kind']> = Extract<RunResult, { kind: K }>;

/** Nothing that matters was touched: nothing had to be measured, so the check passes. */
export function skippedPage(view: RunView, result: ResultOf<'skipped'>): Page {
  return shortPage(view, 'skipped', `Skipped: ${codeSpan(result.reason, 120)}`, 'success', [], ['help']);
}

/** Unlike is never compared with unlike, and that is nobody's fault. */
export function notComparablePage(view: RunView, result: ResultOf<'not_comparable'>): Page {
  const headline = `No verdict: not comparable, ${codeSpan(result.reason, 120)}`;
  return shortPage(view, 'undecided', headline, 'neutral', [], ['rerun', 'help']);
}

/** There is nothing to measure by on the base branch. */
export function notConfiguredPage(view: RunView, result: ResultOf<'not_configured'>): Page {
  const branch = codeSpan(result.baseRef, 60);
  const text = result.addedByHead
    ? 'This pull request adds one. The configuration is always read from the base, so it counts once it is merged; ' +
      'until then `perf-ci config check` reads it on your machine.'
    : 'Commit one to that branch to have pull requests measured: `perf-ci config example` prints one to start from.';
  return shortPage(
    view,
    'undecided',
    `Not configured: no \`perf-ci.yml\` on ${branch}`,
    'neutral',
    [text],
    [],
  );
}

/**
 * Somebody asked for no result. GitHub's `cancelled` does not satisfy a required check, which is right here: a
 * person who cancels must not get a merge button for it.
 */
export function cancelledPage(view: RunView, by: string | undefined): Page {
  const headline = by === undefined ? 'Cancelled' : `Cancelled by ${codeSpan(by, 60)}`;
  return shortPage(view, 'stopped', headline, 'cancelled', [], ['rerun', 'help']);
}

/**
 * A newer commit took over. Nothing is required of the old one any more, and nobody cancelled anything: its check
 * ends neutral, so that a list of commits shows no red or grey cross for it.
 */
export function supersededPage(view: RunView, bySha: string | undefined): Page {
  const old = codeSpan(shortSha(view.run.headSha));
  const text = bySha === undefined ? 'a newer commit is' : `${codeSpan(shortSha(bySha))} is`;
  const headline = `For ${old} — superseded, ${text} measured instead`;
  return shortPage(view, 'skipped', headline, 'neutral', [], []);
}

/** A run that ended in `failed`, `timed_out` or `lost` with nothing recorded about it. */
export function unexplainedPage(view: RunView, word: string): Page {
  const text = 'No reason was recorded; the logs of this installation say more.';
  return shortPage(
    view,
    'undecided',
    `${word} — no verdict, not blocking`,
    'neutral',
    [text],
    ['rerun', 'help'],
  );
}

function shortPage(
  view: RunView,
  mood: Mood,
  headline: string,
  conclusion: CheckConclusion,
  text: string[],
  steps: Parameters<typeof nextSteps>[1],
): Page {
  const line = nextSteps(view, steps);
  return {
    headline: `${MARKDOWN.icon(mood)} ${headline}`,
    body: [describeRunCommits(view.run, MARKDOWN), ...text, ...(line === undefined ? [] : [line])],
    folds: [],
    check: concluded(conclusion),
  };
}
