/** What a rival rule says of runs of one metric, smaller is better: base[i] and head[i] ran in that order. */
export type RivalWord = 'regressed' | 'improved' | 'unchanged';

/** A rule by which other tools compare runs. */
export type RivalRule = (base: readonly number[], head: readonly number[]) => RivalWord;

/** The word for a difference that a test found. */
export function wordBySign(difference: number): RivalWord {
  if (difference > 0) return 'regressed';
  return difference < 0 ? 'improved' : 'unchanged';
}
