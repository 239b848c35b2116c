import type { Verdict } from '../domain/verdict.ts';
import { metricWords } from './metric-words.ts';
import { amountsOf } from './amounts.ts';
import { describeControl, describeFamily, describeMargin } from './control.ts';
import { count, formatBound } from './numbers.ts';
import { isGating, isRemarkable, leadVerdict, rankVerdicts } from './rank.ts';
import type { TextStyle } from './style.ts';
import type { JudgedResult } from './view.ts';

/**
 * How sure and how sensitive: pairs, confirmation, what same code does here, and the smallest change that would have
 * been seen.
 */
export function describeCertainty(result: JudgedResult, style: TextStyle): string {
  const lead = leadVerdict(result) ?? rankVerdicts(result.verdicts)[0];
  if (lead === undefined) return `${style.strong('Certainty:')} nothing could be judged.`;
  // A change is about its own metric; that nothing changed is about all that gate.
  const concerned = isRemarkable(lead) ? [lead] : gatingOrAll(result.verdicts);
  const sentences = [
    isRemarkable(lead) ? describeLead(lead) : describePairs(result.verdicts),
    describeDropped(result.verdicts),
    describeControl(result, concerned),
    describeSensitivity(lead, result.verdicts),
    describeMargin(concerned, style),
    describeFamily(result.verdicts),
  ];
  return [style.strong('Certainty:'), ...sentences.filter((sentence) => sentence !== undefined)].join(' ');
}

/** Smallest relative change that every gating result could have told from none; of all results when none gates. */
export function smallestVisible(verdicts: readonly Verdict[]): number | undefined {
  const known = gatingOrAll(verdicts)
    .filter(({ effectIn }) => effectIn !== 'absolute')
    .map((verdict) => verdict.smallestVisible)
    .filter((size) => size !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function gatingOrAll(verdicts: readonly Verdict[]): readonly Verdict[] {
  const gating = verdicts.filter(isGating);
  return gating.length > 0 ? gating : verdicts;
}

function describeLead(lead: Verdict): string {
  if (lead.pairsUsed === 0) return 'No pair could be used.';
  const words = metricWords(lead.metric);
  const better = lead.verdict === 'improved';
  const agreeing = better ? lead.pairsUsed - lead.pairsWorse : lead.pairsWorse;
  const pairs = `${agreeing} of ${count(lead.pairsUsed, 'pair')} ${better ? words.pairBetter : words.pairWorse}`;
  const { confirmation } = lead;
  if (confirmation === undefined) return `${pairs}.`;
  const fresh = `${count(confirmation.pairs, 'fresh pair')} (${amountsOf(lead).change(confirmation.effect)})`;
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
  const own = lead.verdict === 'inconclusive' || lead.effectIn === 'absolute' ? lead : undefined;
  const size = own === undefined ? smallestVisible(verdicts) : own.smallestVisible;
  if (size === undefined) return undefined;
  const bound = own === undefined ? formatBound(size) : amountsOf(own).bound(size);
  return `Smallest change this run could see: ${bound}.`;
}
