import type { ServiceSpec } from '../domain/benchmark.ts';
import { PerfCiError } from '../domain/errors.ts';
import type { Side } from '../domain/trial.ts';
import { runBuild, type BuildFailure } from './build.ts';
import { buildKey } from './build-key.ts';
import { provideBuild, type BuildCache, type BuiltTree } from './cache.ts';
import { exportNotes, exportTree } from './export.ts';
import type { ObjectStore } from './git.ts';
import type { CommandLog } from './log-buffer.ts';
import { rootTreeOf } from './tree.ts';
import type { TreeLimits } from './tree-listing.ts';

export interface PrepareRequest {
  store: ObjectStore;
  cache: BuildCache;
  /** Usually the merge base. */
  baseSha: string;
  headSha: string;
  /** One specification for both sides: a side must not choose how it is built. */
  service: Pick<ServiceSpec, 'directory' | 'build' | 'buildTimeoutMs' | 'env'>;
  trustTier: string;
  treeLimits?: Partial<TreeLimits> | undefined;
  signal?: AbortSignal | undefined;
  /** Told when the work on a side begins, for progress. */
  onSide?: ((side: Side) => void) | undefined;
}

/** Both sides built, or which one failed and why; then nothing is held. */
export type PreparedSides =
  | { state: 'ready'; base: BuiltTree; head: BuiltTree; release(): Promise<void> }
  | {
      state: 'failed';
      side: Side;
      /** `build-failed`, `build-timeout`, `build-not-started`, or the code of the export's error. */
      code: string;
      message: string;
      remedy: string;
      log?: CommandLog;
      /** Last lines of the build's output, hostile. */
      logTail?: string;
    };

/** Errors of an export that lie in the exported tree and not in this installation. */
const FAULTS_OF_THE_TREE = ['tree-too-large', 'objects-refused'];

const BUILD_CODES: Readonly<Record<BuildFailure['reason'], string>> = {
  exit: 'build-failed',
  timeout: 'build-timeout',
  spawn: 'build-not-started',
};

/**
 * Exports and builds base and head, base first, each once per tree. One after the other, so that the builds do not
 * take time from each other and the log of one tells its own story.
 * @throws PerfCiError for what neither side is to blame for: `objects-damaged`, `disk-full`, `git-timeout`, `aborted`.
 */
export async function prepareSides(request: PrepareRequest): Promise<PreparedSides> {
  const base = await prepareSide(request, 'base');
  if (base.state === 'failed') return base;
  try {
    const head = await prepareSide(request, 'head');
    if (head.state === 'built') {
      const release = async (): Promise<void> => {
        await Promise.all([base.release(), head.release()]);
      };
      return { state: 'ready', base, head, release };
    }
    await base.release();
    return head;
  } catch (error) {
    await base.release();
    throw error;
  }
}

async function prepareSide(
  request: PrepareRequest,
  side: Side,
): Promise<BuiltTree | Extract<PreparedSides, { state: 'failed' }>> {
  const { store, service, signal } = request;
  const commit = side === 'base' ? request.baseSha : request.headSha;
  request.onSide?.(side);
  try {
    const treeId = await rootTreeOf(store, commit, { signal });
    const { directory, build: commands, env, buildTimeoutMs: timeoutMs } = service;
    const facts = { treeId, directory, build: commands, env, nodeVersion: process.version };
    const result = await provideBuild(request.cache, {
      key: buildKey({ ...facts, trustTier: request.trustTier }),
      exportInto: async (folder) =>
        exportNotes(await exportTree(store, commit, folder, { ...request.treeLimits, signal })),
      build: (tree) => runBuild({ tree, directory, commands, env, timeoutMs, signal }),
      signal,
    });
    return result.state === 'built' ? result : buildFailed(side, result);
  } catch (error) {
    if (!(error instanceof PerfCiError) || !FAULTS_OF_THE_TREE.includes(error.code)) throw error;
    const { code, message, remedy = '' } = error;
    return { state: 'failed', side, code, message, remedy };
  }
}

function buildFailed(side: Side, failure: BuildFailure): Extract<PreparedSides, { state: 'failed' }> {
  const remedy =
    side === 'base'
      ? 'the base branch does not build: repair it there, this pull request is not to blame'
      : 'run the same command in a fresh clone of the head';
  const { message, log, logTail } = failure;
  return { state: 'failed', side, code: BUILD_CODES[failure.reason], message, remedy, log, logTail };
}
