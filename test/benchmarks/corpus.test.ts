import { describe, expect, it } from 'vitest';
import { createCorpus, FULL_SIZE } from '../../benchmarks/ranking-service/corpus.ts';
import { SMALL_SIZE, smallCorpus } from './small-corpus.ts';

describe('the corpus', () => {
  it('is the same for the same seed and another for another', () => {
    const first = smallCorpus(1);
    const again = smallCorpus(1);
    const other = smallCorpus(2);

    expect(again).toEqual(first);
    expect(other.catalogue.embeddings).not.toEqual(first.catalogue.embeddings);
  });

  it('has 50,000 items and 10,000 users of 64 dimensions at full size', () => {
    const corpus = createCorpus(1, FULL_SIZE);

    expect(corpus.catalogue.embeddings).toHaveLength(50_000 * 64);
    expect(corpus.users.embeddings).toHaveLength(10_000 * 64);
  });

  it('puts every item into exactly one cluster, the most popular of each first', () => {
    const { catalogue, clusters } = smallCorpus();

    expect([...clusters.members].toSorted((a, b) => a - b)).toEqual([...Array(SMALL_SIZE.items).keys()]);
    for (let cluster = 0; cluster < clusters.count; cluster++) {
      const members = clusters.members.subarray(
        clusters.firstMember[cluster],
        clusters.firstMember[cluster + 1],
      );
      const popularity = Array.from(members, (id) => catalogue.popularity[id]!);
      expect(popularity).toEqual(popularity.toSorted((a, b) => b - a));
    }
  });
});
