import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isInUse, listBuilds, lockPath, removeBuild, type CacheFolder } from './cache-folder.ts';
import { tryFileLock } from './file-lock.ts';
import { removeTree } from './remove-tree.ts';

/** How much the cache may hold. */
export interface CacheLimits {
  maxBuilds: number;
  maxBytes: number;
}

export const DEFAULT_CACHE_LIMITS: CacheLimits = { maxBuilds: 40, maxBytes: 10 * 1024 ** 3 };

/**
 * Removes least recently used builds until the cache keeps its limits, passing over those that are being made or read,
 * and sweeps up what killed processes left.
 * @returns keys of the removed builds.
 */
export async function evict(cache: CacheFolder, limits: CacheLimits): Promise<string[]> {
  await sweep(cache);
  const builds = await listBuilds(cache);
  let count = builds.length;
  let bytes = builds.reduce((sum, build) => sum + build.bytes, 0);
  const removed: string[] = [];
  for (const build of builds) {
    if (count <= limits.maxBuilds && bytes <= limits.maxBytes) break;
    if (!(await removeUnlessBusy(cache, build.key))) continue;
    removed.push(build.key);
    count -= 1;
    bytes -= build.bytes;
  }
  return removed;
}

/** Readers mark their use while they hold the lock of the key, so a build that is locked here has none to come. */
async function removeUnlessBusy(cache: CacheFolder, key: string): Promise<boolean> {
  const lock = await tryFileLock(lockPath(cache, key));
  if (lock === undefined) return false;
  try {
    if (await isInUse(cache, key)) return false;
    await removeBuild(cache, key);
    return true;
  } finally {
    await lock.release();
  }
}

async function sweep(cache: CacheFolder): Promise<void> {
  for (const name of await readdir(cache.path)) {
    if (name.startsWith('.removed-')) await removeTree(join(cache.path, name));
    const key = /^\.unfinished-([0-9a-f]{64})-/.exec(name)?.[1];
    if (key === undefined) continue;
    const lock = await tryFileLock(lockPath(cache, key));
    if (lock === undefined) continue;
    try {
      await removeTree(join(cache.path, name));
    } finally {
      await lock.release();
    }
  }
}
