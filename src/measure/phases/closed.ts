import type { LoadSpec, RequestSpec } from '../../domain/benchmark.ts';
import { SIDES, type Side } from '../../domain/trial.ts';
import type { Random } from '../../stats/random.ts';
import { runClosedSlices } from '../load/closed-slices.ts';
import type { SideInUse } from '../load/exchange.ts';
import { addCount, type PairFindings } from './findings.ts';

/**
 * The closed loop: throughput at a fixed number of connections.
 * @throws TrialError when a service ends meanwhile
 */
export async function measureClosed(
  sides: Record<Side, SideInUse>,
  deck: readonly RequestSpec[],
  load: LoadSpec,
  random: Random,
  findings: PairFindings,
): Promise<void> {
  const { closed } = load;
  if (closed === undefined) return;
  const results = await runClosedSlices(sides, deck, { ...load, closed }, random);
  for (const side of SIDES) {
    const { answersPerSecond, errors, sent } = results[side];
    addCount(findings[side], 'errors', errors, sent);
    if (answersPerSecond > 0) findings[side].figures.throughput = answersPerSecond;
    else findings[side].notes.push('throughput was not measured: no request of the closed loop was answered');
  }
}
