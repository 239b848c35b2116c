import { readFileSync, readlinkSync } from 'node:fs';

/**
 * When a process started, in clock ticks since boot, as text: with the process id it names one process for
 * good, while ids alone are given out again. Undefined where /proc is not to be had or the process is gone.
 */
export function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets and may hold anything, brackets too.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Whether the process exists; one of another user counts as existing. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Folder in which a process runs; a Postgres server always runs in its data folder. Undefined
 * where the system does not tell.
 */
export function workingFolderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
