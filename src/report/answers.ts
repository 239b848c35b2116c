import { count } from './numbers.ts';
import type { TextStyle } from './style.ts';
import type { JudgedResult } from './view.ts';

export interface AnswerTotals {
  compared: number;
  different: number;
}

/** Requests whose answers were compared before any speed was looked at, over all scenarios. */
export function totalAnswers(result: JudgedResult): AnswerTotals {
  const sum = (key: keyof AnswerTotals): number =>
    result.answers.reduce((total, { comparison }) => total + comparison[key], 0);
  return { compared: sum('compared'), different: sum('different') };
}

/** Whether both sides answer alike, one line. */
export function describeAnswers(result: JudgedResult, style: TextStyle): string {
  const { compared, different } = totalAnswers(result);
  if (compared === 0) return `${style.strong('Answers:')} none were compared.`;
  if (different === 0) {
    return `${style.strong('Answers unchanged:')} ${compared} of ${count(compared, 'sampled request')} answered as base does.`;
  }
  const names = result.answers
    .filter(({ comparison }) => comparison.different > 0)
    .map(({ scenario }) => scenario);
  const shown = names.slice(0, 3).map((name) => style.code(name, 60));
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return (
    `${style.strong('Answers differ:')} ${different} of ${count(compared, 'sampled request')} ` +
    `answered differently than base, in ${shown.join(', ')}${more}.`
  );
}
