import { describeRunCommits } from './commits.ts';
import { codeSpan } from './escape.ts';
import { logFold } from './log-fold.ts';
import { nextSteps } from './next-steps.ts';
import type { Fold, Page } from './page.ts';
import { concluded } from './page.ts';
import type { Mood } from './style.ts';
import { MARKDOWN } from './style.ts';
import type { FailedResult, RunView } from './view.ts';

/** What a side did, by what its code says; the first that fits. */
const SYMPTOMS: readonly [RegExp, string][] = [
  [/not-ready/, 'never gets ready'],
  [/died-under-load/, 'dies under load'],
  [/error-answers/, 'answers with errors'],
  [/protocol/, 'does not speak proper HTTP'],
  [/exited/, 'stops right after its start'],
  [/time(d-)?out/, 'does not answer in time'],
];

/**
 * The page of a run that failed: whose fault it is comes first. Only what the head did turns the check red; a base,
 * a configuration or a machine that fails says nothing about this change.
 */
export function failedPage(view: RunView, result: FailedResult): Page {
  const own = result.blame === 'head';
  const steps = nextSteps(view, stepsAfter(result));
  return {
    headline: failedHeadline(view, result),
    body: [
      describeRunCommits(view.run, MARKDOWN),
      ...describeReason(result),
      ...(steps === undefined ? [] : [steps]),
    ],
    folds: logFolds(view, result),
    check: concluded(own ? 'failure' : 'neutral'),
  };
}

/** Of a deleted fork nothing can be run again, by nobody. */
function stepsAfter(result: FailedResult): Parameters<typeof nextSteps>[1] {
  if (result.code === 'fork-deleted') return [];
  return result.blame === 'head' ? ['fix', 'rerun', 'help', 'reproduce'] : ['rerun', 'help', 'reproduce'];
}

function failedHeadline(view: RunView, result: FailedResult): string {
  const innocent = view.run.kind === 'push' ? "not this commit's fault" : "not this pull request's fault";
  const line = (mood: Mood, text: string): string => `${MARKDOWN.icon(mood)} ${text}`;
  switch (result.blame) {
    case 'head':
      return line('bad', `Head ${symptomOf(result)} — no verdict`);
    case 'base':
      return line('undecided', `Base ${symptomOf(result)} — ${innocent}, no verdict`);
    case 'config':
      return line('undecided', '`perf-ci.yml` of the base is not valid — no verdict, not blocking');
    case 'infra':
      if (view.run.state === 'lost')
        return line('undecided', `Lost: no worker could finish this run — ${innocent}`);
      return view.run.state === 'timed_out'
        ? line('undecided', `Timed out while ${result.phase} — ${innocent}, no verdict`)
        : line('undecided', `perf-ci could not measure this — ${innocent}, no verdict`);
  }
}

function symptomOf({ phase, code }: FailedResult): string {
  const late = /time(d-)?out/.test(code);
  if (phase === 'building') return late ? 'does not finish building in time' : 'does not build';
  if (phase === 'preparing' || phase === 'queueing') return 'could not be prepared';
  return SYMPTOMS.find(([pattern]) => pattern.test(code))?.[1] ?? 'fails while it is measured';
}

function describeReason(result: FailedResult): string[] {
  const where = result.scenario === undefined ? '' : ` in ${codeSpan(result.scenario, 60)}`;
  const [first = '', ...further] = result.message.split('\n');
  const more = further.length > 0 ? ', more below' : '';
  return [
    `**Found${where}:** ${codeSpan(first, 500)}${more}`,
    ...(result.remedy === undefined ? [] : [`**What to do:** ${codeSpan(result.remedy, 300)}`]),
  ];
}

function logFolds(view: RunView, result: FailedResult): Fold[] {
  const others = (view.logs ?? [])
    .slice(-3)
    .map(({ name, tail }) => logFold('Further output', tail, { open: false, name }));
  const folds = [
    result.message.includes('\n') ? logFold('All that was found', result.message, { open: true }) : undefined,
    logFold('Last lines of the output', result.logTail, { open: true }),
    ...others,
  ];
  return folds.filter((fold) => fold !== undefined);
}
