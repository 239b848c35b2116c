import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { listsOfConnections } from '../../../src/measure/load/closed-loop.ts';
import { deal, deckOf, rotated } from '../../../src/measure/load/deck.ts';
import { createRandom } from '../../../src/stats/random.ts';

const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });

function countOf<T>(cards: readonly T[], card: T): number {
  return cards.filter((one) => one === card).length;
}

describe('a deck of requests', () => {
  it('holds each request as often as it weighs, and so does every deal to the end', () => {
    fc.assert(
      fc.property(weights, fc.nat(), (weighed, seed) => {
        const requests = weighed.map((weight, id) => ({ id, weight }));
        const deck = deckOf(requests);
        const cards = deal(deck, createRandom(seed));
        for (let round = 0; round < 3; round += 1) {
          const dealt = deck.map(() => cards.next().value);
          for (const request of requests) expect(countOf(dealt, request)).toBe(request.weight);
        }
      }),
    );
  });

  it('is dealt in another order by another seed and in the same by the same', () => {
    const deck = Array.from({ length: 20 }, (_, id): { id: number; weight?: number } => ({ id }));
    const dealt = (seed: number): number[] => {
      const cards = deal(deckOf(deck), createRandom(seed));
      return deck.map(() => cards.next().value?.id ?? -1);
    };

    expect(dealt(1)).toEqual(dealt(1));
    expect(dealt(1)).not.toEqual(dealt(2));
  });

  it('weighs one where nothing is said', () => {
    expect(deckOf([{ id: 1 }, { id: 2, weight: 2 }])).toEqual([
      { id: 1 },
      { id: 2, weight: 2 },
      { id: 2, weight: 2 },
    ]);
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity, 2_000_000])('refuses a weight of %s', (weight) => {
    expect(() => deckOf([{ weight }])).toThrow(RangeError);
  });

  it('deals nothing when it is empty, instead of for ever', () => {
    expect([...deal([], createRandom(1))]).toEqual([]);
  });

  it('goes round', () => {
    expect(rotated(['a', 'b', 'c'], 4, 5)).toEqual(['b', 'c', 'a', 'b', 'c']);
  });
});

describe('the lists of the connections of a closed loop', () => {
  it('add up to the amount, are even, and start apart', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 500 }),
        (length, connections, amount, start) => {
          const deck = Array.from({ length }, (_, card) => card);
          const lists = listsOfConnections(deck, { connections, amount, start });
          const lengths = lists.map((list) => list.length);

          expect(lengths.reduce((sum, count) => sum + count, 0)).toBe(amount);
          expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
          if (length >= connections && amount >= connections) {
            expect(new Set(lists.map((list) => list[0])).size).toBe(connections);
          }
        },
      ),
    );
  });

  it('hold every request equally often when the amount is a multiple of connections and deck', () => {
    const lists = listsOfConnections(['a', 'b', 'c'], { connections: 4, amount: 24, start: 5 });

    for (const card of ['a', 'b', 'c']) expect(countOf(lists.flat(), card)).toBe(8);
  });
});
