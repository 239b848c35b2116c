import { z } from 'zod';

/** Times of one loop of the probe, as far as they say how steady the machine is. */
export interface LoopFacts {
  medianUs: number;
  /** Standard deviation over mean of the samples. */
  cv: number;
}

/** What a machine was like in the half second before a measurement. Shares are 0..1. */
export interface HostFacts {
  cpuCount: number;
  /** Length of the look, in which steal and others' share were counted. */
  lookMs: number;
  /** Share of all CPU time that the hypervisor gave to other guests (proc(5), /proc/stat). */
  stealShare?: number;
  /** Share of all CPU time that went to anything but this look. */
  othersShare?: number;
  /** Share of the look in which some task waited for a CPU (PSI, Documentation/accounting/psi.rst). */
  cpuPressure?: number;
  /** Runnable processes over the last minute (getloadavg(3)). */
  load1: number;
  /** Arithmetic only. */
  alu?: LoopFacts;
  /** Reads spread over 64 MB. */
  randomRead?: LoopFacts;
  /** Which program took the loops' times: medians of another one are no comparison. */
  probe?: string;
  /** Why figures are missing. */
  missing: string[];
}

const share = z.number().min(0).max(1);
const loop = z.object({ medianUs: z.number().positive(), cv: z.number().nonnegative() });

/** Facts as they come back from a file or a table. */
export const hostFactsSchema: z.ZodType<HostFacts> = z.object({
  cpuCount: z.int().positive(),
  lookMs: z.number().nonnegative(),
  stealShare: share.exactOptional(),
  othersShare: share.exactOptional(),
  cpuPressure: share.exactOptional(),
  load1: z.number().nonnegative(),
  alu: loop.exactOptional(),
  randomRead: loop.exactOptional(),
  probe: z.string().max(100).exactOptional(),
  missing: z.array(z.string()).max(20),
});

/** `accepted`: measure. `flagged`: measure, widen the margin and say why. `refused`: not now. */
export type HostOutcome = 'accepted' | 'flagged' | 'refused';

/** One look at a machine, as it is remembered. */
export interface HostCheck {
  facts: HostFacts;
  outcome: HostOutcome;
  /** In itself nothing was wrong with it, whatever it was like compared with the past. */
  steady: boolean;
}

/** So many looks make the past that a machine is compared with. */
export const HISTORY_CHECKS = 30;

/** The past of one machine: rows of the database for workers, a file for `perf-ci compare`. */
export interface HostHistory {
  /** Newest first, at most {@link HISTORY_CHECKS}, of those that were steady in themselves. */
  steadyChecks(): Promise<HostFacts[]>;
  add(check: HostCheck): Promise<void>;
}
