import type { ProjectConfig } from '../../../src/domain/benchmark.ts';
import type { Pair, Trial } from '../../../src/domain/trial.ts';
import { choosePinning } from '../../../src/measure/host/pinning.ts';
import { Runner } from '../../../src/measure/runner-client.ts';
import { deriveSeed } from '../../../src/stats/random.ts';
import { mean, median, standardDeviation } from '../../../src/stats/summary.ts';
import { studentTQuantile } from '../../../src/stats/student-t.ts';
import { runnerCommand, servicePath } from '../../../workers/places.ts';
import type { CalibrationRecord } from './records.ts';
import { layTrees } from './trees.ts';

/** Large, so that a few pairs tell the slope well; within it the cost is linear, since each further candidate costs the same. */
const CANDIDATE_SHARE = 0.25;
const MIN_PAIRS = 12;
const MAX_PAIRS = 40;
/** Half the width of the 95 % interval of the cost, relative: a planted 3 % is one of 2.93 to 3.07. */
const PRECISION = 0.025;
/** As in the judging: a pair whose level is further from the typical one tells of the machine. */
const LEVEL_LIMIT = 0.1;

/** The trials of a pair that worked. */
export function trialsOf(pair: Pair): { base: Trial; head: Trial } | undefined {
  return pair.base.state === 'ok' && pair.head.state === 'ok'
    ? { base: pair.base.trial, head: pair.head.trial }
    : undefined;
}

function cpuPerRequest(trial: Trial): number {
  return trial.cpuUs / trial.requests;
}

/** ln(head / base) of CPU per request of each pair that worked and was not disturbed. */
export function cpuLogRatios(pairs: readonly Pair[]): number[] {
  const working = pairs.flatMap((pair) => trialsOf(pair) ?? []);
  const levels = working.map(({ base, head }) => Math.log((cpuPerRequest(base) + cpuPerRequest(head)) / 2));
  const typical = median(levels) ?? 0;
  return working.flatMap(({ base, head }, i) =>
    Math.abs((levels[i] as number) - typical) > LEVEL_LIMIT
      ? []
      : [Math.log(cpuPerRequest(head) / cpuPerRequest(base))],
  );
}

/** Measures what further candidates cost, by pairs of the pipeline itself. @throws Error when too few pairs worked */
export async function measureCalibration(
  config: ProjectConfig,
  folder: string,
  seed: number,
  signal: AbortSignal,
): Promise<CalibrationRecord> {
  await layTrees(folder, CANDIDATE_SHARE);
  const scenario = config.scenarios[0];
  if (scenario === undefined) throw new Error('a configuration without a scenario');
  const { service, answers, scenarios } = config;
  const plan = {
    config: { service, answers },
    scenarios,
    slotsFolder: folder,
    directory: service.directory,
    pinning: choosePinning() ?? null,
    path: servicePath(),
  };
  const { runner } = await Runner.start(runnerCommand(), plan, signal);
  const pairs: Pair[] = [];
  try {
    for (let pairNo = 1; pairNo <= MAX_PAIRS; pairNo += 1) {
      if (pairNo > MIN_PAIRS && reachOf(cpuLogRatios(pairs)) <= PRECISION) break;
      const own = deriveSeed(seed, 'calibration', pairNo);
      pairs.push(await runner.pair({ scenario: scenario.name, pairNo, stage: 'explore', seed: own }));
    }
  } finally {
    await runner.stop();
  }
  const bases = pairs.flatMap((pair) => trialsOf(pair)?.base ?? []);
  const logRatios = cpuLogRatios(pairs);
  const baseCpuUs = median(bases.map(cpuPerRequest));
  const startupMs = median(bases.map(({ startupMs: ms }) => ms));
  if (logRatios.length < MIN_PAIRS / 2 || baseCpuUs === undefined || startupMs === undefined)
    throw new Error(`only ${logRatios.length} of ${pairs.length} pairs of the calibration could be used`);
  const at = new Date().toISOString();
  return { type: 'calibration', at, candidateShare: CANDIDATE_SHARE, logRatios, baseCpuUs, startupMs };
}

/** Half the width of the 95 % interval (Student) of the mean, as a share of the mean. */
function reachOf(logRatios: readonly number[]): number {
  const sd = standardDeviation(logRatios);
  const middle = mean(logRatios);
  if (sd === undefined || middle === undefined || middle <= 0) return Infinity;
  return (studentTQuantile(0.975, logRatios.length - 1) * sd) / Math.sqrt(logRatios.length) / middle;
}

/** Which share of further candidates costs `cpuShare` more CPU time a request. @throws RangeError when they cost nothing */
export function candidateShareFor(cpuShare: number, calibration: CalibrationRecord): number {
  const cost = Math.expm1(mean(calibration.logRatios) ?? 0);
  if (!(cost > 0.02)) throw new RangeError('the calibration found further candidates to cost nothing');
  return (cpuShare * calibration.candidateShare) / cost;
}

/** The calibration for people, with the 95 % interval (Student) of what a planted 3 % can be. */
export function describeCalibration(calibration: CalibrationRecord): string {
  const { candidateShare, logRatios, baseCpuUs, startupMs } = calibration;
  const found = mean(logRatios) as number;
  const sd = standardDeviation(logRatios) ?? 0;
  const reach = found * reachOf(logRatios);
  const at = (log: number): string => ((3 * Math.expm1(log)) / Math.expm1(found)).toFixed(2);
  return (
    `${(candidateShare * 100).toFixed(0)} % further candidates cost ${(Math.expm1(found) * 100).toFixed(2)} % more CPU a request ` +
    `(${logRatios.length} pairs, sd ${(sd * 100).toFixed(2)} %): a planted 3 % lies between ${at(found - reach)} and ${at(found + reach)} % (95 %); ` +
    `base ${baseCpuUs.toFixed(0)} us a request, start-up ${startupMs.toFixed(0)} ms`
  );
}
