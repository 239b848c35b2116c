import type { LoadSpec, RequestSpec } from '../../domain/benchmark.ts';
import { SIDES, type Side } from '../../domain/trial.ts';
import type { Random } from '../../stats/random.ts';
import { runClosedSlices } from '../load/closed-slices.ts';
import type { SideInUse } from '../load/exchange.ts';
import { addCount, type PairFindings } from './findings.ts';

/** From this share of one CPU on a generator may be what limits a closed loop. */
const GENERATOR_LIMIT = 0.7;

/** A note where the generator itself may have been the limit; undefined where it had CPU time to spare. */
export function whyGeneratorBound(cpuMs: number, wallMs: number): string | undefined {
  const share = wallMs > 0 ? cpuMs / wallMs : 0;
  if (share <= GENERATOR_LIMIT) return undefined;
  return `throughput may be the load generator's limit and hide a change: it used ${(100 * share).toFixed(0)} % of its CPU`;
}

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
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const results = await runClosedSlices(sides, deck, { ...load, closed }, random);
  const { user, system } = process.cpuUsage(before);
  const bound = whyGeneratorBound((user + system) / 1000, performance.now() - startedMs);
  for (const side of SIDES) {
    if (bound !== undefined) findings[side].notes.push(bound);
    const { answersPerSecond, errors, sent } = results[side];
    addCount(findings[side], 'errors', errors, sent);
    if (answersPerSecond > 0) findings[side].figures.throughput = answersPerSecond;
    else findings[side].notes.push('throughput was not measured: no request of the closed loop was answered');
  }
}
