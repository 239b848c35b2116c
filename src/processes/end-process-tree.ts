import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How the processes that a command started are told from all others. */
export interface ProcessTree {
  /** The command itself; also the id of its process group. */
  pid: number;
  /** `NAME=value` in the environment of the command, which its descendants inherit. */
  marker: string;
}

interface ProcessFacts {
  pid: number;
  parent: number;
  group: number;
}

/** Most processes end within a moment of being told; the others are looked for less and less often. */
const FIRST_POLL_MS = 3;
const POLL_MS = 25;
const MAX_ROUNDS = 80;

/**
 * Ends everything that a command left running: first by SIGTERM, after `graceMs` by SIGKILL. Found are the members of
 * its process group, its descendants, and whoever carries its marker: a daemon leaves its group and its parent, but
 * rarely its environment. Without /proc only the group is reached.
 * @returns pids that could not be ended: processes that hide on purpose need a sandbox.
 */
export async function endProcessTree(tree: ProcessTree, graceMs: number): Promise<number[]> {
  let alive = findProcesses(tree);
  signalAll(tree, alive, 'SIGTERM');
  const graceUntil = performance.now() + graceMs;
  for (let pauseMs = FIRST_POLL_MS; alive.length > 0 && performance.now() < graceUntil; pauseMs *= 2) {
    await sleep(Math.min(pauseMs, POLL_MS, graceMs));
    alive = findProcesses(tree);
  }
  // Again and again, because one that forks faster than it is found has children after each look.
  for (let round = 0; round < MAX_ROUNDS && alive.length > 0; round += 1) {
    signalAll(tree, alive, 'SIGKILL');
    await sleep(POLL_MS);
    alive = findProcesses(tree);
  }
  return alive;
}

/** Living pids of the tree (a dead one that nobody has waited for does not count), without this process. */
export function findProcesses(tree: ProcessTree): number[] {
  const all = listProcesses();
  if (all === undefined) return isGroupAlive(tree.pid) ? [tree.pid] : [];
  const found = new Set<number>();
  for (const { pid, group } of all) {
    if (pid === tree.pid || group === tree.pid || carries(pid, tree.marker)) found.add(pid);
  }
  for (let grew = true; grew;) {
    const children = all.filter(({ pid, parent }) => found.has(parent) && !found.has(pid));
    for (const { pid } of children) found.add(pid);
    grew = children.length > 0;
  }
  found.delete(process.pid);
  return [...found];
}

/** Files of /proc come from memory: read at once they take microseconds, in turns with other work far longer. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Gone meanwhile, or of another user, whose processes are none of ours.
    return '';
  }
}

function listProcesses(): ProcessFacts[] | undefined {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return undefined;
  }
  const facts: ProcessFacts[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readProc(`/proc/${name}/stat`);
    // proc(5): state, parent and group follow the bracket that closes the command's name.
    const [state = 'X', parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (stat !== '' && !'ZXx'.includes(state)) {
      facts.push({ pid: Number(name), parent: Number(parent), group: Number(group) });
    }
  }
  return facts;
}

function carries(pid: number, marker: string): boolean {
  return readProc(`/proc/${pid}/environ`).split('\0').includes(marker);
}

function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

function signalAll(tree: ProcessTree, pids: readonly number[], signal: NodeJS.Signals): void {
  if (pids.length === 0) return;
  for (const pid of [-tree.pid, ...pids]) {
    try {
      process.kill(pid, signal);
    } catch {
      // Already gone.
    }
  }
}
