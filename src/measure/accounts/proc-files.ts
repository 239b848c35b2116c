import { readdirSync, readFileSync } from 'node:fs';

/** Where the kernel shows its processes; tests put a folder of their own here. */
export const PROC = '/proc';

/** Linux counts CPU time of /proc/PID/stat in ticks of 1/100 s on every architecture that Node runs on. */
export const NANOSECONDS_PER_TICK = 10_000_000;

/** The text of a file of the kernel, or undefined: a process that is gone before it is read is an ordinary event. */
export function readFact(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** Names in a folder of the kernel; none when it is gone. */
export function listFacts(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** What /proc/PID/stat says (proc_pid_stat(5)); times in ticks of 10 ms. */
export interface ProcessStat {
  pid: number;
  /** R, S, D, Z … */
  state: string;
  parent: number;
  group: number;
  session: number;
  userTicks: number;
  systemTicks: number;
  /** Of exited children that were waited for, and theirs. */
  childUserTicks: number;
  childSystemTicks: number;
  /** Since boot; with the pid it names a process for good. */
  startTicks: number;
}

/** Parses /proc/PID/stat; undefined for a text that is none. */
export function parseStat(text: string): ProcessStat | undefined {
  // The command name may hold blanks and brackets: fields count from the last bracket on.
  const end = text.lastIndexOf(')');
  const pid = Number(/^\d+/.exec(text)?.[0] ?? Number.NaN);
  const [state = '', ...rest] = text.slice(end + 2).split(' ');
  const numbers = rest.map(Number);
  const at = (field: number): number => numbers[field - 4] ?? Number.NaN;
  const stat: ProcessStat = {
    pid,
    state,
    parent: at(4),
    group: at(5),
    session: at(6),
    userTicks: at(14),
    systemTicks: at(15),
    childUserTicks: at(16),
    childSystemTicks: at(17),
    startTicks: at(22),
  };
  const isWhole =
    end > 0 && Object.values(stat).every((value) => typeof value === 'string' || Number.isFinite(value));
  return isWhole ? stat : undefined;
}

/** Nanoseconds on a CPU from a schedstat file; undefined where the kernel keeps none (Documentation/scheduler/sched-stats.rst). */
export function parseSchedstat(text: string | undefined): number | undefined {
  const nanoseconds = /^(\d+) \d+ \d+/.exec(text ?? '')?.[1];
  return nanoseconds === undefined ? undefined : Number(nanoseconds);
}
