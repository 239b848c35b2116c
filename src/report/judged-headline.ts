import type { Verdict } from '../domain/verdict.ts';
import { amountsOf, metricOfVerdict } from './amounts.ts';
import { nounOf, rankingInShort, totalAnswers } from './answers.ts';
import { metricTitle } from './metric-title.ts';
import { metricWords } from './metric-words.ts';
import { count, formatBound } from './numbers.ts';
import { isGating, leadVerdict, worstBoundOf } from './rank.ts';
import type { Mood, TextStyle } from './style.ts';
import type { JudgedResult } from './view.ts';

interface Finding {
  mood: Mood;
  /** `Slower`, `Not slower`, `Undecided`. */
  word: string;
  /** What follows the colon. */
  detail?: string;
  gate: string;
}

/**
 * The first line: verdict, worst metric, state of the gate. Other answers come before any speed, because a
 * service that answers something else is not faster.
 */
export function judgedHeadline(result: JudgedResult, style: TextStyle): string {
  const finding = findingOf(result, style);
  const caveats = caveatsOf(result, finding, style);
  const isClouded = finding.mood === 'good' && caveats.length > 0;
  const mood = isClouded ? 'careful' : finding.mood;
  const words = caveats.map(({ word }) => word).join(' and ');
  const word = words === '' ? finding.word : `${finding.word} ${isClouded ? 'but' : 'and'} ${words}`;
  const details = [...caveats.map(({ detail }) => detail), finding.detail].filter(
    (detail) => detail !== undefined,
  );
  const after = details.length === 0 ? '' : `: ${details.join('; ')}`;
  return `${style.icon(mood)} ${word}${after} — ${finding.gate}`;
}

/** Whether a first line that sounds good has something against it: other answers, or more errors. */
export function isClouded(result: JudgedResult): boolean {
  return totalAnswers(result).different > 0 || moreErrors(result) !== undefined;
}

function caveatsOf(
  result: JudgedResult,
  finding: Finding,
  style: TextStyle,
): { word: string; detail?: string }[] {
  const totals = totalAnswers(result);
  const { compared, different } = totals;
  const ranking = rankingInShort(totals);
  const answers = `${different} of ${count(compared, nounOf(result))} answered differently`;
  const errors = moreErrors(result);
  return [
    ...(different === 0
      ? []
      : [{ word: 'different', detail: ranking === '' ? answers : `${answers}, ${ranking}` }]),
    ...(errors === undefined || finding.mood !== 'good'
      ? []
      : [{ word: 'with more errors', detail: sayChange(errors, style) }]),
  ];
}

/** Errors make nothing faster, whether they gate or not. */
function moreErrors({ verdicts }: JudgedResult): Verdict | undefined {
  return verdicts.find(({ metric, verdict }) => metric === 'errors' && verdict === 'regressed');
}

function findingOf(result: JudgedResult, style: TextStyle): Finding {
  const lead = leadVerdict(result);
  if (lead === undefined)
    return { mood: 'undecided', word: 'No verdict: no metric gates here', gate: 'not blocking' };
  const words = metricWords(lead.metric);
  const detail = sayEffect(lead, style);
  switch (result.gate) {
    case 'fail':
      return { mood: 'bad', word: words.worse, detail, gate: gateText('failing', lead) };
    case 'warn':
      return {
        mood: 'careful',
        word: `${words.worse}, below the limit`,
        detail,
        gate: gateText('passing', lead),
      };
    case 'pass':
      return lead.verdict === 'improved'
        ? { mood: 'good', word: words.better, detail, gate: 'gate passing' }
        : { mood: 'good', ...sayNotSlower(result.verdicts), gate: 'gate passing' };
    case 'no-verdict':
      if (lead.blocked !== undefined) {
        return { mood: 'undecided', word: 'Alarm not raised', detail, gate: 'no verdict, not blocking' };
      }
      return lead.effect === undefined
        ? { mood: 'undecided', word: 'No verdict: no pair could be used', gate: 'not blocking' }
        : { mood: 'undecided', word: 'Undecided', detail, gate: 'no verdict, not blocking' };
  }
}

/** What a pass has shown: upper bounds, not effects, because they are what was proved and shrink with more pairs. */
function sayNotSlower(verdicts: readonly Verdict[]): Pick<Finding, 'word' | 'detail'> {
  const gating = verdicts.filter(isGating);
  const relative = gating.filter(({ effectIn }) => effectIn !== 'absolute');
  const upper = relative.map(worstBoundOf).filter((bound) => bound !== undefined);
  const aside = sayUngated(verdicts);
  if (relative.length === 0 || upper.length < relative.length) {
    return { word: `Not slower in ${count(gating.length, 'gating result')}${aside}` };
  }
  const change = relative.some(isHigherBetter) ? 'change for the worse' : 'increase';
  const results = count(relative.length, 'gating result');
  const others =
    gating.length > relative.length ? ` and ${gating.length - relative.length} in their own units` : '';
  const bound = formatBound(Math.max(0.001, ...upper));
  return { word: 'Not slower', detail: `any ${change} is below ${bound} in ${results}${others}${aside}` };
}

function isHigherBetter(verdict: Verdict): boolean {
  return metricOfVerdict(verdict).better === 'higher';
}

function sayUngated(verdicts: readonly Verdict[]): string {
  const worse = verdicts.filter((verdict) => verdict.verdict === 'regressed' && !isGating(verdict)).length;
  return worse === 0 ? '' : `; ${worse} worse that ${worse === 1 ? 'does' : 'do'} not gate`;
}

function gateText(state: 'failing' | 'passing', lead: Verdict): string {
  return lead.threshold === undefined
    ? `gate ${state}`
    : `gate ${state} (limit ${amountsOf(lead).limit(lead.threshold)})`;
}

/** ``CPU / request +7.7 % [+6.8, +8.5] on `rank-200` ``. */
function sayEffect(verdict: Verdict, style: TextStyle): string {
  return `${sayChange(verdict, style)} on ${style.code(verdict.scenario, 60)}`;
}

/** `CPU / request +7.7 % [+6.8, +8.5]`; a figure without its interval is never shown. */
function sayChange(verdict: Verdict, style: TextStyle): string {
  const metric = metricTitle(verdict, style.code);
  const { effect, interval } = verdict;
  if (effect === undefined || interval === undefined) return metric;
  const amounts = amountsOf(verdict);
  return `${metric} ${amounts.change(effect)} ${amounts.interval(interval)}`;
}
