import type { Verdict } from '../domain/verdict.ts';
import { METRIC_WORDS } from './metric-words.ts';
import { count, formatBound, formatChange } from './numbers.ts';
import { isGating, isRemarkable, leadVerdict, rankVerdicts } from './rank.ts';
import type { TextStyle } from './style.ts';
import type { JudgedResult } from './view.ts';

/** How sure and how sensitive: pairs, confirmation, and the smallest change that would have been seen. */
export function describeCertainty(result: JudgedResult, style: TextStyle): string {
  const lead = leadVerdict(result) ?? rankVerdicts(result.verdicts)[0];
  if (lead === undefined) return `${style.strong('Certainty:')} nothing could be judged.`;
  const sentences = [
    isRemarkable(lead) ? describeLead(lead) : describePairs(result.verdicts),
    describeDropped(result.verdicts),
    describeSensitivity(lead, result.verdicts),
  ];
  return [style.strong('Certainty:'), ...sentences.filter((sentence) => sentence !== undefined)].join(' ');
}

/** Smallest change that every gating result could have told from none; of all results when none gates. */
export function smallestVisible(verdicts: readonly Verdict[]): number | undefined {
  const gating = verdicts.filter(isGating);
  const known = (gating.length > 0 ? gating : verdicts)
    .map((verdict) => verdict.smallestVisible)
    .filter((size) => size !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function describeLead(lead: Verdict): string {
  if (lead.pairsUsed === 0) return 'No pair could be used.';
  const words = METRIC_WORDS[lead.metric];
  const better = lead.verdict === 'improved';
  const agreeing = better ? lead.pairsUsed - lead.pairsWorse : lead.pairsWorse;
  const pairs = `${agreeing} of ${count(lead.pairsUsed, 'pair')} ${better ? words.pairBetter : words.pairWorse}`;
  const { confirmation } = lead;
  if (confirmation === undefined) return `${pairs}.`;
  const fresh = `${count(confirmation.pairs, 'fresh pair')} (${formatChange(confirmation.effect)})`;
  return confirmation.held ? `${pairs}; confirmed by ${fresh}.` : `${pairs}; not repeated by ${fresh}.`;
}

function describePairs(verdicts: readonly Verdict[]): string {
  const used = verdicts.filter(isGating).map(({ pairsUsed }) => pairsUsed);
  const counts = used.length > 0 ? used : verdicts.map(({ pairsUsed }) => pairsUsed);
  const fewest = Math.min(...counts);
  const most = Math.max(...counts);
  return fewest === most
    ? `${count(most, 'pair')} per scenario.`
    : `${fewest} to ${most} pairs per scenario.`;
}

function describeDropped(verdicts: readonly Verdict[]): string | undefined {
  const most = Math.max(...verdicts.map(({ pairsDropped }) => pairsDropped));
  return most === 0 ? undefined : `${count(most, 'disturbed pair')} left out on both sides.`;
}

function describeSensitivity(lead: Verdict, verdicts: readonly Verdict[]): string | undefined {
  const size = lead.verdict === 'inconclusive' ? lead.smallestVisible : smallestVisible(verdicts);
  return size === undefined ? undefined : `Smallest change this run could see: ${formatBound(size)}.`;
}
