import { readdir, readFile } from 'node:fs/promises';
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

const POLL_MS = 25;
const MAX_ROUNDS = 80;

/**
 * Ends everything that a command left running: first by SIGTERM, after `graceMs` by SIGKILL. Found are the members of
 * its process group, its descendants, and whoever carries its marker: a daemon leaves its group and its parent, but
 * rarely its environment. Without /proc only the group is reached.
 * @returns pids that could not be ended: processes that hide on purpose need a sandbox.
 */
export async function endProcessTree(tree: ProcessTree, graceMs: number): Promise<number[]> {
  let alive = await findProcesses(tree);
  signalAll(tree, alive, 'SIGTERM');
  const graceUntil = performance.now() + graceMs;
  while (alive.length > 0 && performance.now() < graceUntil) {
    await sleep(Math.min(POLL_MS, graceMs));
    alive = await findProcesses(tree);
  }
  // Again and again, because one that forks faster than it is found has children after each look.
  for (let round = 0; round < MAX_ROUNDS && alive.length > 0; round += 1) {
    signalAll(tree, alive, 'SIGKILL');
    await sleep(POLL_MS);
    alive = await findProcesses(tree);
  }
  return alive;
}

/** Living pids of the tree (a dead one that nobody has waited for does not count), without this process. */
export async function findProcesses(tree: ProcessTree): Promise<number[]> {
  const all = await listProcesses();
  if (all === undefined) return isGroupAlive(tree.pid) ? [tree.pid] : [];
  const found = new Set<number>();
  for (const { pid, group } of all) {
    if (pid === tree.pid || group === tree.pid || (await carries(pid, tree.marker))) found.add(pid);
  }
  for (let grew = true; grew;) {
    const children = all.filter(({ pid, parent }) => found.has(parent) && !found.has(pid));
    for (const { pid } of children) found.add(pid);
    grew = children.length > 0;
  }
  found.delete(process.pid);
  return [...found];
}

async function listProcesses(): Promise<ProcessFacts[] | undefined> {
  const names = await readdir('/proc').catch(() => undefined);
  if (names === undefined) return undefined;
  const facts: ProcessFacts[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // proc(5): state, parent and group follow the bracket that closes the command's name.
    const [state = 'X', parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (stat !== '' && !'ZXx'.includes(state)) {
      facts.push({ pid: Number(name), parent: Number(parent), group: Number(group) });
    }
  }
  return facts;
}

async function carries(pid: number, marker: string): Promise<boolean> {
  // Of other users' processes the environment cannot be read, and they are none of ours.
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return environment.split('\0').includes(marker);
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
