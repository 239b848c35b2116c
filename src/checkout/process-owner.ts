import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Names a process for as long as the machine is up: a reused pid has another start time. */
export interface ProcessOwner {
  host: string;
  pid: number;
  /** Clock ticks after boot; undefined where /proc is not to be had. */
  startTicks: number | undefined;
}

/** This process. */
export async function thisProcess(): Promise<ProcessOwner> {
  return { host: hostname(), pid: process.pid, startTicks: await startTicksOf(process.pid) };
}

/**
 * Whether the process still runs. One on another host (or in another container) cannot be asked: then its sign of
 * life must be younger than `silentMs`.
 */
export async function isAlive(owner: ProcessOwner, lastSignMs: number, silentMs: number): Promise<boolean> {
  if (owner.host !== hostname()) return Date.now() - lastSignMs < silentMs;
  if (owner.startTicks !== undefined) return (await startTicksOf(owner.pid)) === owner.startTicks;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** An owner as it was written to a file; undefined when it is none. */
export function parseOwner(text: string): ProcessOwner | undefined {
  try {
    const value = JSON.parse(text) as Partial<ProcessOwner> | null;
    if (typeof value?.host !== 'string' || !Number.isSafeInteger(value.pid)) return undefined;
    const startTicks = typeof value.startTicks === 'number' ? value.startTicks : undefined;
    return { host: value.host, pid: value.pid as number, startTicks };
  } catch {
    return undefined;
  }
}

async function startTicksOf(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and brackets; field 22 counts from its closing bracket (proc(5)).
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}
