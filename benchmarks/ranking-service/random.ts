/** Next draw, uniform in [0, 1). */
export type Random = () => number;

/**
 * Seeded generator (mulberry32): small and quick rather than strong, as start-up draws millions of numbers.
 * The same 32-bit seed gives the same sequence on every machine.
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return function next() {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole number in [0, below). */
export function drawInteger(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** `length` draws, uniform in [-reach, reach). */
export function drawVector(random: Random, length: number, reach: number): Float32Array {
  const vector = new Float32Array(length);
  for (let at = 0; at < length; at++) vector[at] = (random() * 2 - 1) * reach;
  return vector;
}
