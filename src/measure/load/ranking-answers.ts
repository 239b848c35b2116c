import type { RankingAnswers } from '../../domain/benchmark.ts';
import type { RankingComparison } from '../../domain/trial.ts';
import { finiteNumber } from './exact-json.ts';
import { parseJsonPointer, readJsonPointer } from './json-pointer.ts';

/** The first k items of one answer, best first. */
export interface Ranking {
  /** Each as text that is equal for equal ids only; repeats are kept. */
  ids: string[];
  /** In the order of `ids`; undefined where an item has no finite score. */
  scores: (number | undefined)[];
}

/**
 * Gives a function that finds the ranking in a parsed answer; it gives undefined for an answer that has no list there.
 * @throws PerfCiError `json-pointer` when `rules` hold text that is no pointer
 */
export function createRankingReader(rules: RankingAnswers): (answer: unknown) => Ranking | undefined {
  const toItems = parseJsonPointer(rules.items);
  const toId = parseJsonPointer(rules.id);
  const { scores } = rules;
  const toScore = scores === undefined ? [] : parseJsonPointer(scores.at);
  return (answer) => {
    const items = readJsonPointer(answer, toItems);
    if (!Array.isArray(items)) return undefined;
    const first: unknown[] = items.slice(0, rules.k);
    const list = scores?.kind === 'list' ? readJsonPointer(answer, toScore) : undefined;
    const scoreOf = (item: unknown, index: number): unknown => {
      if (scores?.kind === 'in-item') return readJsonPointer(item, toScore);
      return Array.isArray(list) ? (list as unknown[])[index] : undefined;
    };
    return {
      ids: first.map((item) => idText(readJsonPointer(item, toId))),
      scores: first.map((item, index) => finiteNumber(scoreOf(item, index))),
    };
  };
}

/** As JSON: the id 7 and the id "7" are two ids. An item without an id is nobody's equal but another such. */
function idText(id: unknown): string {
  try {
    return JSON.stringify(id) ?? '';
  } catch {
    // Nested deeper than the stack: no id.
    return '';
  }
}

/**
 * overlap@k: the share of the first k items that two rankings have in common, whatever their order; what W. Webber,
 * A. Moffat, J. Zobel call agreement at depth k ("A similarity measure for indefinite rankings",
 * DOI 10.1145/1852102.1852106). 1 for the same items, 0 for none in common, symmetric. Where both are shorter than k, the
 * longer one's length takes the place of k; two empty rankings agree.
 * @param a first k ids, best first
 */
export function overlapAtK(a: readonly string[], b: readonly string[]): number {
  const left = new Set(a);
  const right = new Set(b);
  const larger = Math.max(left.size, right.size);
  if (larger === 0) return 1;
  return [...left].filter((id) => right.has(id)).length / larger;
}

/** Sums up the comparisons of many rankings. */
export interface RankingTally {
  /** One request; undefined is a side that answered with no ranking. A request with none on either side is passed over. */
  add(base: Ranking | undefined, head: Ranking | undefined): void;
  /** Undefined when no ranking was seen. */
  result(): RankingComparison | undefined;
}

export function createRankingTally(k: number): RankingTally {
  const overlaps: number[] = [];
  let reordered = 0;
  let largest: number | undefined;
  return {
    add(base, head) {
      if (base === undefined && head === undefined) return;
      const overlap = base === undefined || head === undefined ? 0 : overlapAtK(base.ids, head.ids);
      overlaps.push(overlap);
      if (base === undefined || head === undefined) return;
      if (overlap === 1 && base.ids.join() !== head.ids.join()) reordered += 1;
      const difference = largestScoreDifference(base, head);
      if (difference !== undefined) largest = Math.max(largest ?? 0, difference);
    },
    result() {
      if (overlaps.length === 0) return undefined;
      return {
        k,
        overlap: overlaps.reduce((sum, overlap) => sum + overlap, 0) / overlaps.length,
        worstOverlap: Math.min(...overlaps),
        reordered,
        ...(largest === undefined ? {} : { largestScoreDifference: largest }),
      };
    },
  };
}

/** Over the items that both have; undefined when none of them has a score on both sides. */
function largestScoreDifference(base: Ranking, head: Ranking): number | undefined {
  const scoreAtHead = new Map(head.ids.map((id, index) => [id, head.scores[index]]));
  let largest: number | undefined;
  base.ids.forEach((id, index) => {
    const before = base.scores[index];
    const after = scoreAtHead.get(id);
    if (before === undefined || after === undefined) return;
    largest = Math.max(largest ?? 0, Math.abs(after - before));
  });
  return largest;
}
