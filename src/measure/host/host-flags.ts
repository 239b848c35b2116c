import type { Environment } from '../../domain/trial.ts';
import { whyNoHugePages } from './environment.ts';

/** What a machine's facts alone do not say. */
export interface HostLimits {
  /** CPUs that this process may use, before anything is pinned. */
  usableCpus: number;
  /** The project wants huge pages for malloc (`service.huge_pages`). */
  wantsHugePages: boolean;
  /** What is second best about the CPU figure, as the finding of its source says. */
  cpuNote?: string | undefined;
}

/**
 * What makes this machine's figures second best, for the notes of a result and for a wider margin; one sentence each,
 * without its full stop. Empty on a machine that has everything. Pure.
 */
export function hostFlags(environment: Environment, limits: HostLimits): string[] {
  const flags: string[] = [];
  if (limits.usableCpus === 1) {
    flags.push('services and load generator share one CPU: each slows the other, on both sides alike');
  } else if (environment.pinning === 'none') {
    flags.push('services and load generator were not pinned to CPUs: taskset is missing');
  }
  if (limits.cpuNote !== undefined) flags.push(limits.cpuNote);
  else if (environment.cpuSource === 'ticks') {
    flags.push(
      'CPU time is counted in steps of 10 ms: this kernel has neither schedstat nor usable control groups',
    );
  }
  if (limits.wantsHugePages && environment.malloc === 'default') {
    const why = whyNoHugePages(environment.libc, environment.hugePages) ?? 'they are switched off';
    flags.push(
      `malloc of the services got no huge pages: ${why}; starts differ more from each other without them`,
    );
  }
  return flags;
}
