import { join } from 'node:path';
import type { BuildFailure, BuildResult } from './build.ts';
import { cacheFolder, finish, lockPath, makeUnfinished, markUse, readBuild } from './cache-folder.ts';
import type { CacheFolder, StoredBuild } from './cache-folder.ts';
import { copyTree } from './copy-tree.ts';
import { DEFAULT_CACHE_LIMITS, evict, type CacheLimits } from './eviction.ts';
import { withFileLock } from './file-lock.ts';
import type { CommandLog } from './log-buffer.ts';
import { removeTree } from './remove-tree.ts';

/** The cache of one data directory: each tree is built once. */
export interface BuildCache extends Partial<CacheLimits> {
  /** Builds lie in `<dataDir>/builds/<key>/`. */
  dataDir: string;
}

export interface ProvideRequest {
  /** From `buildKey`. */
  key: string;
  /** Writes the tree into an empty folder and answers its notes; what it throws ends the request. */
  exportInto: (folder: string) => Promise<string[]>;
  build: (folder: string) => Promise<BuildResult>;
  signal?: AbortSignal | undefined;
}

/** A build that is there, and stays until it is released. */
export interface BuiltTree {
  state: 'built';
  /** The tree in the cache: to be read and copied, never to be run in. */
  path: string;
  /** Whether an earlier build was used. */
  cached: boolean;
  /** Of the build, also of an earlier one. */
  log: CommandLog;
  /** What the build took when it was made. */
  wallMs: number;
  /** From the export, also of an earlier one. */
  notes: string[];
  /** Copies the tree into a new or empty folder, where a service may write as it likes. */
  copyTo(folder: string, signal?: AbortSignal): Promise<void>;
  /** Lets the cache remove the build when it needs room. Harmless when repeated. */
  release(): Promise<void>;
}

/**
 * The built tree for `key`: an earlier build when it is unchanged since, else a new one. Of several who ask at once,
 * in this or another process, one builds and the others wait for it. A failed build is not kept.
 *
 * Poisoning: no service runs in the cached tree, only in copies of it; and before each use its fingerprint (with the
 * kernel's change times) must be the one taken right after the build, else it is built again. Read-only permissions
 * would not hold against a service that runs as root.
 * @throws PerfCiError `aborted`, `lock-timeout`, and what `exportInto` and `build` throw.
 */
export async function provideBuild(
  cache: BuildCache,
  request: ProvideRequest,
): Promise<BuiltTree | BuildFailure> {
  const folder = cacheFolder(cache.dataDir);
  const { key, signal } = request;
  const provided = await withFileLock(
    lockPath(folder, key),
    async () => {
      const earlier = await readBuild(folder, key);
      if (earlier !== undefined) return builtTree(folder, earlier, true);
      return makeBuild(folder, request);
    },
    { signal, waitMs: 4 * 60 * 60_000 },
  );
  // A cache that could not be made smaller is no reason to lose a build: the next request tries again.
  await evict(folder, { ...DEFAULT_CACHE_LIMITS, ...limitsOf(cache) }).catch(() => {});
  return provided;
}

async function makeBuild(folder: CacheFolder, request: ProvideRequest): Promise<BuiltTree | BuildFailure> {
  const unfinished = await makeUnfinished(folder, request.key);
  try {
    const tree = join(unfinished, 'tree');
    const notes = await request.exportInto(tree);
    const result = await request.build(tree);
    if (result.state === 'failed') return result;
    const { log, wallMs } = result;
    return await builtTree(
      folder,
      await finish(folder, request.key, unfinished, { log, wallMs, notes }),
      false,
    );
  } finally {
    await removeTree(unfinished);
  }
}

async function builtTree(folder: CacheFolder, stored: StoredBuild, cached: boolean): Promise<BuiltTree> {
  const release = await markUse(folder, stored.key);
  return {
    state: 'built',
    path: stored.treePath,
    cached,
    log: stored.log,
    wallMs: stored.wallMs,
    notes: stored.notes,
    copyTo: (target, signal) => copyTree(stored.treePath, target, signal),
    release,
  };
}

function limitsOf(cache: BuildCache): Partial<CacheLimits> {
  return {
    ...(cache.maxBuilds === undefined ? {} : { maxBuilds: cache.maxBuilds }),
    ...(cache.maxBytes === undefined ? {} : { maxBytes: cache.maxBytes }),
  };
}
