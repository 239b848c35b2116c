import { metricOf } from '../domain/benchmark.ts';
import type { Verdict } from '../domain/verdict.ts';
import { totalAnswers } from './answers.ts';
import { METRIC_WORDS } from './metric-words.ts';
import { count, formatBound, formatChange, formatInterval, formatLimit } from './numbers.ts';
import { isGating, leadVerdict } from './rank.ts';
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
  const { compared, different } = totalAnswers(result);
  if (different === 0) {
    const detail = finding.detail === undefined ? '' : `: ${finding.detail}`;
    return `${style.icon(finding.mood)} ${finding.word}${detail} — ${finding.gate}`;
  }
  const mood = finding.mood === 'good' ? 'careful' : finding.mood;
  const answers = `${different} of ${count(compared, 'sampled request')} answered differently`;
  const details = [answers, finding.detail].filter((detail) => detail !== undefined).join('; ');
  const joined = finding.mood === 'good' ? 'but' : 'and';
  return `${style.icon(mood)} ${finding.word} ${joined} different: ${details} — ${finding.gate}`;
}

function findingOf(result: JudgedResult, style: TextStyle): Finding {
  const lead = leadVerdict(result);
  if (lead === undefined)
    return { mood: 'undecided', word: 'No verdict: no metric gates here', gate: 'not blocking' };
  const words = METRIC_WORDS[lead.metric];
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
      return lead.effect === undefined
        ? { mood: 'undecided', word: 'No verdict: no pair could be used', gate: 'not blocking' }
        : { mood: 'undecided', word: 'Undecided', detail, gate: 'no verdict, not blocking' };
  }
}

/** What a pass has shown: upper bounds, not effects, because they are what was proved and shrink with more pairs. */
function sayNotSlower(verdicts: readonly Verdict[]): Pick<Finding, 'word' | 'detail'> {
  const gating = verdicts.filter(isGating);
  const upper = gating.map(({ interval }) => interval?.hi).filter((hi) => hi !== undefined);
  const results = count(gating.length, 'gating result');
  const aside = sayUngated(verdicts);
  if (upper.length < gating.length) return { word: `Not slower in ${results}${aside}` };
  const bound = formatBound(Math.max(0.001, ...upper));
  return { word: 'Not slower', detail: `any increase is below ${bound} in ${results}${aside}` };
}

function sayUngated(verdicts: readonly Verdict[]): string {
  const worse = verdicts.filter((verdict) => verdict.verdict === 'regressed' && !isGating(verdict)).length;
  return worse === 0 ? '' : `; ${worse} worse that ${worse === 1 ? 'does' : 'do'} not gate`;
}

function gateText(state: 'failing' | 'passing', lead: Verdict): string {
  return lead.threshold === undefined
    ? `gate ${state}`
    : `gate ${state} (limit ${formatLimit(lead.threshold)})`;
}

/** ``CPU / request +7.7 % [+6.8, +8.5] on `rank-200` ``; a figure without its interval is never shown. */
function sayEffect(verdict: Verdict, style: TextStyle): string {
  const metric = metricOf(verdict.metric).title;
  const scenario = style.code(verdict.scenario, 60);
  const { effect, interval } = verdict;
  if (effect === undefined || interval === undefined) return `${metric} on ${scenario}`;
  return `${metric} ${formatChange(effect)} ${formatInterval(interval)} on ${scenario}`;
}
