import { execFile } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { z } from 'zod';

import { findOnPath, wrapCommand } from '../../processes/wrap-command.ts';
import { mean, median, standardDeviation } from '../../stats/summary.ts';
import type { HostFacts, LoopFacts } from './host-facts.ts';
import { readCpuWaitUs, readMachineTime, sharesBetween } from './machine-time.ts';

const run = promisify(execFile);

/** Shares of a shorter look would be made of too few ticks. */
const DEFAULT_LOOK_MS = 500;
const PROBE_LIMIT_MS = 10_000;
/** Rises with every change of probe.ts that changes its times. */
const PROBE_VERSION = 1;

const samples = z.array(z.number().positive()).min(2).max(1000);
const probed = z.object({
  aluUs: samples,
  readUs: samples,
  cpuUs: z.number().nonnegative(),
  node: z.string().max(40),
});

function loopFacts(us: readonly number[]): LoopFacts {
  return {
    medianUs: median(us) as number,
    cv: (standardDeviation(us) as number) / (mean(us) as number),
  };
}

/** The loops' times, or why there are none. */
async function probe(
  command: readonly string[],
  cpu: string | undefined,
): Promise<(Pick<HostFacts, 'alu' | 'randomRead' | 'probe'> & { cpuUs: number }) | { why: string }> {
  const pinned = cpu !== undefined && findOnPath('taskset') !== undefined ? cpu : undefined;
  const [program, ...rest] = wrapCommand(command, { cpus: pinned, whenParentDies: 'KILL' });
  try {
    const { stdout } = await run(program as string, rest, {
      timeout: PROBE_LIMIT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024,
      // Nothing of ours, not even NODE_OPTIONS: whatever it adds would be in the times.
      env: { PATH: process.env['PATH'] ?? '' },
    });
    const { aluUs, readUs, cpuUs, node } = probed.parse(JSON.parse(stdout));
    return {
      alu: loopFacts(aluUs),
      randomRead: loopFacts(readUs),
      probe: `${PROBE_VERSION}, Node ${node}`,
      cpuUs,
    };
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { why: `the loops could not be timed: ${line?.slice(0, 200) ?? ''}` };
  }
}

/**
 * Looks at this machine for about half a second. What the machine does not give is left out, with the reason in
 * `missing`.
 * @param options.probeCommand argument list that runs probe.ts
 * @param options.cpu one CPU of the services, such as `0`; undefined: not pinned
 */
export async function lookAtHost(options: {
  probeCommand: readonly string[];
  cpu?: string | undefined;
  /** Shortest look in milliseconds; default half a second. */
  lookMs?: number;
}): Promise<HostFacts> {
  const startedMs = performance.now();
  const before = readMachineTime();
  const waitBeforeUs = readCpuWaitUs();
  const ownBefore = process.cpuUsage();
  const probing = await probe(options.probeCommand, options.cpu);
  await sleep(Math.max(0, (options.lookMs ?? DEFAULT_LOOK_MS) - (performance.now() - startedMs)));
  const after = readMachineTime();
  const waitAfterUs = readCpuWaitUs();
  const { user, system } = process.cpuUsage(ownBefore);

  const missing: string[] = [];
  const facts: HostFacts = {
    cpuCount: cpus().length,
    lookMs: performance.now() - startedMs,
    load1: loadavg()[0] ?? 0,
    missing,
  };
  let ownUs = user + system;
  if ('why' in probing) missing.push(probing.why);
  else {
    const { cpuUs, ...loops } = probing;
    Object.assign(facts, loops);
    ownUs += cpuUs;
  }
  const shares = before && after && sharesBetween(before, after, ownUs);
  if (shares === undefined) missing.push('no steal and no share of others: /proc/stat cannot be read');
  else Object.assign(facts, shares);
  if (waitBeforeUs === undefined || waitAfterUs === undefined) {
    missing.push('no CPU pressure: this kernel has no PSI');
  } else {
    facts.cpuPressure = Math.min(1, (waitAfterUs - waitBeforeUs) / 1000 / facts.lookMs);
  }
  return facts;
}
