import { readFileSync } from 'node:fs';

/** Clock ticks of all CPUs since boot. */
export interface MachineTime {
  total: number;
  busy: number;
  steal: number;
}

/**
 * The first line of /proc/stat (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal; guest time is part of
 * user time already. Undefined when it is not as expected.
 */
export function parseMachineTime(stat: string): MachineTime | undefined {
  const fields = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(/\s+/).slice(0, 8).map(Number);
  if (fields === undefined || fields.length < 8 || !fields.every((field) => field >= 0)) return undefined;
  const [user, nice, system, idle, iowait, irq, softirq, steal] = fields as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const busy = user + nice + system + irq + softirq;
  return { total: busy + idle + iowait + steal, busy, steal };
}

/** {@link parseMachineTime} of now; undefined where there is no /proc/stat. */
export function readMachineTime(): MachineTime | undefined {
  try {
    return parseMachineTime(readFileSync('/proc/stat', 'latin1'));
  } catch {
    return undefined;
  }
}

/**
 * Microseconds since boot in which some task waited for a CPU: `some … total` of /proc/pressure/cpu (PSI,
 * Documentation/accounting/psi.rst). Its averages still hold our own build, or our last pair, for ten seconds and more.
 * Undefined where the kernel has none.
 */
export function readCpuWaitUs(): number | undefined {
  try {
    const total = /^some .*\btotal=(\d+)/m.exec(readFileSync('/proc/pressure/cpu', 'latin1'))?.[1];
    return total === undefined ? undefined : Number(total);
  } catch {
    return undefined;
  }
}

/** USER_HZ, which is 100 on every Linux that Node runs on (time(7)). */
const TICK_US = 10_000;

/**
 * What happened between two readings.
 * @param ownUs CPU time in microseconds that the look itself used meanwhile
 * @returns shares of all CPUs' time; undefined when no time passed
 */
export function sharesBetween(
  before: MachineTime,
  after: MachineTime,
  ownUs: number,
): { stealShare: number; othersShare: number } | undefined {
  const total = after.total - before.total;
  if (total <= 0) return undefined;
  const steal = after.steal - before.steal;
  const others = after.busy - before.busy - ownUs / TICK_US;
  const share = (ticks: number): number => Math.min(1, Math.max(0, ticks / total));
  // A single tick in a look this short is the grain of the clock, not a neighbour.
  return { stealShare: steal <= 1 ? 0 : share(steal), othersShare: others <= 1 ? 0 : share(others) };
}

/**
 * What the hypervisor stole since `before` was read, for the record of a pair; nothing where it is not known. A kernel whose
 * count runs backwards for a moment, as after a migration, had nothing stolen.
 */
export function stealSince(before: MachineTime | undefined): { stealShare?: number } {
  const after = readMachineTime();
  if (before === undefined || after === undefined || after.total <= before.total) return {};
  return { stealShare: Math.max(0, after.steal - before.steal) / (after.total - before.total) };
}
