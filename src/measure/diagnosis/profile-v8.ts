import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { SIDES, type Side } from '../../domain/trial.ts';
import type { InspectorSession } from '../accounts/inspector-session.ts';
import { open } from '../accounts/node-memory.ts';
import { isNodeService } from '../accounts/node-process.ts';
import { PROC, readFact } from '../accounts/proc-files.ts';
import { serviceMembers } from '../accounts/process-tree.ts';
import type { ServiceProcess } from '../service-process.ts';
import { MAX_PROFILED_PROCESSES, NotPossible, profileFileName } from './answer.ts';

/** Time between two samples. Shorter ones cost more than they tell; at 0.1 ms a millisecond of work is seen ten times. */
const SAMPLING_US = 100;
/**
 * Inlined code counts as its caller's in V8's profiles, so a slower small function would show as a slower large one. From
 * here on V8 inlines nothing: every function has its own time, at the price of some calls, on both sides alike.
 */
const NO_INLINING = `((v8) => {
  for (const flag of ['--no-turbo-inlining', '--no-maglev-inlining']) v8.setFlagsFromString(flag);
})(process.getBuiltinModule ? process.getBuiltinModule('node:v8') : require('node:v8'))`;
/** Longest profile that is taken from a process. */
const MAX_PROFILE_CHARACTERS = 64 * 2 ** 20;

/** The Node processes of a service, the one that was started first. */
export function nodeProcessesOf(process: ServiceProcess): number[] {
  return serviceMembers(process)
    .filter((pid) => isNodeService(pid))
    .sort((a, b) => a - b);
}

/**
 * CPU time of the thread that runs JavaScript, in microseconds, by the scheduler's own account (proc(5), schedstat); NaN
 * where there is none.
 */
function mainThreadCpuUs(pid: number): number {
  const text = readFact(`${PROC}/${pid}/task/${pid}/schedstat`) ?? '';
  return text === '' ? Number.NaN : Number(text.split(' ')[0]) / 1000;
}

/** V8's CPU profiler in every Node process of both sides, by way of their inspectors. */
export class V8Recording {
  readonly #sessions: Record<Side, { session: InspectorSession; pid: number; cpuUs: number }[]> = {
    base: [],
    head: [],
  };

  /**
   * Opens the inspectors and turns the profilers on; to be called before the sides are warmed up, since code that V8 has
   * optimised by then keeps what it inlined.
   * @throws NotPossible when a process does not open its inspector
   */
  static async start(processes: Record<Side, ServiceProcess>): Promise<V8Recording> {
    const recording = new V8Recording();
    try {
      for (const side of SIDES) await recording.#open(side, processes[side]);
      for (const { session } of recording.#all()) {
        await session.evaluate(NO_INLINING).catch(() => undefined);
        await session.call('Profiler.enable');
        await session.call('Profiler.setSamplingInterval', { interval: SAMPLING_US });
        await session.call('Profiler.start');
      }
      return recording;
    } catch (error) {
      await recording.close();
      if (error instanceof NotPossible) throw error;
      throw new NotPossible(`V8's profiler did not start: ${(error as Error).message}`);
    }
  }

  async #open(side: Side, process: ServiceProcess): Promise<void> {
    const pids = nodeProcessesOf(process);
    if (pids.length > MAX_PROFILED_PROCESSES) {
      throw new NotPossible(`the service has ${pids.length} Node processes, more than are profiled`);
    }
    for (const pid of pids) {
      const session = await open(pid, process.inspectorPort ?? 0, MAX_PROFILE_CHARACTERS);
      if (session === undefined) {
        throw new NotPossible(
          `the ${side} did not open the inspector when asked by SIGUSR1 (permission model, --disable-sigusr1 or a handler of its own)`,
        );
      }
      this.#sessions[side].push({ session, pid, cpuUs: 0 });
    }
  }

  #all(): { session: InspectorSession; pid: number; cpuUs: number }[] {
    return SIDES.flatMap((side) => this.#sessions[side]);
  }

  /** Forgets what was seen so far: from now on counts. To be called when the sides are warm. */
  async restart(): Promise<void> {
    for (const profiled of this.#all()) {
      await profiled.session.call('Profiler.stop');
      await profiled.session.call('Profiler.start');
      profiled.cpuUs = mainThreadCpuUs(profiled.pid);
    }
  }

  /** Stops the profilers and leaves what they saw. @returns CPU time of the profiled thread of each file, microseconds */
  async save(folder: string): Promise<Record<Side, number[]>> {
    const cpuUs: Record<Side, number[]> = { base: [], head: [] };
    // Read first of all: saving takes CPU time too.
    for (const side of SIDES) {
      cpuUs[side] = this.#sessions[side].map((profiled) => mainThreadCpuUs(profiled.pid) - profiled.cpuUs);
    }
    for (const side of SIDES) {
      for (const [no, { session }] of this.#sessions[side].entries()) {
        const answer = (await session.call('Profiler.stop')) as { profile?: unknown } | undefined;
        await writeFile(join(folder, profileFileName(side, no)), JSON.stringify(answer?.profile ?? null));
      }
    }
    return cpuUs;
  }

  async close(): Promise<void> {
    for (const { session } of this.#all()) await session.close();
  }
}
