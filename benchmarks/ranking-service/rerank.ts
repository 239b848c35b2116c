import type { Catalogue } from './corpus.ts';

/** An item with the score that put it where it is. */
export interface Ranked {
  readonly id: number;
  readonly score: number;
}

/** The best so many times `k` take part in the re-rank: below that nothing can climb into the answer. */
export const SHORTLIST_PER_K = 4;
/** A score is multiplied by this for every earlier item of its category, and of its creator. */
export const CATEGORY_REPEAT = 0.92;
export const CREATOR_REPEAT = 0.8;

/**
 * Orders the best candidates so that categories and creators take turns: greedily the item with the best
 * discounted score, which is the score it is answered with. Discounts only ever grow, so scores never rise
 * down the list. Ties go to the smaller id.
 * @returns the `k` times SHORTLIST_PER_K best candidates, re-ordered.
 */
export function rerankForDiversity(
  catalogue: Catalogue,
  ids: Uint32Array,
  scores: Float32Array,
  k: number,
): Ranked[] {
  const waiting = shortlist(ids, scores, k * SHORTLIST_PER_K);
  const ranked: Ranked[] = [];
  while (waiting.length > 0) {
    const next = waiting.splice(indexOfBest(waiting), 1)[0]!;
    ranked.push(next);
    discountLikes(catalogue, waiting, next.id);
  }
  return ranked;
}

interface Waiting {
  id: number;
  score: number;
}

function shortlist(ids: Uint32Array, scores: Float32Array, length: number): Waiting[] {
  const rows = Uint32Array.from(ids.keys());
  rows.sort((left, right) => scores[right]! - scores[left]! || ids[left]! - ids[right]!);
  return Array.from(rows.subarray(0, length), (row) => ({ id: ids[row]!, score: scores[row]! }));
}

function indexOfBest(waiting: readonly Waiting[]): number {
  let best = 0;
  for (let at = 1; at < waiting.length; at++) {
    const { id, score } = waiting[at]!;
    const leader = waiting[best]!;
    if (score > leader.score || (score === leader.score && id < leader.id)) best = at;
  }
  return best;
}

function discountLikes(catalogue: Catalogue, waiting: readonly Waiting[], chosen: number) {
  const category = catalogue.category[chosen];
  const creator = catalogue.creator[chosen];
  for (const item of waiting) {
    if (catalogue.category[item.id] === category) item.score *= CATEGORY_REPEAT;
    if (catalogue.creator[item.id] === creator) item.score *= CREATOR_REPEAT;
  }
}
