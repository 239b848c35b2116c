import type { Verdict, VerdictWord } from '../domain/verdict.ts';
import { amountsOf, metricOfVerdict, unitLabelOf } from './amounts.ts';
import { metricTitle } from './metric-title.ts';
import { formatLevel, formatValues } from './numbers.ts';
import { isGating, isOverLimit } from './rank.ts';

/** One line of a results table, all but the scenario's name written out. */
export interface ResultRow {
  /** As given: hostile. */
  scenario: string;
  metric: string;
  base: string;
  head: string;
  change: string;
  interval: string;
  limit: string;
  /** Sign and word, so that colour is never needed. */
  outcome: string;
  verdict: VerdictWord;
}

/**
 * The rows of a table, in the order given.
 * @param code writes what comes from outside
 */
export function toRows(
  verdicts: readonly Verdict[],
  code: (untrusted: string, limit?: number) => string,
): ResultRow[] {
  return verdicts.map((verdict) => {
    const amounts = amountsOf(verdict);
    const values = formatValues(
      metricOfVerdict(verdict),
      { base: verdict.baseValue, head: verdict.headValue },
      unitLabelOf(verdict),
    );
    const { effect, interval } = verdict;
    const measured = effect !== undefined && interval !== undefined;
    return {
      scenario: verdict.scenario,
      metric: metricTitle(verdict, code),
      ...values,
      change: measured ? amounts.change(effect) : 'not measured',
      interval: measured ? amounts.interval(interval) : '',
      limit: verdict.threshold === undefined ? '–' : amounts.limit(verdict.threshold),
      outcome: outcomeOf(verdict),
      verdict: verdict.verdict,
    };
  });
}

/** Heading of the change column: with the level when all intervals share one. */
export function changeHeading(verdicts: readonly Verdict[]): string {
  const levels = new Set(
    verdicts.map(({ interval }) => interval?.level).filter((level) => level !== undefined),
  );
  const [level] = levels;
  return levels.size === 1 && level !== undefined ? `Change (${formatLevel(level)} CI)` : 'Change (CI)';
}

function outcomeOf(verdict: Verdict): string {
  if (verdict.blocked !== undefined) return '! not raised';
  switch (verdict.verdict) {
    case 'regressed':
      if (!isGating(verdict)) return `${arrowOf(verdict)} worse, not gated`;
      return `${arrowOf(verdict)} worse, ${isOverLimit(verdict) ? 'over' : 'below'} the limit`;
    case 'improved':
      return `${arrowOf(verdict)} better`;
    case 'unchanged':
      return '= unchanged';
    case 'inconclusive':
      return '? undecided';
  }
}

/** Which way the number went; which way is better depends on the metric. */
function arrowOf({ effect = 0 }: Verdict): string {
  return effect < 0 ? '▼' : '▲';
}
