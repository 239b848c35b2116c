import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PerfCiError } from '../domain/errors.ts';
import { abortedError } from './git-errors.ts';
import { isAlive, parseOwner, thisProcess } from './process-owner.ts';

const HEARTBEAT_MS = 10_000;
const SILENT_MS = 60_000;
const POLL_MS = 100;

/** A lock that this process holds. */
export interface FileLock {
  release(): Promise<void>;
}

export interface LockOptions {
  /** How long to wait for another holder; default 30 minutes. */
  waitMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while holding the lock file `path`, so that two processes (or two tasks of one) take turns. A lock whose
 * holder died is taken over.
 * @throws PerfCiError `lock-timeout` (retryable) after `waitMs`, `aborted` by the signal.
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const lock = await waitForLock(path, options);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function waitForLock(path: string, options: LockOptions): Promise<FileLock> {
  const waitMs = options.waitMs ?? 30 * 60_000;
  const until = performance.now() + waitMs;
  for (;;) {
    if (options.signal?.aborted === true) throw abortedError(options.signal, 'waiting for a lock');
    const lock = await tryFileLock(path);
    if (lock !== undefined) return lock;
    if (performance.now() > until) {
      throw new PerfCiError(
        'lock-timeout',
        `expected the lock ${path} within ${waitMs} ms, it is still held`,
        {
          retryable: true,
          remedy: 'another perf-ci process works on the same repository or build',
        },
      );
    }
    await sleep(POLL_MS);
  }
}

/** Takes the lock file `path` now, or answers undefined when a living process holds it. */
export async function tryFileLock(path: string): Promise<FileLock | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const nonce = randomUUID();
  const claim = `${path}.${nonce}`;
  const content = JSON.stringify({ ...(await thisProcess()), nonce });
  await writeFile(claim, content);
  try {
    // A hard link appears at once and whole, and only if the name is free: no reader sees half a lock.
    if (await linked(claim, path)) return heldLock(path, content);
    if (!(await removeIfDead(path))) return undefined;
    return (await linked(claim, path)) ? heldLock(path, content) : undefined;
  } finally {
    await rm(claim, { force: true });
  }
}

async function linked(claim: string, path: string): Promise<boolean> {
  try {
    await link(claim, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether the name is free now. */
async function removeIfDead(path: string): Promise<boolean> {
  const seen = await contentOf(path);
  if (seen === undefined) return true;
  const owner = parseOwner(seen.text);
  if (owner !== undefined && (await isAlive(owner, seen.mtimeMs, SILENT_MS))) return false;
  // Two waiters may both see a dead holder. Each moves the file aside and looks at what it got: the slower one may
  // have caught the new holder's lock, and puts it back.
  const aside = `${path}.dead-${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return true;
  }
  const moved = await contentOf(aside);
  if (moved !== undefined && moved.text !== seen.text) await linked(aside, path);
  await rm(aside, { force: true });
  return moved?.text === seen.text;
}

async function contentOf(path: string): Promise<{ text: string; mtimeMs: number } | undefined> {
  try {
    return { text: await readFile(path, 'utf8'), mtimeMs: (await stat(path)).mtimeMs };
  } catch {
    return undefined;
  }
}

function heldLock(path: string, content: string): FileLock {
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A lock that cannot be touched is read as dead elsewhere after SILENT_MS; nothing better can be done here.
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    async release() {
      clearInterval(heartbeat);
      // Only what is still ours: a process that slept too long may have lost it.
      if ((await contentOf(path))?.text === content) await rm(path, { force: true });
    },
  };
}
