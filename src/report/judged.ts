import type { Gate, Verdict } from '../domain/verdict.ts';
import { describeAnswers, totalAnswers } from './answers.ts';
import { httpAddress } from './address.ts';
import { leadVerdict } from './rank.ts';
import { describeCertainty } from './certainty.ts';
import { describeCommits } from './commits.ts';
import { describeBlocked } from './control.ts';
import { describeSecondOpinion, describeWhereItWent, profileFolds } from './diagnosis.ts';
import { logLines, fenceFor } from './escape.ts';
import { isClouded, judgedHeadline } from './judged-headline.ts';
import { measuredFold } from './measured.ts';
import { nextSteps } from './next-steps.ts';
import { count } from './numbers.ts';
import type { CheckConclusion, Fold, Page } from './page.ts';
import { concluded, fold } from './page.ts';
import { countVerdicts, isGating, isRemarkable, rankVerdicts } from './rank.ts';
import { resultsTable } from './results-table.ts';
import type { TextStyle } from './style.ts';
import { MARKDOWN } from './style.ts';
import type { Comparison, JudgedResult, RunView } from './view.ts';
import { comparisonOf } from './view.ts';

const MOST_VISIBLE_ROWS = 8;
/** One slower function moves CPU, percentiles and throughput at once: a few of them tell the story. */
const MOST_UNGATED_ROWS = 3;

/**
 * Conclusion of a judged run. A pull request is never blocked by what could not be decided, and `warn` is no
 * failure: both are neutral, which leaves a required check satisfied.
 */
const CONCLUSIONS: Readonly<Record<Gate, CheckConclusion>> = {
  pass: 'success',
  warn: 'neutral',
  fail: 'failure',
  'no-verdict': 'neutral',
};

/** Faster with other answers or more errors is no success: whether the speed means anything is for a person to say. */
function conclusionOf(result: JudgedResult): CheckConclusion {
  const isFaster = result.gate === 'pass' && leadVerdict(result)?.verdict === 'improved';
  return isFaster && isClouded(result) ? 'neutral' : CONCLUSIONS[result.gate];
}

/** The page of a run that was measured and judged. */
export function judgedPage(view: RunView, result: JudgedResult): Page {
  const page = comparisonPage(comparisonOf(view, result), httpAddress(view.urls.runPage));
  const moved = result.gate === 'fail' || result.gate === 'warn';
  const steps = nextSteps(
    view,
    moved ? ['fix', 'rerun', 'help', 'reproduce'] : ['rerun', 'help', 'reproduce'],
  );
  return { ...page, body: steps === undefined ? page.body : [...page.body, steps] };
}

/**
 * The page of a comparison, without anything that only exists on GitHub.
 * @param runPageUrl where its profiles can be seen, made safe for Markdown
 */
export function comparisonPage(comparison: Comparison, runPageUrl?: string): Page {
  const { result } = comparison;
  const visible = visibleTable(comparison);
  return {
    headline: judgedHeadline(result, MARKDOWN),
    body: [
      describeOutcome(comparison, MARKDOWN),
      ...(visible === undefined ? [] : [visible]),
      ...describeFindings(result, MARKDOWN, runPageUrl),
    ],
    folds: [
      ...exampleFolds(result),
      ...profileFolds(result, MARKDOWN),
      ...(isAllVisible(result) ? [] : [allResultsFold(result)]),
      measuredFold(comparison),
    ],
    check: concluded(conclusionOf(result)),
  };
}

/** Counts and commits: the second line. */
export function describeOutcome(comparison: Comparison, style: TextStyle): string {
  const { verdicts } = comparison.result;
  const { worse, better, unchanged, undecided } = countVerdicts(verdicts);
  const isAside =
    undecided > 0 && !verdicts.some((verdict) => verdict.verdict === 'inconclusive' && isGating(verdict));
  const counts = `${worse} worse · ${better} better · ${unchanged} unchanged · ${undecided} undecided${isAside ? ' (not gated)' : ''}`;
  return `${counts} — ${describeCommits(comparison, style)}`;
}

/** What stands below the table, a line each, the most important first. */
export function describeFindings(result: JudgedResult, style: TextStyle, runPageUrl?: string): string[] {
  const answers = describeAnswers(result, style);
  const speed = [
    describeCertainty(result, style),
    describeWhereItWent(result, style, runPageUrl),
    describeSecondOpinion(result, style),
  ];
  // What differs is said before how sure the speed is: it decides whether the speed means anything.
  const ordered = totalAnswers(result).different > 0 ? [answers, ...speed] : [...speed, answers];
  return [describeBlocked(result, style), ...ordered].filter((line) => line !== undefined);
}

function visibleTable({ result }: Comparison): string | undefined {
  const remarkable = rankVerdicts(result.verdicts).filter(isRemarkable);
  if (remarkable.length === 0) return undefined;
  const shown = visibleOf(remarkable);
  const { head, rows } = resultsTable(shown);
  const more = remarkable.length - shown.length;
  const note = more > 0 ? [`\nand ${more} more, in the list of all results`] : [];
  return [...head, ...rows, ...note].join('\n');
}

/** @param remarkable ranked */
function visibleOf(remarkable: readonly Verdict[]): Verdict[] {
  const ungated = remarkable.filter((verdict) => !isGating(verdict));
  const left = new Set(ungated.slice(MOST_UNGATED_ROWS));
  return remarkable.filter((verdict) => !left.has(verdict)).slice(0, MOST_VISIBLE_ROWS);
}

function isAllVisible({ verdicts }: JudgedResult): boolean {
  return verdicts.every(isRemarkable) && visibleOf(rankVerdicts(verdicts)).length === verdicts.length;
}

function allResultsFold(result: JudgedResult): Fold {
  const { head, rows } = resultsTable(rankVerdicts(result.verdicts));
  return fold(rows.length === 1 ? 'The one result' : `All ${count(rows.length, 'result')}`, rows, head);
}

/** The first request of each scenario that was answered differently, at most three. */
function exampleFolds(result: JudgedResult): Fold[] {
  const examples = result.answers.flatMap(({ comparison }) => comparison.example ?? []).slice(0, 3);
  if (examples.length === 0) return [];
  const rows = examples.flatMap((example) =>
    logLines(`request: ${example.request}\nbase:    ${example.base}\nhead:    ${example.head}`).slice(0, 12),
  );
  const fence = fenceFor(rows);
  const title = examples.length === 1 ? 'An answer that differs' : 'Answers that differ';
  return [{ title, before: [`${fence}text`], rows, after: [fence], cutAt: 'end', open: false }];
}
