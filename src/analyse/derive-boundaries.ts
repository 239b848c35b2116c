import { createRandom, deriveSeed } from '../stats/random.ts';

/** How the signed-rank boundaries are found. */
export interface BoundaryPlan {
  /** Numbers of pairs at which the data may decide, ascending. */
  looks: readonly number[];
  /** Two-sided error that all of them may spend together. */
  alpha: number;
  /** Pairs at which all of it is spent; in between in proportion. */
  maxPairs: number;
  /** Up to this many pairs the law of the walk is computed exactly; 2^n states of memory. */
  exactUpTo: number;
  /** Walks simulated for the looks beyond, and their seed. */
  walks: number;
  seed: number;
}

export interface DerivedLook {
  pairs: number;
  /** Cross when min(W+, W-) <= k; undefined when even 0 would spend too much. */
  k: number | undefined;
  /** Probability of having crossed by this look, when the signs are fair coins. */
  crossed: number;
  /** Of that figure; 0 where it is exact. */
  standardError: number;
}

/**
 * The largest k for every look that keep to the line: by n pairs at most alpha n / maxPairs of all same-code runs have
 * crossed (Lan & DeMets, "Discrete Sequential Boundaries for Clinical Trials", doi:10.1093/biomet/70.3.659). Beyond the
 * exact part, where the line is kept by the simulated figure plus two standard errors.
 *
 * The walk: under the null hypothesis the next value takes any place among the magnitudes so far with equal probability
 * and its sign is a fair coin, whatever the law of the noise. So the signs in the order of the magnitudes are a Markov chain.
 */
export function deriveBoundaries(plan: BoundaryPlan): DerivedLook[] {
  const exact = plan.looks.filter((pairs) => pairs <= plan.exactUpTo);
  const derived = exactLooks(exact, plan);
  const beyond = plan.looks.filter((pairs) => pairs > plan.exactUpTo);
  return beyond.length === 0 ? derived : simulatedLooks(derived, beyond, plan);
}

function lineAt(pairs: number, { alpha, maxPairs }: BoundaryPlan): number {
  return (alpha * Math.min(pairs, maxPairs)) / maxPairs;
}

/** All sign patterns at once: bit r of a state is set when the value of magnitude rank r + 1 is positive. */
function exactLooks(looks: readonly number[], plan: BoundaryPlan): DerivedLook[] {
  const derived: DerivedLook[] = [];
  let states = Float64Array.of(1);
  let crossed = 0;
  for (let pairs = 1; pairs <= (looks.at(-1) ?? 0); pairs++) {
    states = withOneMore(states, pairs);
    if (!looks.includes(pairs)) continue;
    const sums = rankSums(pairs);
    const massAt = new Float64Array((pairs * (pairs + 1)) / 2 + 1);
    states.forEach((mass, state) => {
      massAt[sums[state] as number] = (massAt[sums[state] as number] as number) + mass;
    });
    const found = largestK(massAt, lineAt(pairs, plan) - crossed);
    crossed += found.spent;
    if (found.k !== undefined) absorb(states, sums, found.k, massAt.length - 1);
    derived.push({ pairs, k: found.k, crossed, standardError: 0 });
  }
  return derived;
}

/** The chain's step: state with bit r taken out, r uniform, sign fair. */
function withOneMore(states: Float64Array, pairs: number): Float64Array<ArrayBuffer> {
  const next = new Float64Array(2 ** pairs);
  for (let state = 0; state < next.length; state++) {
    let mass = 0;
    for (let place = 0; place < pairs; place++) {
      const low = state & ((1 << place) - 1);
      mass += states[low | ((state >>> (place + 1)) << place)] as number;
    }
    next[state] = mass / (2 * pairs);
  }
  return next;
}

/** W+ of every state. */
function rankSums(pairs: number): Uint16Array {
  const sums = new Uint16Array(2 ** pairs);
  for (let state = 1; state < sums.length; state++) {
    const lowest = 31 - Math.clz32(state & -state);
    sums[state] = (sums[state & (state - 1)] as number) + lowest + 1;
  }
  return sums;
}

function largestK(massAt: Float64Array, allowed: number): { k: number | undefined; spent: number } {
  const total = massAt.length - 1;
  let k = -1;
  let spent = 0;
  for (;;) {
    const more = (massAt[k + 1] as number) + (massAt[total - k - 1] as number);
    if (2 * (k + 1) >= total || spent + more > allowed) break;
    spent += more;
    k++;
  }
  return { k: k < 0 ? undefined : k, spent };
}

function absorb(states: Float64Array, sums: Uint16Array, k: number, total: number): void {
  for (let state = 0; state < states.length; state++) {
    const sum = sums[state] as number;
    if (Math.min(sum, total - sum) <= k) states[state] = 0;
  }
}

function simulatedLooks(
  exact: readonly DerivedLook[],
  beyond: readonly number[],
  plan: BoundaryPlan,
): DerivedLook[] {
  const derived = [...exact];
  for (const pairs of beyond) {
    // Every look starts over with walks of its own, so that its k is not fitted to the very walks that chose the one before.
    const massAt = survivingSums(derived, pairs, plan);
    const before = derived.at(-1)?.crossed ?? 0;
    let found = { k: undefined as number | undefined, spent: 0 };
    for (let k = 0; ; k++) {
      const spent = spentBy(massAt, k);
      const standardError = Math.sqrt((spent * (1 - spent)) / plan.walks);
      if (before + spent + 2 * standardError > lineAt(pairs, plan)) break;
      found = { k, spent };
    }
    const standardError = Math.sqrt((found.spent * (1 - found.spent)) / plan.walks);
    derived.push({ pairs, k: found.k, crossed: before + found.spent, standardError });
  }
  return derived;
}

function spentBy(massAt: Float64Array, k: number): number {
  const total = massAt.length - 1;
  let spent = 0;
  for (let sum = 0; sum <= k; sum++) spent += (massAt[sum] as number) + (massAt[total - sum] as number);
  return spent;
}

/** Where the walks that crossed at none of the `before` looks stand at `pairs`, as shares of all walks. */
function survivingSums(before: readonly DerivedLook[], pairs: number, plan: BoundaryPlan): Float64Array {
  const massAt = new Float64Array((pairs * (pairs + 1)) / 2 + 1);
  const random = createRandom(deriveSeed(plan.seed, pairs));
  const looks = new Map(
    before.flatMap((look) => (look.k === undefined ? [] : [[look.pairs, look.k] as const])),
  );
  const values = new Float64Array(pairs);
  for (let walk = 0; walk < plan.walks; walk++) {
    let positive = 0;
    let hasCrossed = false;
    for (let i = 0; i < pairs; i++) values[i] = 2 * random.next() - 1;
    for (let i = 0; i < pairs && !hasCrossed; i++) {
      const value = values[i] as number;
      for (let j = 0; j <= i; j++) if ((values[j] as number) + value > 0) positive++;
      const k = looks.get(i + 1);
      hasCrossed = k !== undefined && Math.min(positive, ((i + 1) * (i + 2)) / 2 - positive) <= k;
    }
    if (!hasCrossed) massAt[positive] = (massAt[positive] as number) + 1 / plan.walks;
  }
  return massAt;
}
