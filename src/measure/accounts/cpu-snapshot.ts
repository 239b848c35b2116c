import {
  listFacts,
  NANOSECONDS_PER_TICK,
  parseSchedstat,
  parseStat,
  PROC,
  type ProcessStat,
  readFact,
} from './proc-files.ts';
import { processTree } from './process-tree.ts';

/** CPU time so far of one living process. */
export interface ProcessCpu {
  stat: Pick<
    ProcessStat,
    'parent' | 'startTicks' | 'userTicks' | 'systemTicks' | 'childUserTicks' | 'childSystemTicks'
  >;
  /** Nanoseconds by thread id, from schedstat; empty where the kernel has none. */
  threads: Map<number, number>;
}

/** CPU time so far of some processes, by pid. */
export type CpuSnapshot = Map<number, ProcessCpu>;

export interface SnapshotSpent {
  cpuUs: number;
  userTicks: number;
  systemTicks: number;
  source: 'schedstat' | 'ticks';
  /** How much of `cpuUs` was counted in steps of 10 ms because its process or thread had exited. */
  exitedUs: number;
}

/** CPU time so far of the processes `pids`; those that are gone are left out. */
export function snapshotOf(pids: readonly number[], proc = PROC): CpuSnapshot {
  const snapshot: CpuSnapshot = new Map();
  for (const pid of pids) {
    const stat = parseStat(readFact(`${proc}/${pid}/stat`) ?? '');
    if (stat === undefined) continue;
    const threads = new Map<number, number>();
    for (const task of listFacts(`${proc}/${pid}/task`)) {
      const nanoseconds = parseSchedstat(readFact(`${proc}/${pid}/task/${task}/schedstat`));
      if (nanoseconds !== undefined) threads.set(Number(task), nanoseconds);
    }
    snapshot.set(pid, { stat, threads });
  }
  return snapshot;
}

/** CPU time so far of every process below and including `root`. */
export function takeCpuSnapshot(root: number): CpuSnapshot {
  return snapshotOf(processTree(root));
}

const NOTHING: ProcessCpu['stat'] = {
  parent: 0,
  startTicks: 0,
  userTicks: 0,
  systemTicks: 0,
  childUserTicks: 0,
  childSystemTicks: 0,
};

/**
 * The ticks of user and of system time are each rounded down at either end, so their difference is less than two ticks
 * off; beyond that, and what a running thread has not been charged yet, threads came and went unseen.
 */
const UNSEEN_NANOSECONDS = 2.5 * NANOSECONDS_PER_TICK;

function spentByThreads(before: ProcessCpu | undefined, after: ProcessCpu): number | undefined {
  if (after.threads.size === 0) return undefined;
  for (const thread of before?.threads.keys() ?? []) {
    // What a thread used since the first snapshot is gone from schedstat once it has exited.
    if (!after.threads.has(thread)) return undefined;
  }
  let nanoseconds = 0;
  for (const [thread, total] of after.threads) nanoseconds += total - (before?.threads.get(thread) ?? 0);
  return nanoseconds;
}

/**
 * Ticks before the phase of children that ended in it, by the living process that inherited them: when a child is
 * waited for, its whole life is added to its parent, not only its part in the phase.
 */
function earlierTicksOfEnded(
  before: CpuSnapshot,
  after: CpuSnapshot,
): Map<number, { user: number; system: number }> {
  const byHeir = new Map<number, { user: number; system: number }>();
  for (const [pid, { stat }] of before) {
    if (isSame(stat, after.get(pid)?.stat)) continue;
    let heir = stat.parent;
    for (let up = before.get(heir); up !== undefined && !after.has(heir); up = before.get(heir))
      heir = up.stat.parent;
    const sum = byHeir.get(heir) ?? { user: 0, system: 0 };
    sum.user += stat.userTicks + stat.childUserTicks;
    sum.system += stat.systemTicks + stat.childSystemTicks;
    byHeir.set(heir, sum);
  }
  return byHeir;
}

function isSame(a: ProcessCpu['stat'], b: ProcessCpu['stat'] | undefined): boolean {
  return b !== undefined && a.startTicks === b.startTicks;
}

/**
 * CPU time between two snapshots of one service: nanoseconds of living threads (schedstat) plus ticks of exited children
 * that were waited for. A process that lost threads in between, or whose ticks show more than its living threads do
 * (threads born and gone between the snapshots), is counted by its ticks. An empty first snapshot gives the time since
 * the start. Not seen: processes that ended without being waited for by a process of the service.
 * Source of the figures: Linux, Documentation/scheduler/sched-stats.rst and proc_pid_stat(5).
 * @param by `ticks`: everything in steps of 10 ms, to compare with a side that has nothing better
 */
export function cpuBetween(before: CpuSnapshot, after: CpuSnapshot, by?: 'ticks'): SnapshotSpent {
  const spent: SnapshotSpent = {
    cpuUs: 0,
    userTicks: 0,
    systemTicks: 0,
    source: by ?? 'schedstat',
    exitedUs: 0,
  };
  const earlier = earlierTicksOfEnded(before, after);
  let nanoseconds = 0;
  let inSteps = 0;
  for (const [pid, now] of after) {
    const candidate = before.get(pid);
    // A pid that was given to a new process starts from nothing.
    const then = candidate !== undefined && isSame(candidate.stat, now.stat) ? candidate : undefined;
    const was = then?.stat ?? NOTHING;
    const user = now.stat.userTicks - was.userTicks;
    const system = now.stat.systemTicks - was.systemTicks;
    const ended = earlier.get(pid) ?? { user: 0, system: 0 };
    const childUser = Math.max(0, now.stat.childUserTicks - was.childUserTicks - ended.user);
    const childSystem = Math.max(0, now.stat.childSystemTicks - was.childSystemTicks - ended.system);
    spent.userTicks += user + childUser;
    spent.systemTicks += system + childSystem;
    nanoseconds += (childUser + childSystem) * NANOSECONDS_PER_TICK;
    inSteps += (childUser + childSystem) * NANOSECONDS_PER_TICK;

    const byTicks = (user + system) * NANOSECONDS_PER_TICK;
    const byThreads = by === 'ticks' ? undefined : spentByThreads(then, now);
    if (byThreads === undefined || byTicks > byThreads + UNSEEN_NANOSECONDS) {
      nanoseconds += byTicks;
      spent.source = 'ticks';
      if (now.threads.size > 0) inSteps += byTicks;
    } else {
      nanoseconds += byThreads;
    }
  }
  spent.cpuUs = nanoseconds / 1000;
  spent.exitedUs = inSteps / 1000;
  return spent;
}
