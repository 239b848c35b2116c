import type { LoadSpec, RequestSpec } from '../domain/benchmark.ts';
import { SIDES, type Side } from '../domain/trial.ts';
import type { Random } from '../stats/random.ts';
import { askBoth, type SideInUse } from './exchange.ts';

/** Milliseconds of each answer, in the order sent; both lists have the same length. */
export type Latencies = Record<Side, number[]>;

const HEAD_FIRST: readonly Side[] = ['head', 'base'];

/**
 * The measured phase: each request goes to both sides, one in flight, which side first by coin. Noise of the
 * host that lasts longer than two requests so falls on both sides alike. The coin matters: strict alternation
 * once gave a bias of half a percent, because the parity of the side and of the request list met.
 *
 * @returns latencies; counts are equal on both sides by construction
 * @throws TrialError at the first answer that is no 2xx
 */
export async function alternate(
  sides: Record<Side, SideInUse>,
  requests: readonly RequestSpec[],
  load: LoadSpec,
  random: Random,
): Promise<Latencies> {
  const latencies: Latencies = { base: [], head: [] };
  const endMs = performance.now() + load.measuredMs;
  while (performance.now() < endMs) {
    for (const spec of random.shuffle(requests)) {
      const answers = await askBoth(sides, spec, random.coin() ? SIDES : HEAD_FIRST);
      for (const side of SIDES) latencies[side].push(answers[side].latencyMs);
      if (performance.now() >= endMs) break;
    }
  }
  return latencies;
}
