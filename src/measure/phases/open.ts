import type { LoadSpec, RequestSpec } from '../../domain/benchmark.ts';
import { PERCENTILES } from '../../domain/metric.ts';
import { SIDES, type Side } from '../../domain/trial.ts';
import type { Random } from '../../stats/random.ts';
import type { SideInUse } from '../load/exchange.ts';
import { encodeHistogram, percentileName, percentilesOf } from '../load/histogram.ts';
import { proofOf } from '../load/open-loop.ts';
import { runOpenSlices } from '../load/open-slices.ts';
import { addCount, addSlow, type PairFindings } from './findings.ts';

/**
 * The open loop: latency at a fixed rate, from the intended send time, with proof of the generator.
 * @param spin whether the generator has a CPU of its own
 * @throws TrialError when a service ends meanwhile
 */
export async function measureOpen(
  sides: Record<Side, SideInUse>,
  deck: readonly RequestSpec[],
  load: LoadSpec,
  random: Random,
  spin: boolean,
  findings: PairFindings,
): Promise<void> {
  const { open } = load;
  if (open === undefined) return;
  const runs = await runOpenSlices(sides, deck, { ...load, open }, random, spin);
  for (const side of SIDES) {
    const run = runs[side];
    const found = findings[side];
    const proof = proofOf(run);
    found.generator = proof;
    if (!proof.keptUp) {
      found.notes.push(
        `the generator did not keep its open rate: ${proof.sent} of ${proof.offered} requests sent, 99 % of them at most ${proof.lateP99Ms.toFixed(1)} ms late`,
      );
    }
    if (run.latenciesMs.length === 0) continue;
    const at = percentilesOf(run.latenciesMs);
    for (const percentile of PERCENTILES) {
      found.figures[`open_latency_${percentileName(percentile)}`] = at(percentile / 100);
    }
    addSlow(found, 'open_latency', run.latenciesMs, load.slowLimitsMs);
    addCount(found, 'errors', run.errors, run.latenciesMs.length);
    found.openHistogram = encodeHistogram(run.latenciesMs);
  }
}
