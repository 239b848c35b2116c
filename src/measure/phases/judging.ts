import type { LoadSpec, RequestSpec } from '../../domain/benchmark.ts';
import { SIDES, type Side, type Trial } from '../../domain/trial.ts';
import type { Random } from '../../stats/random.ts';
import { cpuOfPair, type CpuMeter, type CpuReading } from '../accounts/cpu.ts';
import { alternate } from '../load/alternate.ts';
import type { SideInUse } from '../load/exchange.ts';
import { encodeHistogram, percentilesOf, summarizeLatencies } from '../load/histogram.ts';
import { addSlow, type PairFindings } from './findings.ts';

/** What the judging phase gives of every trial. */
export type Judged = Omit<
  Trial,
  'startupMs' | 'figures' | 'counts' | 'notes' | 'generator' | 'openHistogram'
>;

function readMeters(meters: Record<Side, CpuMeter>, order: readonly Side[]): Record<Side, CpuReading> {
  const readings = {} as Record<Side, CpuReading>;
  for (const side of order) readings[side] = meters[side].read();
  return readings;
}

/**
 * The phase that judges: requests alternate between the two sides, one in flight, and CPU time is read right before and
 * after, peak memory at its end. Nothing else runs meanwhile.
 * @param order which side's meter is read first, by coin: what is still done after the last answer counts a little more
 *   for the side that is read last
 * @throws TrialError at the first answer that is not expected
 */
export async function measureJudging(
  sides: Record<Side, SideInUse>,
  meters: Record<Side, CpuMeter>,
  order: readonly Side[],
  deck: readonly RequestSpec[],
  load: LoadSpec,
  random: Random,
  findings: PairFindings,
): Promise<Record<Side, Judged>> {
  const before = readMeters(meters, order);
  const answered = await alternate(sides, deck, { durationMs: load.measuredMs }, random);
  const cpu = cpuOfPair(before, readMeters(meters, order));
  const judged = {} as Record<Side, Judged>;
  for (const side of SIDES) {
    const { latenciesMs, bytes } = answered[side];
    const { cpuUs, userUs, systemUs, source, note } = cpu[side];
    const requests = latenciesMs.length;
    judged[side] = {
      requests,
      cpuUs,
      cpuSource: source,
      latencyMs: summarizeLatencies(latenciesMs),
      histogram: encodeHistogram(latenciesMs),
      memoryPeakBytes: meters[side].peakMemoryBytes(),
    };
    const { figures, notes } = findings[side];
    const at = percentilesOf(latenciesMs);
    figures.latency_p95 = at(0.95);
    figures.latency_p999 = at(0.999);
    figures.answer_bytes = bytes / requests;
    if (userUs !== undefined) figures.cpu_user_per_request = userUs / requests;
    if (systemUs !== undefined) figures.cpu_system_per_request = systemUs / requests;
    if (note !== undefined) notes.push(note);
    addSlow(findings[side], 'latency', latenciesMs, load.slowLimitsMs);
  }
  return judged;
}
