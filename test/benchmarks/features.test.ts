import { describe, expect, it } from 'vitest';
import { createOnlineStore, FEATURES, fetchFeatures } from '../../benchmarks/ranking-service/features.ts';
import { smallCorpus } from './small-corpus.ts';

const { catalogue } = smallCorpus();
const store = createOnlineStore(8, catalogue.count);
const context = { device: 1, hour: 20, locale: 2, surface: 1 };
const ids = Uint32Array.of(5, 1_999, 0, 5);

describe('feature fetch', () => {
  it('gives a row of numbers between 0 and 1 for every candidate, in their order', () => {
    const rows = fetchFeatures(store, catalogue, Uint16Array.of(1, 2, 3, 4), context, ids);

    expect(rows).toHaveLength(ids.length * FEATURES);
    expect([...rows].every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(rows.slice(0, FEATURES)).toEqual(rows.slice(3 * FEATURES));
    expect(rows[FEATURES]).toBe(catalogue.popularity[1_999]);
  });

  it('marks items of creators whom the user follows', () => {
    const followed = catalogue.creator[1_999]!;

    const rows = fetchFeatures(store, catalogue, Uint16Array.of(followed, 0, 0, 0), context, ids);
    const strangers = fetchFeatures(
      store,
      catalogue,
      Uint16Array.of(6_000, 6_000, 6_000, 6_000),
      context,
      ids,
    );

    expect(rows[FEATURES + 6]).toBe(1);
    expect(strangers[FEATURES + 6]).toBe(0);
  });

  it('depends on device and hour', () => {
    const evening = fetchFeatures(store, catalogue, new Uint16Array(4), context, ids);
    const morning = fetchFeatures(store, catalogue, new Uint16Array(4), { ...context, hour: 7 }, ids);
    const tv = fetchFeatures(store, catalogue, new Uint16Array(4), { ...context, device: 3 }, ids);

    expect(morning).not.toEqual(evening);
    expect(tv).not.toEqual(evening);
  });
});
