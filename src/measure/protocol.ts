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
 *     end of stdin    ──▶       exits
 */
import { z } from 'zod';

import type { ProjectConfig, Scenario } from '../domain/benchmark.ts';
import type { Environment, Pair } from '../domain/trial.ts';
import type { PairRequest } from './pair.ts';
import type { Pinning } from './pinning.ts';

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

export type ToRunner = { type: 'plan'; plan: RunnerPlan } | { type: 'pair'; request: PairRequest };

export type FromRunner =
  | { type: 'ready'; environment: Environment }
  | { type: 'pair'; pair: Pair }
  | { type: 'error'; code: string; message: string };

const figure = z.number().nonnegative();
const side = z.enum(['base', 'head']);

const trialOutcome = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('ok'),
    trial: z.object({
      startupMs: figure,
      requests: z.int().positive(),
      cpuUs: figure,
      cpuSource: z.enum(['schedstat', 'ticks']),
      latencyMs: z.object({ mean: figure, p50: figure, p90: figure, p99: figure, max: figure }),
      histogram: z.string(),
      memoryPeakBytes: figure,
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
  cpuSource: z.enum(['schedstat', 'ticks']),
  runnerVersion: z.string(),
});

const fromRunner = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), environment }),
  z.object({ type: z.literal('pair'), pair }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
]);

/**
 * One line of the runner's stdout.
 * @throws z.ZodError or SyntaxError when the line is no message of this protocol
 */
export function parseRunnerLine(line: string): FromRunner {
  return fromRunner.parse(JSON.parse(line));
}
