import type { Random } from '../../stats/random.ts';

/** Larger decks are a mistake in a weight: no pair sends so many requests. */
const MAX_CARDS = 1_000_000;

/**
 * A deck of cards: each of `requests` as often as its weight says (default 1), in the order given. Shuffled and dealt to
 * the end before it is shuffled anew, it gives each mix exactly once a deck, where a draw at a time would add luck of its own.
 * @throws RangeError for a weight that is no whole number from 1, and for a deck of more than a million
 */
export function deckOf<T extends { weight?: number }>(requests: readonly T[]): T[] {
  const deck: T[] = [];
  for (const request of requests) {
    const weight = request.weight ?? 1;
    if (!Number.isInteger(weight) || weight < 1) {
      throw new RangeError(`expected a weight that is a whole number from 1, found ${weight}`);
    }
    if (deck.length + weight > MAX_CARDS) {
      throw new RangeError(`expected weights whose sum is at most ${MAX_CARDS}, found more`);
    }
    for (let copy = 0; copy < weight; copy += 1) deck.push(request);
  }
  return deck;
}

/** Deals `deck` without end, shuffled anew each time that it is used up. An empty deck deals nothing. */
export function* deal<T>(deck: readonly T[], random: Random): Generator<T, undefined> {
  while (deck.length > 0) yield* random.shuffle(deck);
}

/** `count` cards of `deck` from place `start` on, round and round. */
export function rotated<T>(deck: readonly T[], start: number, count: number): T[] {
  return Array.from({ length: count }, (_, index) => deck[(start + index) % deck.length] as T);
}
