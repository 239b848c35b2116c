import type { AnswerComparison, RankingComparison } from '../domain/trial.ts';
import { count, formatBytes } from './numbers.ts';
import type { TextStyle } from './style.ts';
import type { JudgedResult } from './view.ts';
import { isCommand } from './what-ran.ts';

export interface AnswerTotals {
  compared: number;
  different: number;
  /** Of the different ones. */
  statusDifferent: number;
  shapeDifferent: number;
  /** Undefined when no answer held a ranking. */
  ranking?: RankingComparison;
}

/** A difference in size that is worth a word; times and ids in answers make small ones. */
const SIZE_WORTH_A_WORD = 0.01;

/** Requests whose answers were compared before any speed was looked at, over all scenarios. */
export function totalAnswers(result: JudgedResult): AnswerTotals {
  const comparisons = result.answers.map(({ comparison }) => comparison);
  const sum = (of: (comparison: AnswerComparison) => number | undefined): number =>
    comparisons.reduce((total, comparison) => total + (of(comparison) ?? 0), 0);
  const ranking = totalRanking(comparisons);
  return {
    compared: sum(({ compared }) => compared),
    different: sum(({ different }) => different),
    statusDifferent: sum(({ statusDifferent }) => statusDifferent),
    shapeDifferent: sum(({ shapeDifferent }) => shapeDifferent),
    ...(ranking === undefined ? {} : { ranking }),
  };
}

/** Whether both sides answer alike, one line. */
export function describeAnswers(result: JudgedResult, style: TextStyle): string {
  const totals = totalAnswers(result);
  const { compared, different } = totals;
  const asked = count(compared, nounOf(result));
  if (compared === 0) return `${style.strong('Answers:')} none were compared.`;
  const isOutput = nounOf(result) === 'output';
  if (different === 0) {
    const alike =
      totals.ranking === undefined ? '' : `, the top ${totals.ranking.k} of each ranking included`;
    return isOutput
      ? `${style.strong('Output unchanged:')} ${compared} of ${asked} equal to base's.`
      : `${style.strong('Answers unchanged:')} ${compared} of ${asked} answered as base does${alike}.`;
  }
  const sentences = [
    `${different} of ${asked} ${isOutput ? 'other' : 'answered differently'} than base, in ${namesOf(result, style)}${kindsOf(totals)}`,
    describeRanking(totals.ranking),
    describeSizes(result),
  ];
  return `${style.strong(isOutput ? 'Output differs:' : 'Answers differ:')} ${sentences.filter((sentence) => sentence !== '').join('. ')}.`;
}

/** `overlap@20 0.93`, for a first line; '' when rankings agree or none were seen. */
export function rankingInShort({ ranking }: AnswerTotals): string {
  if (ranking === undefined || isSameRanking(ranking)) return '';
  return `overlap@${ranking.k} ${formatOverlap(ranking.overlap)}`;
}

/** What is asked: requests of services, outputs of commands. */
export function nounOf(result: JudgedResult): string {
  const ofCommands = result.answers.filter(({ scenario }) => isCommand(result, scenario)).length;
  if (ofCommands === 0) return 'sampled request';
  return ofCommands === result.answers.length ? 'output' : 'sampled result';
}

function namesOf(result: JudgedResult, style: TextStyle): string {
  const names = result.answers
    .filter(({ comparison }) => comparison.different > 0)
    .map(({ scenario }) => scenario);
  const shown = names.slice(0, 3).map((name) => style.code(name, 60));
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return `${shown.join(', ')}${more}`;
}

function kindsOf({ statusDifferent, shapeDifferent }: AnswerTotals): string {
  const kinds = [
    statusDifferent === 0 ? '' : `${statusDifferent} in status`,
    shapeDifferent === 0 ? '' : `${shapeDifferent} in the shape of the JSON`,
  ].filter((kind) => kind !== '');
  return kinds.length === 0 ? '' : ` (${kinds.join(', ')})`;
}

function describeRanking(ranking: RankingComparison | undefined): string {
  if (ranking === undefined) return '';
  const { k, overlap, worstOverlap, reordered, largestScoreDifference: scores } = ranking;
  if (isSameRanking(ranking)) return `Rankings agree in their top ${k}`;
  const parts = [
    `Rankings: overlap@${k} ${formatOverlap(overlap)} on average, ${formatOverlap(worstOverlap)} at worst`,
    reordered === 0 ? '' : `${reordered} reordered`,
    scores === undefined ? '' : `scores of one item differ by ${Number(scores.toPrecision(2))} at most`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function describeSizes(result: JudgedResult): string {
  const sizes = result.answers.flatMap(({ comparison }) => comparison.bytes ?? []);
  const base = sizes.reduce((sum, bytes) => sum + bytes.base, 0);
  const head = sizes.reduce((sum, bytes) => sum + bytes.head, 0);
  const change = base === 0 ? 0 : head / base - 1;
  if (Math.abs(change) < SIZE_WORTH_A_WORD) return '';
  return `Size: ${formatBytes(base)} to ${formatBytes(head)}`;
}

/** Cut and not rounded, so that only equal rankings are called 1.00. */
function formatOverlap(overlap: number): string {
  return (Math.floor(overlap * 100 + 1e-9) / 100).toFixed(2);
}

function isSameRanking({ worstOverlap, reordered, largestScoreDifference = 0 }: RankingComparison): boolean {
  return worstOverlap === 1 && reordered === 0 && largestScoreDifference === 0;
}

/** Each scenario counts by the requests that were compared in it. */
function totalRanking(comparisons: readonly AnswerComparison[]): RankingComparison | undefined {
  const ranked = comparisons.flatMap(({ compared, ranking }) =>
    ranking === undefined ? [] : [{ compared, ranking }],
  );
  const [first] = ranked;
  if (first === undefined) return undefined;
  const compared = ranked.reduce((sum, one) => sum + one.compared, 0);
  const overlap = ranked.reduce((sum, one) => sum + one.ranking.overlap * one.compared, 0);
  const scores = ranked.flatMap(({ ranking }) => ranking.largestScoreDifference ?? []);
  return {
    k: first.ranking.k,
    overlap: compared === 0 ? first.ranking.overlap : overlap / compared,
    worstOverlap: Math.min(...ranked.map(({ ranking }) => ranking.worstOverlap)),
    reordered: ranked.reduce((sum, { ranking }) => sum + ranking.reordered, 0),
    ...(scores.length === 0 ? {} : { largestScoreDifference: Math.max(...scores) }),
  };
}
