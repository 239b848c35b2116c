/** FNV-1a, 32 bits (Fowler, Noll, Vo): turns a label into a starting state for the generator below. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  }
  return state >>> 0;
}

/**
 * Mulberry32 (Tommy Ettinger): a small seeded generator of numbers in [0, 1). Each label has its own stream, so
 * drawing ids for comments never shifts the ids of pull requests.
 */
export function seededRandom(seed: number, label: string): () => number {
  let state = hash(`${seed}:${label}`);
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
