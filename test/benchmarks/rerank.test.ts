import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CATEGORY_REPEAT,
  CREATOR_REPEAT,
  rerankForDiversity,
  SHORTLIST_PER_K,
} from '../../benchmarks/ranking-service/rerank.ts';
import { smallCorpus } from './small-corpus.ts';

const { catalogue } = smallCorpus();
const scoredIds = fc.uniqueArray(fc.nat(catalogue.count - 1), { minLength: 1, maxLength: 120 }).chain((ids) =>
  fc.tuple(
    fc.constant(Uint32Array.from(ids)),
    fc
      .array(fc.integer({ min: 1, max: 20 }), { minLength: ids.length, maxLength: ids.length })
      .map((tenths) => Float32Array.from(tenths, (value) => value / 21)),
  ),
);

describe('the diversity re-rank', () => {
  it('keeps the best candidates, each once, with scores that never rise', () => {
    fc.assert(
      fc.property(scoredIds, fc.integer({ min: 1, max: 30 }), ([ids, scores], k) => {
        const ranked = rerankForDiversity(catalogue, ids, scores, k);

        const kept = new Set(ranked.map(({ id }) => id));
        const worstKept = Math.min(...[...ids].flatMap((id, at) => (kept.has(id) ? [scores[at]!] : [])));
        const bestLeft = Math.max(...[...ids].flatMap((id, at) => (kept.has(id) ? [] : [scores[at]!])));
        expect(kept.size).toBe(Math.min(ids.length, k * SHORTLIST_PER_K));
        expect(bestLeft).toBeLessThanOrEqual(worstKept);
        expect(ranked.every(({ score }, at) => at === 0 || score <= ranked[at - 1]!.score)).toBe(true);
      }),
    );
  });

  it('lets a slightly worse item of another category go before a second one of the same', () => {
    const likes = { ...catalogue, category: Uint8Array.of(4, 4, 9), creator: Uint16Array.of(1, 2, 3) };

    const ranked = rerankForDiversity(likes, Uint32Array.of(0, 1, 2), Float32Array.of(0.9, 0.88, 0.85), 3);

    expect(ranked.map(({ id }) => id)).toEqual([0, 2, 1]);
    expect(ranked[2]!.score).toBeCloseTo(0.88 * CATEGORY_REPEAT, 6);
  });

  it('discounts a repeated creator more than a repeated category', () => {
    const likes = { ...catalogue, category: Uint8Array.of(1, 2, 1), creator: Uint16Array.of(5, 5, 6) };

    const ranked = rerankForDiversity(likes, Uint32Array.of(0, 1, 2), Float32Array.of(0.9, 0.8, 0.8), 3);

    expect(ranked.map(({ id }) => id)).toEqual([0, 2, 1]);
    expect(ranked[2]!.score).toBeCloseTo(0.8 * CREATOR_REPEAT, 6);
  });

  it('gives ties to the smaller id, whatever order they come in', () => {
    const unlike = { ...catalogue, category: Uint8Array.of(1, 2, 3), creator: Uint16Array.of(1, 2, 3) };

    const ranked = rerankForDiversity(unlike, Uint32Array.of(2, 0, 1), Float32Array.of(0.5, 0.5, 0.5), 3);

    expect(ranked.map(({ id }) => id)).toEqual([0, 1, 2]);
  });
});
