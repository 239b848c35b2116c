import type { Phase, RunProgress } from '../domain/run.ts';
import { describeRunCommits } from './commits.ts';
import { codeSpan } from './escape.ts';
import { nextSteps } from './next-steps.ts';
import { count, formatDuration, ordinal } from './numbers.ts';
import type { Page } from './page.ts';
import { concluded } from './page.ts';
import { MARKDOWN } from './style.ts';
import type { QueueFacts, RunView } from './view.ts';

/** The page of a run that waits for a worker. */
export function queuedPage(view: RunView): Page {
  const place = view.queue === undefined ? 'waiting for a worker' : describePlace(view.queue);
  return {
    headline: `${MARKDOWN.icon('waiting')} Queued: ${place}`,
    body: withSteps(view, [describeRunCommits(view.run, MARKDOWN), ...describeWorkers(view)], []),
    folds: [],
    check: { status: 'queued' },
  };
}

/** The page of a run that a worker has. */
export function runningPage(view: RunView): Page {
  const doing = PHASES[view.run.phase ?? 'preparing'](view.progress ?? {});
  return {
    headline: `${MARKDOWN.icon('waiting')} ${doing}`,
    body: withSteps(view, [describeRunCommits(view.run, MARKDOWN), ...describeAttempt(view)], []),
    folds: [],
    check: { status: 'in_progress' },
  };
}

/** The page of a pull request from a fork: its code is not run on this installation's machines. */
export function forkPage(view: RunView): Page {
  return {
    headline: `${MARKDOWN.icon('locked')} Not measured: this pull request comes from a fork`,
    body: [
      describeRunCommits(view.run, MARKDOWN),
      'Code from forks is not run on the machines of this installation. Somebody with write access can push the ' +
        'branch to this repository and open a pull request from it, after a look at what it does.',
    ],
    folds: [],
    check: concluded('action_required'),
  };
}

const PHASES: Readonly<Record<Phase, (progress: RunProgress) => string>> = {
  preparing: () => 'Preparing: fetching both commits',
  building: () => 'Building both sides',
  measuring: describeProgress,
  analysing: () => 'Measured: judging the pairs',
};

function describeProgress(progress: RunProgress): string {
  const { scenario, scenarioNo, scenarioCount, pairsDone, stage } = progress;
  const word = stage === 'confirm' ? 'Confirming with fresh pairs' : 'Measuring';
  const parts = [
    scenarioNo === undefined || scenarioCount === undefined
      ? undefined
      : `scenario ${scenarioNo} of ${scenarioCount}`,
    scenario === undefined ? undefined : codeSpan(scenario, 60),
    pairsDone === undefined ? undefined : `${count(pairsDone, 'pair')} done`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? word : `${word}: ${parts.join(', ')}`;
}

function describePlace({ position, typicalMs, workersAvailable }: QueueFacts): string {
  const place = position <= 1 ? 'next in line' : `${ordinal(position)} in line`;
  if (typicalMs === undefined || workersAvailable === 0) return place;
  // Runs ahead are shared by the workers; this run itself takes its whole time.
  const waitMs = (Math.max(0, position - 1) * typicalMs) / workersAvailable + typicalMs;
  return `${place}, about ${formatDuration(waitMs)} to the result`;
}

function describeWorkers(view: RunView): string[] {
  if (view.queue?.workersAvailable !== 0) return [];
  return [`No worker of pool ${codeSpan(view.run.pool, 40)} is running; it starts as soon as one does.`];
}

function describeAttempt(view: RunView): string[] {
  return view.run.attempt > 1 ? [`Attempt ${view.run.attempt}: the worker of the one before was lost.`] : [];
}

function withSteps(view: RunView, body: string[], steps: Parameters<typeof nextSteps>[1]): string[] {
  const line = nextSteps(view, steps);
  return line === undefined ? body : [...body, line];
}
