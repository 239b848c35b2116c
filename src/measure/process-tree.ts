import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time of /proc/PID/stat in ticks of 1/100 s on every architecture that Node runs on. */
const NANOSECONDS_PER_TICK = 10_000_000;

interface ProcessCpu {
  /** Nanoseconds on a CPU by thread id, from schedstat; empty where the kernel has none. */
  threads: Map<number, number>;
  /** User and system time of the thread group, exited threads included. */
  ownTicks: number;
  /** User and system time of exited and waited-for children. */
  childTicks: number;
}

export type CpuSnapshot = Map<number, ProcessCpu>;

export interface CpuSpent {
  cpuUs: number;
  source: 'schedstat' | 'ticks';
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // A process that is gone between listing and reading is an ordinary event here.
    return undefined;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** `root` and all its living descendants, in no order; empty when `root` is gone. */
export function processTree(root: number): number[] {
  const found: number[] = [];
  const waiting = [root];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    const tasks = list(`/proc/${pid}/task`);
    if (tasks.length === 0) continue;
    found.push(pid);
    for (const task of tasks) {
      const children = read(`/proc/${pid}/task/${task}/children`)?.trim();
      if (children) waiting.push(...children.split(' ').map(Number));
    }
  }
  return found;
}

function cpuOf(pid: number): ProcessCpu | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command name may hold blanks and brackets: fields count from the last bracket on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = (index: number): number => Number(fields[index] ?? 0);
  const threads = new Map<number, number>();
  for (const task of list(`/proc/${pid}/task`)) {
    const schedstat = read(`/proc/${pid}/task/${task}/schedstat`);
    if (schedstat !== undefined) threads.set(Number(task), Number(schedstat.split(' ')[0]));
  }
  return { threads, ownTicks: ticks(11) + ticks(12), childTicks: ticks(13) + ticks(14) };
}

/** CPU time so far of every process below and including `root`. */
export function takeCpuSnapshot(root: number): CpuSnapshot {
  const snapshot: CpuSnapshot = new Map();
  for (const pid of processTree(root)) {
    const cpu = cpuOf(pid);
    if (cpu !== undefined) snapshot.set(pid, cpu);
  }
  return snapshot;
}

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
 * CPU time between two snapshots of one tree: nanoseconds of living threads (schedstat) plus ticks of exited
 * children. A process that lost threads in between, or whose ticks show clearly more than its living threads
 * do (threads born and gone between the snapshots), is counted by its ticks.
 * Source of the figures: Linux, Documentation/scheduler/sched-stats.rst and proc_pid_stat(5).
 */
export function cpuBetween(before: CpuSnapshot, after: CpuSnapshot): CpuSpent {
  let nanoseconds = 0;
  let source: CpuSpent['source'] = 'schedstat';
  for (const [pid, now] of after) {
    const earlier = before.get(pid);
    const byTicks = (now.ownTicks - (earlier?.ownTicks ?? 0)) * NANOSECONDS_PER_TICK;
    const byThreads = spentByThreads(earlier, now);
    if (byThreads === undefined || byTicks > byThreads * 1.1 + 3 * NANOSECONDS_PER_TICK) {
      nanoseconds += byTicks;
      source = 'ticks';
    } else {
      nanoseconds += byThreads;
    }
    nanoseconds += (now.childTicks - (earlier?.childTicks ?? 0)) * NANOSECONDS_PER_TICK;
  }
  return { cpuUs: nanoseconds / 1000, source };
}

/** Sum of the peak resident memory (VmHWM) of the living processes of the tree, in bytes. */
export function peakMemoryBytes(root: number): number {
  let kibibytes = 0;
  for (const pid of processTree(root)) {
    const line = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '');
    if (line?.[1] !== undefined) kibibytes += Number(line[1]);
  }
  return kibibytes * 1024;
}

/** Whether the kernel keeps schedstat (CONFIG_SCHED_INFO). */
export function hasSchedstat(): boolean {
  return Number(read('/proc/self/schedstat')?.split(' ')[0] ?? 0) > 0;
}

/** Ticks stolen by the hypervisor and ticks in all, over all CPUs, since boot; undefined off Linux. */
export function readSteal(): { stolen: number; total: number } | undefined {
  const line = /^cpu +(.*)$/m.exec(read('/proc/stat') ?? '')?.[1];
  if (line === undefined) return undefined;
  const ticks = line.split(' ').map(Number);
  // user nice system idle iowait irq softirq steal; guest time is already part of user.
  const total = ticks.slice(0, 8).reduce((sum, value) => sum + value, 0);
  return { stolen: ticks[7] ?? 0, total };
}
