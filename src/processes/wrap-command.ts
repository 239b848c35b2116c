import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** The full path of `command` on `path`, or undefined. */
export function findOnPath(command: string, path = process.env['PATH'] ?? ''): string | undefined {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, command);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/** Whether `program` can be started: found on `path`, or, with a slash, an executable file seen from `cwd`. */
export function canStart(program: string, path: string, cwd: string): boolean {
  if (!program.includes('/')) return findOnPath(program, path) !== undefined;
  try {
    accessSync(resolve(cwd, program), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const TRIED = new Map<string, boolean>();

/** Whether there is a setpriv that knows --pdeathsig: that of busybox, which musl systems have, does not. Tried once. */
function canTellOfParentsDeath(): boolean {
  const setpriv = findOnPath('setpriv');
  if (setpriv === undefined) return false;
  let works = TRIED.get(setpriv);
  if (works === undefined) {
    const tried = spawnSync(setpriv, ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore', timeout: 5000 });
    works = tried.status === 0;
    TRIED.set(setpriv, works);
  }
  return works;
}

export interface Wrapping {
  /** CPU list for taskset; undefined: not pinned. */
  cpus?: string | undefined;
  /** What the command gets when its parent dies. */
  whenParentDies: 'KILL' | 'TERM';
}

/**
 * `command` as an argument list that runs it on certain CPUs and ends it with its parent, as far as this machine has
 * the tools (util-linux). Both tools end in exec, so the process id stays that of the command. Only the command
 * itself gets the signal, not what it starts: see endProcessTree for those.
 */
export function wrapCommand(command: readonly string[], wrapping: Wrapping): string[] {
  const wrapped = [...command];
  if (wrapping.cpus !== undefined) wrapped.unshift('taskset', '-c', wrapping.cpus);
  if (canTellOfParentsDeath()) wrapped.unshift('setpriv', '--pdeathsig', wrapping.whenParentDies);
  return wrapped;
}
