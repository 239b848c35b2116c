import { LOOKS, MAX_LOOK_PAIRS, SIGNED_RANK_ALPHA } from '../../src/analyse/boundaries.ts';
import { deriveBoundaries } from '../../src/analyse/derive-boundaries.ts';

const WALKS = 4_000_000;

/** Derives the k of the signed-rank looks anew and compares them with the committed table. @throws Error when one differs */
export function benchBoundaries(seed: number, say: (line: string) => void): Promise<void> {
  const committed = LOOKS.filter((look) => look.by === 'signed-rank');
  const derived = deriveBoundaries({
    looks: committed.map(({ pairs }) => pairs),
    alpha: SIGNED_RANK_ALPHA,
    maxPairs: MAX_LOOK_PAIRS,
    exactUpTo: 20,
    walks: WALKS,
    seed,
  });
  say(`boundaries: exact to 20 pairs, beyond by ${WALKS} walks, seed ${seed}`);
  say('');
  say('| pairs | k | crossed by then | line | standard error |');
  say('| --- | --- | --- | --- | --- |');
  for (const { pairs, k, crossed, standardError } of derived) {
    const line = (SIGNED_RANK_ALPHA * pairs) / MAX_LOOK_PAIRS;
    say(
      `| ${pairs} | ${k ?? 'none'} | ${crossed.toFixed(5)} | ${line.toFixed(5)} | ${standardError.toFixed(5)} |`,
    );
  }
  const differs = derived.find(({ k }, i) => k !== committed[i]?.k);
  if (differs !== undefined)
    throw new Error(`src/analyse/boundaries.ts has another k at ${differs.pairs} pairs`);
  say('the committed table is the same');
  return Promise.resolve();
}
