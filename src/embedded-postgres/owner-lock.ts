import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive, startTicksOf } from './process-identity.ts';

export type LockAttempt = { state: 'taken'; release: () => void } | { state: 'held'; pid: number };

interface Holder {
  pid: number;
  startTicks?: string;
}

/**
 * Tries to become the one process that runs the server of this folder. The lock of a process that is gone,
 * `kill -9` included, is taken over.
 *
 * Node has no flock, so a takeover is a rename followed by a look at what was renamed. Should two processes
 * still both believe to hold the lock, Postgres's own postmaster.pid keeps the second server from starting.
 */
export function tryOwnerLock(file: string): LockAttempt {
  const mine = `${file}.${process.pid}`;
  const ticks = startTicksOf(process.pid);
  const me: Holder = { pid: process.pid, ...(ticks === undefined ? {} : { startTicks: ticks }) };
  writeFileSync(mine, JSON.stringify(me));
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (linkUnlessThere(mine, file)) return { state: 'taken', release: () => releaseIfMine(file) };
      const holder = readHolder(file);
      if (holder === undefined) continue;
      if (lives(holder)) return { state: 'held', pid: holder.pid };
      moveStaleAway(file);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return { state: 'held', pid: readHolder(file)?.pid ?? 0 };
}

function linkUnlessThere(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined when the lock has just been given up; a lock that cannot be read has the dead holder 0. */
function readHolder(file: string): Holder | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return { pid: 0 };
  }
}

function lives(holder: Holder): boolean {
  if (!(holder.pid > 0) || !isAlive(holder.pid)) return false;
  return holder.startTicks === undefined || holder.startTicks === startTicksOf(holder.pid);
}

function moveStaleAway(file: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    const moved = readHolder(aside);
    // Between our look and our rename another process took the lock over: give it back.
    if (moved !== undefined && lives(moved)) linkUnlessThere(aside, file);
  } catch {
    // Another process moved it away first.
  } finally {
    rmSync(aside, { force: true });
  }
}

function releaseIfMine(file: string): void {
  if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true });
}
