import { setTimeout as sleep } from 'node:timers/promises';

import { InspectorSession } from './inspector-session.ts';
import { PORTS_PER_SIDE } from './node-options.ts';
import { catches, isNodeService, loopbackPortsOf } from './node-process.ts';
import { type ServiceIdentity, serviceMembers } from './process-tree.ts';

/** An idle service opens within a tenth of this; one that refuses costs each pair this much. */
const OPEN_LIMIT_MS = 800;
const OPEN_POLL_MS = 5;
/** A timer of this many milliseconds is what the delay is measured with (perf_hooks, monitorEventLoopDelay). */
const LOOP_DELAY_RESOLUTION_MS = 10;

/** Built-in modules of a service that is an ES module, CommonJS or a bundle, on Node 18 and later. */
const BUILTIN =
  "((name) => process.getBuiltinModule ? process.getBuiltinModule(name) : require('node:' + name))";
const HISTOGRAM = "globalThis[Symbol.for('perf-ci.loop-delay')]";

/** What is asked of a Node service through its inspector, with no change to the service. */
export interface NodeInspector {
  /**
   * Bytes of heap in use and of memory outside the heap (buffers and typed arrays included) after a forced collection,
   * summed over the Node processes of the service.
   * @throws Error when a process stops answering
   */
  memoryAfterGc(): Promise<number>;
  /** Starts watching how late timers fire, in every Node process of the service. @throws Error */
  startLoopDelay(): Promise<void>;
  /** Stops watching. @returns 99th percentile of the lateness in milliseconds, of the worst process. @throws Error */
  loopDelayP99Ms(): Promise<number>;
  /** Lets the service alone again; it goes on. */
  close(): Promise<void>;
}

export interface Inspected {
  inspector?: NodeInspector;
  /** Why there is none; empty for a service that is not Node, which is no fault. */
  notes: string[];
}

function asNumber(value: unknown, what: string): number {
  if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
  const found = typeof value === 'number' ? String(value) : typeof value;
  throw new Error(`expected ${what} of the service as a number that can be, found ${found}`);
}

/** The port in the service's range on which the inspector of `pid` listens already. */
function inspectorPortOf(pid: number, firstPort: number): number | undefined {
  return loopbackPortsOf(pid).find((port) => port >= firstPort && port < firstPort + PORTS_PER_SIDE);
}

/**
 * Opens the inspector of one process by SIGUSR1, which is how Node does it, and connects.
 * @param maxCharacters longest answer that is taken, see {@link InspectorSession.connect}
 * @returns undefined when it does not open
 */
export async function open(
  pid: number,
  firstPort: number,
  maxCharacters?: number,
): Promise<InspectorSession | undefined> {
  let port = inspectorPortOf(pid, firstPort);
  // A cluster's first process passes the signal on to its workers, so theirs may be open already.
  if (port === undefined) {
    if (!catches(pid, 'SIGUSR1')) return undefined;
    try {
      process.kill(pid, 'SIGUSR1');
    } catch {
      return undefined;
    }
  }
  const endMs = performance.now() + OPEN_LIMIT_MS;
  for (; performance.now() < endMs; port = inspectorPortOf(pid, firstPort)) {
    try {
      if (port !== undefined) return await InspectorSession.connect(port, maxCharacters);
    } catch {
      // It listens and does not answer yet.
    }
    await sleep(OPEN_POLL_MS);
  }
  return undefined;
}

/** Long after the connection has gone: closing the inspector while it is still going has ended services by SIGSEGV. */
const SHUT_AFTER_MS = 150;

/**
 * Closes the connection and then the inspector itself, so that its port is free for another process of the service. Where
 * no other needs the port, closing the connection is enough: the service is about to be stopped.
 */
async function shut(session: InspectorSession): Promise<void> {
  // The module is fetched now: later there is no `require`, and an error in a timer would end the service. The process
  // goes on serving meanwhile.
  await session
    .evaluate(
      `((inspector) => { setTimeout(() => inspector.close(), ${SHUT_AFTER_MS}); })(${BUILTIN}('inspector'))`,
    )
    .catch(() => undefined);
  await session.close();
}

async function untilFree(pid: number, port: number): Promise<void> {
  const endMs = performance.now() + OPEN_LIMIT_MS;
  while (performance.now() < endMs && loopbackPortsOf(pid).includes(port)) await sleep(OPEN_POLL_MS);
}

async function memoryOf(session: InspectorSession): Promise<number> {
  // Twice: what the first collection finalises, the second can free.
  await session.call('HeapProfiler.collectGarbage');
  await session.call('HeapProfiler.collectGarbage');
  // external holds the array buffers already.
  const bytes = await session.evaluate(
    '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())',
  );
  return asNumber(bytes, 'memory');
}

async function startDelay(session: InspectorSession): Promise<void> {
  await session.evaluate(
    `((histogram) => { histogram.enable(); ${HISTOGRAM} = histogram; })(${BUILTIN}('perf_hooks').monitorEventLoopDelay({ resolution: ${LOOP_DELAY_RESOLUTION_MS} }))`,
  );
}

async function readDelayMs(session: InspectorSession): Promise<number> {
  const nanoseconds = await session.evaluate(
    `((histogram) => { histogram.disable(); delete ${HISTOGRAM}; return histogram.percentile(99); })(${HISTOGRAM})`,
  );
  // What is recorded is the time between two firings, so the timer's own length is in it.
  // Never zero: sides are compared by their ratio.
  return Math.max(0.001, asNumber(nanoseconds, 'event-loop delay') / 1e6 - LOOP_DELAY_RESOLUTION_MS);
}

/** The inspectors of a service's Node processes: all open, or one after the other where they would share a port. */
class Inspectors implements NodeInspector {
  readonly #pids: readonly number[];
  readonly #firstPort: number;
  readonly #sessions = new Map<number, InspectorSession>();
  #sharesPort = false;

  constructor(pids: readonly number[], firstPort: number) {
    this.#pids = pids;
    this.#firstPort = firstPort;
  }

  /** Opens every inspector once. @returns pids that refused */
  async try(): Promise<number[]> {
    for (const pid of this.#pids) {
      const session = await open(pid, this.#firstPort);
      if (session !== undefined) this.#sessions.set(pid, session);
    }
    const refused = this.#pids.filter((pid) => !this.#sessions.has(pid));
    if (refused.length === 0 || refused.length === this.#pids.length) return refused;
    // A child started by another Node process was given its parent's port.
    this.#sharesPort = true;
    await this.close();
    const still: number[] = [];
    for (const pid of refused) if (!(await this.#with(pid, () => Promise.resolve(true)))) still.push(pid);
    return still;
  }

  async memoryAfterGc(): Promise<number> {
    const bytes = await this.#each(memoryOf);
    return bytes.reduce((sum, value) => sum + value, 0);
  }

  async startLoopDelay(): Promise<void> {
    await this.#each(startDelay);
  }

  async loopDelayP99Ms(): Promise<number> {
    return Math.max(...(await this.#each(readDelayMs)));
  }

  async close(): Promise<void> {
    for (const [pid, session] of this.#sessions) {
      if (!this.#sharesPort) {
        await session.close();
        continue;
      }
      await shut(session);
      await untilFree(pid, session.port);
    }
    this.#sessions.clear();
  }

  async #each<T>(action: (session: InspectorSession) => Promise<T>): Promise<T[]> {
    const results: T[] = [];
    for (const pid of this.#pids) {
      const result = await this.#with(pid, action);
      if (result === undefined) throw new Error(`the Node process ${pid} no longer opens its inspector`);
      results.push(result.value);
    }
    return results;
  }

  async #with<T>(
    pid: number,
    action: (session: InspectorSession) => Promise<T>,
  ): Promise<{ value: T } | undefined> {
    const session = this.#sessions.get(pid) ?? (await open(pid, this.#firstPort));
    if (session === undefined) return undefined;
    this.#sessions.set(pid, session);
    try {
      return { value: await action(session) };
    } finally {
      if (this.#sharesPort) await this.close();
    }
  }
}

/**
 * Opens the inspector of every Node process of a service; to be called after the measured phase. The service must have been
 * started with {@link withInspectorPort}, or both sides would want one port. Signals nothing that is not a Node binary with
 * a handler for SIGUSR1, which ends other programs. A service with a SIGUSR1 handler of its own gets its signal.
 * @returns no inspector and no note for a service without Node; no inspector and a note for one that refuses. With several
 *   Node processes it is all or none: memory of some of them would be no figure.
 */
export async function inspectNode(
  service: ServiceIdentity & { inspectorPort: number | undefined },
): Promise<Inspected> {
  if (service.inspectorPort === undefined) return { notes: [] };
  const pids = serviceMembers(service).filter((pid) => isNodeService(pid));
  if (pids.length === 0) return { notes: [] };
  const inspectors = new Inspectors(pids, service.inspectorPort);
  const refused = await inspectors.try();
  if (refused.length === 0) return { inspector: inspectors, notes: [] };
  await inspectors.close();
  const of = pids.length === 1 ? 'the service' : `${refused.length} of ${pids.length} Node processes`;
  return {
    notes: [
      `no memory after GC and no event-loop delay: ${of} did not open the inspector when asked by SIGUSR1 (permission model, --disable-sigusr1 or a handler of its own)`,
    ],
  };
}
