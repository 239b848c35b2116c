/** The file of a bench: one JSON object a line, written when it is known, so that whatever ends it loses one job at most. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';

import { z } from 'zod';

const start = z.object({
  type: z.literal('start'),
  at: z.string(),
  seed: z.int().nonnegative(),
  hours: z.number().positive(),
  rivalsShare: z.number().min(0).max(1),
  only: z.array(z.string()),
  machine: z.string(),
  commit: z.string(),
  runnerVersion: z.string(),
});

const calibration = z.object({
  type: z.literal('calibration'),
  at: z.string(),
  /** Share of further candidates in the head. */
  candidateShare: z.number().positive(),
  /** ln(head / base) of CPU per request, one a pair. */
  logRatios: z.array(z.number()).min(2),
  /** CPU time of a request of the base, microseconds; start-up of the base, milliseconds; medians. */
  baseCpuUs: z.number().positive(),
  startupMs: z.number().positive(),
});

const cannonRun = z.object({
  requestsPerSecond: z.number().nonnegative(),
  latencyMeanMs: z.number().nonnegative(),
  latencyP99Ms: z.number().nonnegative(),
  errors: z.int().nonnegative(),
});

const rivals = z.object({
  seconds: z.number(),
  /** Length that autocannon was asked for, of each of the runs. */
  runSeconds: z.number(),
  base: z.array(cannonRun),
  head: z.array(cannonRun),
});

const verdict = z.object({
  metric: z.string(),
  verdict: z.enum(['regressed', 'improved', 'unchanged', 'inconclusive']),
  gating: z.boolean(),
  effect: z.number().optional(),
  lo: z.number().optional(),
  hi: z.number().optional(),
  margin: z.number(),
  pairsUsed: z.int().nonnegative(),
  pairsDropped: z.int().nonnegative(),
  /** Of an alarm that was raised, whether fresh pairs repeated it. */
  held: z.boolean().optional(),
});

const job = z.object({
  type: z.literal('job'),
  at: z.string(),
  no: z.int().nonnegative(),
  stratum: z.string(),
  seed: z.int().nonnegative(),
  load1: z.number(),
  /** From the look at the machine to the last pair's end. */
  seconds: z.number(),
  /** What spoke against the machine and widened the margins. */
  flags: z.array(z.string()),
  pairs: z.int().nonnegative(),
  confirmPairs: z.int().nonnegative(),
  /** Sum over the pairs of their own wall time. */
  pairSeconds: z.number(),
  stop: z.string(),
  /** ln(head / base) of CPU per request, one a working pair. */
  logRatios: z.array(z.number()),
  verdicts: z.array(verdict),
  notes: z.array(z.string()),
  rivals: rivals.optional(),
  /** Why the rivals have no runs although they should. */
  rivalsError: z.string().optional(),
});

const failed = z.object({
  type: z.literal('failed-job'),
  at: z.string(),
  no: z.int().nonnegative(),
  stratum: z.string(),
  error: z.string(),
});

const record = z.discriminatedUnion('type', [start, calibration, job, failed]);

export type BenchRecord = z.infer<typeof record>;
export type StartRecord = z.infer<typeof start>;
export type CalibrationRecord = z.infer<typeof calibration>;
export type JobRecord = z.infer<typeof job>;
export type FailedJobRecord = z.infer<typeof failed>;
export type RivalRuns = z.infer<typeof rivals>;
export type CannonRun = z.infer<typeof cannonRun>;

/**
 * The records of a file; none when there is no such file. What stands behind the last line end was cut off by a crash and
 * is passed over.
 * @throws Error naming the line for any other line that is no record
 */
export function readRecords(path: string): BenchRecord[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => {
    try {
      return record.parse(JSON.parse(line));
    } catch (cause) {
      throw new Error(`${path}, line ${index + 1}: no record of this bench`, { cause });
    }
  });
}

/** Adds one record to the file at once, after cutting off what a crash left half written. */
export function appendRecord(path: string, entry: BenchRecord): void {
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  if (whole < bytes.length) truncateSync(path, whole);
  appendFileSync(path, `${JSON.stringify(entry)}\n`);
}
