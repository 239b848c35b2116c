import { type Corpus, createCorpus } from '../../benchmarks/ranking-service/corpus.ts';

/** Enough of everything to tell right from wrong, made in a few milliseconds. */
export const SMALL_SIZE = { items: 2_000, users: 50, clusters: 16 };

/** A corpus of SMALL_SIZE from a seed. */
export function smallCorpus(seed = 7): Corpus {
  return createCorpus(seed, SMALL_SIZE);
}
