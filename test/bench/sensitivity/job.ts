import { appendFileSync } from 'node:fs';
import { loadavg } from 'node:os';

import type { ProjectConfig } from '../../../src/domain/benchmark.ts';
import type { Plant } from '../../../src/domain/control.ts';
import type { Pair } from '../../../src/domain/trial.ts';
import type { Verdict } from '../../../src/domain/verdict.ts';
import { applyPlant } from '../../../src/measure/plant/plant.ts';
import { deriveSeed } from '../../../src/stats/random.ts';
import { checkHostForCompare } from '../../../workers/check-host.ts';
import { judgeRun } from '../../../workers/judge-run.ts';
import { measureScenarios } from '../../../workers/measure-scenarios.ts';
import { candidateShareFor, cpuLogRatios } from './calibrate.ts';
import { runRivals, runSecondsFor } from './cannon.ts';
import type { CalibrationRecord, JobRecord, RivalRuns } from './records.ts';
import type { PlannedJob } from './schedule.ts';
import type { Defect } from './strata.ts';
import { layTrees } from './trees.ts';

/** Beyond the budget of its scenario a job may take its last pair, its start and a calibration; what takes longer hangs. */
const JOB_OVERTIME_MS = 90_000;
const RIVALS_LIMIT_MS = 300_000;

export interface JobContext {
  config: ProjectConfig;
  calibration: CalibrationRecord;
  /** Empty folder of this job; the caller removes it. */
  folder: string;
  /** Holds what is remembered of this machine, as for `perf-ci compare`. */
  dataFolder: string;
  /** Where the pairs go whole, one JSON line each, for a later look. */
  pairsFile: string;
  signal: AbortSignal;
}

function candidateShare(defect: Defect, calibration: CalibrationRecord): number {
  return defect.kind === 'work' ? candidateShareFor(defect.share, calibration) : 0;
}

function plantOf(defect: Defect, { startupMs }: CalibrationRecord): Plant | undefined {
  if (defect.kind === 'preload') return defect.plant;
  if (defect.kind === 'later-start')
    return { kind: 'slow-start', delayMs: Math.round(startupMs * defect.share) };
  return undefined;
}

function verdictRecord(verdict: Verdict): JobRecord['verdicts'][number] {
  const { metric, effect, interval, margin, pairsUsed, pairsDropped, confirmation } = verdict;
  return {
    metric,
    verdict: verdict.verdict,
    gating: verdict.threshold !== undefined,
    ...(effect === undefined ? {} : { effect }),
    ...(interval === undefined ? {} : { lo: interval.lo, hi: interval.hi }),
    margin,
    pairsUsed,
    pairsDropped,
    ...(confirmation === undefined ? {} : { held: confirmation.held }),
  };
}

/** Measures and judges one job of the plan through the pipeline, then lets the rivals run on the same trees. */
export async function runJob(job: PlannedJob, context: JobContext): Promise<JobRecord> {
  const { config, calibration, folder, signal } = context;
  const { defect } = job.stratum;
  const scenario = config.scenarios[0];
  if (scenario === undefined) throw new Error('a configuration without a scenario');
  await layTrees(folder, candidateShare(defect, calibration));
  const plant = plantOf(defect, calibration);
  const load1 = loadavg()[0] ?? 0;
  const startedMs = performance.now();
  const pairs: Pair[] = [];
  const limit = AbortSignal.any([signal, AbortSignal.timeout(scenario.budgetMs + JOB_OVERTIME_MS)]);
  const readiness = await checkHostForCompare(context.dataFolder, { mode: 'flag', signal: limit });
  const measured = await measureScenarios({
    config,
    slotsFolder: folder,
    seed: job.seed,
    signal: limit,
    preflightFlags: readiness.flags,
    ...(plant === undefined ? {} : { plant }),
    onPair: async (pair) => {
      pairs.push(pair);
      appendFileSync(context.pairsFile, `${JSON.stringify({ job: job.no, schemaVersion: 1, ...pair })}\n`);
    },
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const facts = { baseSha: '', headSha: '', seed: job.seed, notesBefore: readiness.notes };
  const result = judgeRun(config, measured, facts);
  if (result.kind !== 'judged')
    throw new Error(result.kind === 'failed' ? `${result.code}: ${result.message}` : result.kind);
  const record: JobRecord = {
    type: 'job',
    at: new Date().toISOString(),
    no: job.no,
    stratum: job.stratum.name,
    seed: job.seed,
    load1,
    seconds,
    flags: measured.hostFlags,
    pairs: pairs.length,
    confirmPairs: pairs.filter(({ stage }) => stage === 'confirm').length,
    pairSeconds: pairs.reduce((sum, { wallMs }) => sum + wallMs, 0) / 1000,
    stop: measured.ends.get(scenario.name)?.why ?? 'none',
    logRatios: cpuLogRatios(pairs),
    verdicts: result.verdicts.map(verdictRecord),
    notes: result.notes,
  };
  if (!job.withRivals) return record;
  const rivals = await rivalsOf(job, context, plant, seconds);
  return { ...record, ...rivals };
}

/** What the rivals ran, or why they did not: the job's own figures stand without them. */
async function rivalsOf(
  job: PlannedJob,
  { config, calibration, folder, signal }: JobContext,
  plant: Plant | undefined,
  seconds: number,
): Promise<{ rivals: RivalRuns } | { rivalsError: string }> {
  try {
    // Anew: the pairs have swapped the trees as their coins said.
    await layTrees(folder, candidateShare(job.stratum.defect, calibration));
    const rivals = await runRivals(config, folder, {
      ...(plant === undefined ? {} : { plant: applyPlant(plant, deriveSeed(job.seed, 'rivals')) }),
      runSeconds: runSecondsFor(seconds),
      signal: AbortSignal.any([signal, AbortSignal.timeout(RIVALS_LIMIT_MS)]),
    });
    return { rivals };
  } catch (error) {
    signal.throwIfAborted();
    return { rivalsError: error instanceof Error ? error.message : String(error) };
  }
}
