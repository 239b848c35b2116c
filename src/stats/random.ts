/** A seeded source of randomness. Same seed, same sequence, on every machine. */
export interface Random {
  /** Uniform over [0, 1), 32 bits of resolution. */
  next(): number;
  /** A fair coin. */
  coin(): boolean;
  /** Uniform over 0 .. limit - 1. `limit` is a whole number from 1 to 2^32; throws RangeError otherwise. */
  int(limit: number): number;
  /** A shuffled copy (Fisher-Yates); `items` stays as it is. */
  shuffle<T>(items: readonly T[]): T[];
}

const TWO_32 = 2 ** 32;

/**
 * A generator for the coins of measurements and for simulations; not for secrets.
 *
 * sfc32, a 128-bit member of Chris Doty-Humphrey's PractRand "sfc" family ("PractRand", version 0.95,
 * https://pracrand.sourceforge.net). Its four words are filled from the seed by murmur3's finaliser, so that
 * neighbouring seeds start far apart, and the first rounds are thrown away.
 *
 * @param seed 32-bit unsigned; larger or negative whole numbers are taken modulo 2^32.
 */
export function createRandom(seed: number): Random {
  let a = mix(seed);
  let b = mix(seed + 0x9e3779b9);
  let c = mix(seed + 0x3c6ef372);
  let counter = 1;

  function next32(): number {
    const out = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  }

  function int(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1 || limit > TWO_32) {
      throw new RangeError(`expected a whole number from 1 to 2^32, found ${limit}`);
    }
    // Values past the last full multiple of `limit` are thrown back: a plain remainder would favour small ones.
    const bound = TWO_32 - (TWO_32 % limit);
    let drawn = next32();
    while (drawn >= bound) drawn = next32();
    return drawn % limit;
  }

  function shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = int(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
    }
    return shuffled;
  }

  for (let round = 0; round < 15; round++) next32();

  return {
    next: () => next32() / TWO_32,
    coin: () => next32() >= TWO_32 / 2,
    int,
    shuffle,
  };
}

/**
 * A seed of its own for every use of one seed, so that adding a draw in one place moves no other.
 * Labels are told apart by position and by type: `('a', 1)`, `('a', '1')` and `('a1')` give different seeds.
 *
 * @returns 32-bit unsigned
 */
export function deriveSeed(seed: number, ...labels: (string | number)[]): number {
  let hash = mix(seed);
  for (const label of labels) {
    const text = `${typeof label === 'number' ? 'n' : 's'}${label}`;
    for (let i = 0; i < text.length; i++) hash = mix(Math.imul(hash, 31) + text.charCodeAt(i));
    hash = mix(hash ^ text.length);
  }
  return hash >>> 0;
}

/** murmur3's 32-bit finaliser: every input bit reaches every output bit. */
function mix(value: number): number {
  let h = (value + 0x6d2b79f5) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
