import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIMENSIONS } from '../../benchmarks/ranking-service/corpus.ts';
import { PER_CLUSTER, recallCandidates } from '../../benchmarks/ranking-service/recall.ts';
import { LOCALES } from '../../benchmarks/ranking-service/request.ts';
import { SMALL_SIZE, smallCorpus } from './small-corpus.ts';

const corpus = smallCorpus();

function vectorOf(userId: number): Float32Array {
  return corpus.users.embeddings.subarray(userId * DIMENSIONS, (userId + 1) * DIMENSIONS);
}

describe('recall', () => {
  it('gives as many items as asked for, each once and each allowed in the locale', () => {
    fc.assert(
      fc.property(
        fc.nat(SMALL_SIZE.users - 1),
        fc.nat(LOCALES.length - 1),
        fc.integer({ min: 1, max: 600 }),
        (userId, locale, count) => {
          const ids = recallCandidates(corpus, vectorOf(userId), locale, count);

          expect(ids).toHaveLength(count);
          expect(new Set(ids).size).toBe(count);
          for (const id of ids) expect((corpus.catalogue.localeMask[id]! >> locale) & 1).toBe(1);
        },
      ),
    );
  });

  it('starts with the cluster whose centre is nearest to the user', () => {
    const { centroids, members, firstMember } = corpus.clusters;
    const user = vectorOf(3);
    const affinities = Array.from({ length: SMALL_SIZE.clusters }, (_, cluster) =>
      user.reduce((sum, value, at) => sum + value * centroids[cluster * DIMENSIONS + at]!, 0),
    );
    const nearest = affinities.indexOf(Math.max(...affinities));

    const ids = recallCandidates(corpus, user, 0, PER_CLUSTER);

    const expected = new Set(members.subarray(firstMember[nearest], firstMember[nearest + 1]));
    expect([...ids].every((id) => expected.has(id))).toBe(true);
  });

  it('only adds to the end when more is asked for', () => {
    const some = recallCandidates(corpus, vectorOf(5), 1, 150);
    const more = recallCandidates(corpus, vectorOf(5), 1, 400);

    expect([...more.subarray(0, 150)]).toEqual([...some]);
  });

  it('gives what there is when the catalogue has less than asked for', () => {
    const ids = recallCandidates(corpus, vectorOf(0), 2, 5_000);

    expect(ids.length).toBeGreaterThan(0);
    expect(ids.length).toBeLessThanOrEqual(SMALL_SIZE.clusters * PER_CLUSTER);
  });
});
