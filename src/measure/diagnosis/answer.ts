import { z } from 'zod';

/** What the runner is asked to look at more closely. */
export interface DiagnoseRequest {
  scenario: string;
  what: 'profile' | 'instructions';
  seed: number;
  /** Empty folder, named by the parent, that profiles are left in: they are too large for lines of JSON. */
  folder: string;
  /** The runner gives up after this; the parent a little later. */
  limitMs: number;
}

/** Processes of one service that are profiled: a cluster has many alike. */
export const MAX_PROFILED_PROCESSES = 8;

const notPossible = z.object({ state: z.literal('not-possible'), why: z.string().max(2000) });

const cpuTimes = z.array(z.number().nonnegative().max(1e12)).max(MAX_PROFILED_PROCESSES);

const profiled = z.object({
  state: z.literal('profiled'),
  profiler: z.enum(['v8', 'perf']),
  /** Requests to each side while it was profiled. */
  requests: z.int().positive(),
  /** Files left of each side, named by {@link profileFileName} from 0 on. */
  files: z.object({
    base: z.int().min(1).max(MAX_PROFILED_PROCESSES),
    head: z.int().min(1).max(MAX_PROFILED_PROCESSES),
  }),
  /** CPU time of the profiled thread of each file meanwhile, where the profiler's clock ran on while it was made to wait. */
  cpuUs: z.object({ base: cpuTimes, head: cpuTimes }).exactOptional(),
  /** Absolute paths of the trees that the profiled code lay in. */
  roots: z.object({ base: z.string().max(4096), head: z.string().max(4096) }),
});

const counted = z.object({
  state: z.literal('counted'),
  requests: z.int().positive(),
  basePerRequest: z.number().positive().max(1e15),
  headPerRequest: z.number().positive().max(1e15),
});

/** What the runner answers; parsed like every word of it. */
export const diagnosisAnswer = z.discriminatedUnion('what', [
  z.object({ what: z.literal('profile'), found: z.discriminatedUnion('state', [profiled, notPossible]) }),
  z.object({
    what: z.literal('instructions'),
    found: z.discriminatedUnion('state', [counted, notPossible]),
  }),
]);

export type DiagnosisAnswer = z.output<typeof diagnosisAnswer>;
export type ProfileFound = Extract<DiagnosisAnswer, { what: 'profile' }>['found'];
export type InstructionsFound = Extract<DiagnosisAnswer, { what: 'instructions' }>['found'];

/** The name of a file in the folder of a request; both ends make it by themselves and neither is told a path. */
export function profileFileName(side: 'base' | 'head', no: number): string {
  return `${side}-${no}.profile`;
}

/** Why something was not done: a said reason, thrown inside and turned into an answer at the edge. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible';
}
