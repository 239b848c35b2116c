import { type Corpus, DIMENSIONS } from './corpus.ts';

/** So many items of one cluster at most: a broad recall is worth more than an exact one. */
export const PER_CLUSTER = 64;

/**
 * Fetches candidates from the clusters nearest to the user, the most popular of each first, leaving out
 * what may not be shown in the locale.
 * @returns up to `count` item ids, each once; fewer only when the catalogue has no more to give.
 */
export function recallCandidates(
  { catalogue, clusters }: Corpus,
  userVector: Float32Array,
  locale: number,
  count: number,
): Uint32Array {
  const affinity = affinityByCluster(clusters.centroids, userVector);
  const found = new Uint32Array(count);
  let filled = 0;
  for (let probe = 0; probe < clusters.count && filled < count; probe++) {
    const cluster = takeNearest(affinity);
    const first = clusters.firstMember[cluster]!;
    const end = clusters.firstMember[cluster + 1]!;
    const enough = Math.min(count, filled + PER_CLUSTER);
    for (let at = first; at < end && filled < enough; at++) {
      const id = clusters.members[at]!;
      if ((catalogue.localeMask[id]! >> locale) & 1) found[filled++] = id;
    }
  }
  return found.subarray(0, filled);
}

function affinityByCluster(centroids: Float32Array, userVector: Float32Array): Float32Array {
  const affinity = new Float32Array(centroids.length / DIMENSIONS);
  for (let cluster = 0; cluster < affinity.length; cluster++) {
    let sum = 0;
    for (let at = 0; at < DIMENSIONS; at++) sum += centroids[cluster * DIMENSIONS + at]! * userVector[at]!;
    affinity[cluster] = sum;
  }
  return affinity;
}

// A few probes out of hundreds of clusters: taking the best so often is cheaper than sorting them all.
function takeNearest(affinity: Float32Array): number {
  let nearest = 0;
  for (let cluster = 1; cluster < affinity.length; cluster++) {
    if (affinity[cluster]! > affinity[nearest]!) nearest = cluster;
  }
  affinity[nearest] = -Infinity;
  return nearest;
}
