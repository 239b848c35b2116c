import { metricOf } from '../domain/benchmark.ts';
import type { Verdict, VerdictWord } from '../domain/verdict.ts';
import { formatChange, formatInterval, formatLevel, formatLimit, formatValues } from './numbers.ts';
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

/** The rows of a table, in the order given. */
export function toRows(verdicts: readonly Verdict[]): ResultRow[] {
  return verdicts.map((verdict) => {
    const metric = metricOf(verdict.metric);
    const values = formatValues(metric, { base: verdict.baseValue, head: verdict.headValue });
    const { effect, interval } = verdict;
    const measured = effect !== undefined && interval !== undefined;
    return {
      scenario: verdict.scenario,
      metric: metric.title,
      ...values,
      change: measured ? formatChange(effect) : 'not measured',
      interval: measured ? formatInterval(interval) : '',
      limit: verdict.threshold === undefined ? '–' : formatLimit(verdict.threshold),
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
  switch (verdict.verdict) {
    case 'regressed':
      if (!isGating(verdict)) return '▲ worse, not gated';
      return isOverLimit(verdict) ? '▲ worse, over the limit' : '▲ worse, below the limit';
    case 'improved':
      return '▼ better';
    case 'unchanged':
      return '= unchanged';
    case 'inconclusive':
      return '? undecided';
  }
}
