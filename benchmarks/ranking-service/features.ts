import { type Catalogue, FOLLOWS_PER_USER } from './corpus.ts';
import { createRandom, drawInteger } from './random.ts';
import { CATEGORIES, type Context, DEVICES, SURFACES } from './request.ts';

/** Features a candidate, beside the embeddings. */
export const FEATURES = 8;

/** What is counted while the shop is open: in production a store of its own, here seeded counters. */
export interface OnlineStore {
  readonly clicks: Uint32Array;
  readonly impressions: Uint32Array;
  /** How a category goes on a device, at `device * CATEGORIES + category`, 0 to 1. */
  readonly demandByDevice: Float32Array;
  /** How a category goes at an hour, at `hour * CATEGORIES + category`, 0 to 1. */
  readonly demandByHour: Float32Array;
}

/** Fills the counters of `itemCount` items from a seed. */
export function createOnlineStore(seed: number, itemCount: number): OnlineStore {
  const random = createRandom(seed);
  const impressions = Uint32Array.from({ length: itemCount }, () => drawInteger(random, 5_000));
  const clicks = impressions.map((seen) => seen * random() * 0.2);
  return {
    clicks,
    impressions,
    demandByDevice: Float32Array.from({ length: DEVICES.length * CATEGORIES }, random),
    demandByHour: Float32Array.from({ length: 24 * CATEGORIES }, random),
  };
}

/**
 * Gathers the features of every candidate.
 * @param follows creators whom the user follows.
 * @returns FEATURES numbers a candidate, in the order of `ids`, all between 0 and 1.
 */
export function fetchFeatures(
  store: OnlineStore,
  catalogue: Catalogue,
  follows: Uint16Array,
  context: Context,
  ids: Uint32Array,
): Float32Array {
  const rows = new Float32Array(ids.length * FEATURES);
  const surface = context.surface / (SURFACES.length - 1);
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row]!;
    const category = catalogue.category[id]!;
    const to = row * FEATURES;
    rows[to] = catalogue.popularity[id]!;
    rows[to + 1] = catalogue.freshness[id]!;
    rows[to + 2] = clickRate(store, id);
    rows[to + 3] = store.demandByDevice[context.device * CATEGORIES + category]!;
    rows[to + 4] = store.demandByHour[context.hour * CATEGORIES + category]!;
    rows[to + 5] = catalogue.localeMask[id] === 1 << context.locale ? 1 : 0;
    rows[to + 6] = isFollowed(follows, catalogue.creator[id]!) ? 1 : 0;
    rows[to + 7] = surface;
  }
  return rows;
}

// One click of one impression is luck, not a rate of 1: both counts start from a typical item's.
function clickRate(store: OnlineStore, id: number): number {
  return (store.clicks[id]! + 1) / (store.impressions[id]! + 20);
}

function isFollowed(follows: Uint16Array, creator: number): boolean {
  for (let at = 0; at < FOLLOWS_PER_USER; at++) {
    if (follows[at] === creator) return true;
  }
  return false;
}
