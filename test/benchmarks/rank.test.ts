import { describe, expect, it } from 'vitest';
import { createRanker } from '../../benchmarks/ranking-service/rank.ts';
import { SMALL_SIZE } from './small-corpus.ts';

const request = {
  userId: 7,
  context: { device: 0, hour: 9, locale: 0, surface: 0 },
  k: 20,
  candidates: 300,
};

describe('a ranking', () => {
  it('is the same for the same seed and request, also after other requests', () => {
    const ranker = createRanker(11, SMALL_SIZE);
    const first = ranker.rank(request);
    ranker.rank({ ...request, userId: 8 });

    const again = ranker.rank(request);
    const elsewhere = createRanker(11, SMALL_SIZE).rank(request);

    expect(again).toMatchObject({ ids: first.ids, scores: first.scores });
    expect(elsewhere).toMatchObject({ ids: first.ids, scores: first.scores });
  });

  it('differs by seed, user and context', () => {
    const ranker = createRanker(11, SMALL_SIZE);
    const { scores } = ranker.rank(request);

    expect(createRanker(12, SMALL_SIZE).rank(request).scores).not.toEqual(scores);
    expect(ranker.rank({ ...request, userId: 8 }).scores).not.toEqual(scores);
    expect(ranker.rank({ ...request, context: { ...request.context, hour: 21 } }).scores).not.toEqual(scores);
  });

  it('answers k items with the time of every stage, in the order in which they ran', () => {
    const { ids, scores, stageMs } = createRanker(11, SMALL_SIZE).rank(request);

    expect(new Set(ids).size).toBe(20);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(Object.keys(stageMs)).toEqual(['user', 'recall', 'features', 'score', 'rerank', 'topK']);
  });

  it('answers fewer than k when so few candidates were asked for', () => {
    const { ids } = createRanker(11, SMALL_SIZE).rank({ ...request, candidates: 3 });

    expect(ids).toHaveLength(3);
  });
});
