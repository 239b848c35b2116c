import { type Clusters, groupByCluster } from './clusters.ts';
import { CATEGORIES, LOCALES } from './request.ts';
import { createRandom, drawInteger, drawVector, type Random } from './random.ts';

/** Length of every embedding: items, users and cluster centres live in one space. */
export const DIMENSIONS = 64;
/** Creators that a user follows. */
export const FOLLOWS_PER_USER = 4;

const CREATORS = 5_000;
const HOME_CLUSTERS_PER_USER = 3;
const FRESHNESS_DECAY_HOURS = 72;
const OLDEST_HOURS = 30 * 24;
const EVERY_LOCALE = 2 ** LOCALES.length - 1;

/** How much there is to rank; tests use a smaller one. */
export interface CorpusSize {
  readonly items: number;
  readonly users: number;
  readonly clusters: number;
}

export const FULL_SIZE: CorpusSize = { items: 50_000, users: 10_000, clusters: 256 };

/** Items column by column: the value of item `id` stands at index `id` (embeddings at `id * DIMENSIONS`). */
export interface Catalogue {
  readonly count: number;
  readonly embeddings: Float32Array;
  readonly category: Uint8Array;
  readonly creator: Uint16Array;
  /** Bit n is set when the item may be shown in `LOCALES[n]`. */
  readonly localeMask: Uint8Array;
  /** 0 (hardly seen) to 1 (everybody saw it); few items are near 1. */
  readonly popularity: Float32Array;
  /** 1 when just published, falling by 1/e every 72 hours of age. */
  readonly freshness: Float32Array;
}

/** Users column by column, like the catalogue; `follows` has FOLLOWS_PER_USER creators a user. */
export interface Users {
  readonly count: number;
  readonly embeddings: Float32Array;
  readonly follows: Uint16Array;
}

/** Everything that a ranking reads: made once at start, never changed. */
export interface Corpus {
  readonly catalogue: Catalogue;
  readonly users: Users;
  readonly clusters: Clusters;
}

/** Makes the whole corpus from one seed; same seed and size, same corpus. */
export function createCorpus(seed: number, size: CorpusSize = FULL_SIZE): Corpus {
  const random = createRandom(seed);
  const centroids = drawVector(random, size.clusters * DIMENSIONS, 1);
  const clusterOfItem = new Uint16Array(size.items);
  for (let id = 0; id < size.items; id++) clusterOfItem[id] = drawInteger(random, size.clusters);
  const catalogue = createCatalogue(random, clusterOfItem, centroids);
  const users = createUsers(random, size, centroids);
  const clusters = groupByCluster(centroids, clusterOfItem, catalogue.popularity);
  return { catalogue, users, clusters };
}

function createCatalogue(random: Random, clusterOfItem: Uint16Array, centroids: Float32Array): Catalogue {
  const count = clusterOfItem.length;
  const embeddings = drawVector(random, count * DIMENSIONS, 0.5);
  const category = new Uint8Array(count);
  const creator = new Uint16Array(count);
  const localeMask = new Uint8Array(count);
  const popularity = new Float32Array(count);
  const freshness = new Float32Array(count);
  for (let id = 0; id < count; id++) {
    const cluster = clusterOfItem[id]!;
    addCentroid(embeddings, id, centroids, cluster, 1);
    category[id] = random() < 0.7 ? cluster % CATEGORIES : drawInteger(random, CATEGORIES);
    creator[id] = drawInteger(random, CREATORS);
    localeMask[id] = random() < 0.8 ? EVERY_LOCALE : 1 << drawInteger(random, LOCALES.length);
    popularity[id] = random() ** 3;
    freshness[id] = Math.exp((-random() * OLDEST_HOURS) / FRESHNESS_DECAY_HOURS);
  }
  return { count, embeddings, category, creator, localeMask, popularity, freshness };
}

function createUsers(random: Random, size: CorpusSize, centroids: Float32Array): Users {
  const embeddings = drawVector(random, size.users * DIMENSIONS, 0.3);
  const follows = new Uint16Array(size.users * FOLLOWS_PER_USER);
  for (let id = 0; id < size.users; id++) {
    for (let home = 0; home < HOME_CLUSTERS_PER_USER; home++) {
      addCentroid(embeddings, id, centroids, drawInteger(random, size.clusters), 1 / HOME_CLUSTERS_PER_USER);
    }
    for (let at = 0; at < FOLLOWS_PER_USER; at++) {
      follows[id * FOLLOWS_PER_USER + at] = drawInteger(random, CREATORS);
    }
  }
  return { count: size.users, embeddings, follows };
}

function addCentroid(
  embeddings: Float32Array,
  row: number,
  centroids: Float32Array,
  cluster: number,
  weight: number,
) {
  for (let at = 0; at < DIMENSIONS; at++) {
    embeddings[row * DIMENSIONS + at]! += centroids[cluster * DIMENSIONS + at]! * weight;
  }
}
