/**
 * What the runner and its parent say to each other: one JSON object a line on the runner's stdin and stdout.
 * The runner is a process of its own, without database, queue, GitHub or any secret, so that `compare` and
 * the worker can use the same one and a sandbox can hold it.
 *
 *   parent                      runner
 *     plan            ──▶
 *                     ◀──       ready (environment)
 *     pair            ──▶
 *                     ◀──       pair (trials), or error
 *     diagnose        ──▶
 *                     ◀──       diagnosis (profiles lie in a folder that the parent named), or error
 *     end of stdin    ──▶       exits
 */
import { z } from 'zod';

import type { ProjectConfig, Scenario } from '../domain/benchmark.ts';
import { isMetricName, type MetricName } from '../domain/metric.ts';
import type { Environment, Pair } from '../domain/trial.ts';
import { diagnosisAnswer, type DiagnosisAnswer, type DiagnoseRequest } from './diagnosis/answer.ts';
import type { PairRequest } from './pair.ts';
import type { Pinning } from './host/pinning.ts';

export interface RunnerPlan {
  config: Pick<ProjectConfig, 'service' | 'answers'>;
  scenarios: Scenario[];
  /** Holds `s0` (the built base) and `s1` (the built head); the runner swaps them as the coins say. */
  slotsFolder: string;
  /** Sub-folder of a tree that the service starts in, '' for the root. */
  directory: string;
  /** Chosen by the parent: the runner itself runs on the generator's CPU and sees no other. */
  pinning: Pinning | null;
  /** PATH of the services. */
  path: string;
}

export type ToRunner =
  | { type: 'plan'; plan: RunnerPlan }
  | { type: 'pair'; request: PairRequest }
  | { type: 'diagnose'; request: DiagnoseRequest };

export type FromRunner =
  | { type: 'ready'; environment: Environment }
  | { type: 'pair'; pair: Pair }
  | { type: 'diagnosis'; answer: DiagnosisAnswer }
  | { type: 'error'; code: string; message: string };

const figure = z.number().nonnegative();
/** Names that are no metric are refused here: a runner is not trusted with the names of columns. */
const metricName = z.custom<MetricName>((name) => typeof name === 'string' && isMetricName(name));
const side = z.enum(['base', 'head']);
const cpuSource = z.enum(['schedstat', 'cgroup', 'rusage', 'ticks']);

const trialOutcome = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('ok'),
    trial: z.object({
      startupMs: figure,
      requests: z.int().positive(),
      cpuUs: figure,
      cpuSource,
      latencyMs: z.object({ mean: figure, p50: figure, p90: figure, p99: figure, max: figure }),
      histogram: z.string(),
      openHistogram: z.string().exactOptional(),
      memoryPeakBytes: figure,
      figures: z.partialRecord(metricName, z.number()).exactOptional(),
      counts: z
        .partialRecord(metricName, z.object({ hits: z.int().nonnegative(), of: z.int().nonnegative() }))
        .exactOptional(),
      generator: z
        .object({
          keptUp: z.boolean(),
          offered: z.int().nonnegative(),
          sent: z.int().nonnegative(),
          lateP99Ms: figure,
          lateMaxMs: figure,
        })
        .exactOptional(),
      notes: z.array(z.string()).exactOptional(),
    }),
  }),
  z.object({
    state: z.literal('failed'),
    failure: z.object({
      kind: z.enum([
        'exited',
        'not-ready',
        'died-under-load',
        'error-answers',
        'timeout',
        'protocol-error',
        'aborted',
      ]),
      message: z.string(),
      outputTail: z.string(),
    }),
  }),
]);

const pair = z.object({
  scenario: z.string(),
  pairNo: z.int().positive(),
  stage: z.enum(['explore', 'confirm']),
  seed: z.int().nonnegative(),
  first: side,
  startedAt: z.iso.datetime(),
  wallMs: figure,
  base: trialOutcome,
  head: trialOutcome,
  answers: z.object({
    compared: z.int().nonnegative(),
    different: z.int().nonnegative(),
    example: z.object({ request: z.string(), base: z.string(), head: z.string() }).exactOptional(),
    statusDifferent: z.int().nonnegative().exactOptional(),
    shapeDifferent: z.int().nonnegative().exactOptional(),
    bytes: z.object({ base: figure, head: figure }).exactOptional(),
    ranking: z
      .object({
        k: z.int().positive(),
        overlap: z.number().min(0).max(1),
        worstOverlap: z.number().min(0).max(1),
        reordered: z.int().nonnegative(),
        largestScoreDifference: figure.exactOptional(),
      })
      .exactOptional(),
  }),
  stealShare: figure.exactOptional(),
});

const environment = z.object({
  fingerprint: z.string(),
  machineId: z.string(),
  cpuModel: z.string(),
  cpuCount: z.number(),
  memoryBytes: z.number(),
  kernel: z.string(),
  architecture: z.string(),
  nodeVersion: z.string(),
  libc: z.string(),
  hugePages: z.string(),
  malloc: z.enum(['huge-pages', 'default']),
  pinning: z.string(),
  sandboxTier: z.enum(['none', 'unshare', 'bwrap']),
  cpuSource,
  runnerVersion: z.string(),
});

const fromRunner = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), environment }),
  z.object({ type: z.literal('pair'), pair }),
  z.object({ type: z.literal('diagnosis'), answer: diagnosisAnswer }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
]);

/**
 * One line of the runner's stdout.
 * @throws z.ZodError or SyntaxError when the line is no message of this protocol
 */
export function parseRunnerLine(line: string): FromRunner {
  return fromRunner.parse(JSON.parse(line));
}
