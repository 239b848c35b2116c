import { listFacts, parseSchedstat, parseStat, PROC, readFact } from './proc-files.ts';

/** `root` and all its living descendants, in no order; empty when `root` is gone. */
export function processTree(root: number, proc = PROC): number[] {
  const found = new Set<number>();
  const waiting = [root];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    const tasks = found.has(pid) ? [] : listFacts(`${proc}/${pid}/task`);
    if (tasks.length === 0) continue;
    found.add(pid);
    for (const task of tasks) {
      const children = readFact(`${proc}/${pid}/task/${task}/children`)?.trim();
      if (children) waiting.push(...children.split(' ').map(Number));
    }
  }
  return [...found];
}

/** How the processes of a service are told from all others. */
export interface ServiceIdentity {
  /** The process that was started; also the id of its process group. */
  pid: number;
  /** `NAME=value` in its environment, which its descendants inherit; undefined: it has none. */
  marker?: string | undefined;
}

/**
 * Living pids that belong to a service: its descendants, its process group, and whoever carries its marker with all
 * their descendants. A daemon that forked twice has left its parents and its group, but rarely its environment.
 */
export function serviceMembers(service: ServiceIdentity, proc = PROC): number[] {
  const found = new Set(processTree(service.pid, proc));
  for (const name of listFacts(proc)) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || found.has(pid)) continue;
    const stat = parseStat(readFact(`${proc}/${name}/stat`) ?? '');
    if (stat === undefined || 'ZXx'.includes(stat.state)) continue;
    if (stat.group === service.pid || carries(proc, pid, service.marker)) {
      for (const member of processTree(pid, proc)) found.add(member);
    }
  }
  return [...found];
}

function carries(proc: string, pid: number, marker: string | undefined): boolean {
  if (marker === undefined) return false;
  // Of other users' processes the environment cannot be read, and they are none of ours.
  return (readFact(`${proc}/${pid}/environ`) ?? '').split('\0').includes(marker);
}

/** Sum of the peak resident memory (VmHWM) of these processes, in bytes; those that are gone count nothing. */
export function peakMemoryOf(pids: readonly number[], proc = PROC): number {
  let kibibytes = 0;
  for (const pid of pids) {
    const line = /^VmHWM:\s+(\d+) kB/m.exec(readFact(`${proc}/${pid}/status`) ?? '');
    if (line?.[1] !== undefined) kibibytes += Number(line[1]);
  }
  return kibibytes * 1024;
}

/** Whether the kernel keeps schedstat (CONFIG_SCHED_INFO). */
export function hasSchedstat(proc = PROC): boolean {
  return (parseSchedstat(readFact(`${proc}/self/schedstat`)) ?? 0) > 0;
}
