import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, workingFolderOf } from './process-identity.ts';

/** Process id in `postmaster.pid`, and whether that server takes connections; undefined without the file. */
export function readPostmasterFile(data: string): { pid: number; ready: boolean } | undefined {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return Number.isInteger(pid) && pid > 0 ? { pid, ready: lines[7]?.trim() === 'ready' } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Clears what a server that was not stopped left in the data folder. A server that is about to die with its
 * parent gets two seconds; one that stays is an orphan and is asked to quit. A file that names a process
 * which is no Postgres of this folder (ids are given out again, in containers at every start) is removed,
 * because Postgres itself would refuse to start beside it.
 */
export async function clearLeftover(data: string): Promise<void> {
  const found = readPostmasterFile(data);
  if (found === undefined || !isAlive(found.pid)) return;
  const runsIn = workingFolderOf(found.pid);
  // Without /proc nothing is known of that process: leave the decision to Postgres.
  if (runsIn === undefined) return;
  if (runsIn !== realpathSync(data)) {
    rmSync(join(data, 'postmaster.pid'), { force: true });
    return;
  }
  if (await isGoneWithin(found.pid, 2000)) return;
  try {
    process.kill(found.pid, 'SIGQUIT');
  } catch {
    // It has just gone by itself, or it is not ours to stop: Postgres says so when it is started.
  }
  await isGoneWithin(found.pid, 5000);
}

async function isGoneWithin(pid: number, limitMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 50) {
    if (!isAlive(pid)) return true;
    await sleep(50);
  }
  return !isAlive(pid);
}
