import { randomInt } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { updateMirror } from '../src/checkout/mirror.ts';
import { cloneBaseUrl, type Config, folders } from '../src/config.ts';
import { PerfCiError, toPerfCiError } from '../src/domain/errors.ts';
import type { Phase, Run, RunResult } from '../src/domain/run.ts';
import type { Log } from '../src/log.ts';
import { saveLog } from '../src/store/logs.ts';
import { passOn } from '../src/store/pass-on.ts';
import { type Pool, withTransaction } from '../src/store/pool.ts';
import { finishRun, resultOf, type RunEnd, setPhase } from '../src/store/runs.ts';
import { saveEnvironment, savePair } from '../src/store/trials.ts';
import { saveVerdicts } from '../src/store/verdicts.ts';
import { compare, type ComparisonHooks, type ComparisonOutcome } from './compare-commits.ts';
import { obtainFetchToken } from './fetch-token.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { measureLimitMs, PREPARE_LIMIT_MS, RunDeadline } from './run-deadline.ts';
import { showRun } from './show-run.ts';

export interface RunContext {
  config: Config;
  pool: Pool;
  log: Log;
}

/** Attempts after which a failure that might pass is final. */
const MAX_ATTEMPTS = 3;

const TIMED_OUT = 'run-timed-out';

interface Lease {
  runId: string;
  leaseEpoch: string;
  attempt: number;
}

/** Stores what happens as it happens, fenced by the lease. */
function storingHooks(
  run: Run,
  lease: Lease,
  deadline: RunDeadline,
  { pool, config, log }: RunContext,
): ComparisonHooks {
  let fingerprint = '';
  let phase: Phase = 'preparing';
  let limitMs = PREPARE_LIMIT_MS;
  const show = (): Promise<void> =>
    withTransaction(pool, (tx) => showRun(tx, run, { publicUrl: config.publicUrl }));
  return {
    async onPhase(next, facts) {
      phase = next;
      if (phase === 'building') deadline.set(limitMs);
      log.info({ phase }, 'phase');
      await setPhase(pool, lease, phase, undefined, facts);
      // Preparing and analysing are over before anyone has read of them.
      if (phase === 'building' || phase === 'measuring') await show();
    },
    async onProgress(progress) {
      await setPhase(pool, lease, phase, progress);
    },
    async onLog(name, content) {
      await saveLog(pool, lease, name, content.content, content.truncated);
    },
    async onEnvironment(environment) {
      fingerprint = environment.fingerprint;
      await saveEnvironment(pool, environment);
    },
    async onPair(pair) {
      const failed = (['base', 'head'] as const).filter((side) => pair[side].state === 'failed');
      await savePair(
        pool,
        lease,
        pair,
        fingerprint,
        failed.length === 0 ? undefined : `${failed.join(' and ')} failed`,
      );
    },
    onConfig(projectConfig) {
      limitMs = measureLimitMs(projectConfig);
    },
    onHostBusy() {
      // Whoever holds the host has a deadline of its own; waiting for it is no fault of this run.
      deadline.clear();
      log.info('another measurement holds this host: waiting');
    },
  };
}

async function measure(
  run: Run,
  context: RunContext,
  lease: Lease,
  keeper: LeaseKeeper,
  deadline: RunDeadline,
  workFolder: string,
): Promise<ComparisonOutcome> {
  const { config, pool } = context;
  const token = await obtainFetchToken(pool, run, keeper.signal);
  const { store } = await updateMirror(
    {
      dataDir: config.dataFolder,
      repoId: run.repoId,
      address: { cloneBaseUrl: cloneBaseUrl(config.apiUrl), repoFullName: run.repoFullName },
      token,
    },
    [
      {
        sha: run.headSha,
        pullNumber: run.pullNumber,
        ...(run.kind === 'push' ? { branch: run.headRef } : {}),
      },
      { sha: run.baseSha, branch: run.baseRef },
    ],
    { signal: keeper.signal },
  );
  return compare(
    {
      store,
      baseTipSha: run.baseSha,
      headSha: run.headSha,
      baseRef: run.baseRef,
      workFolder,
      dataFolder: config.dataFolder,
      trustTier: 'same-repository',
      seed: randomInt(2 ** 32),
      signal: keeper.signal,
      hooks: storingHooks(run, lease, deadline, context),
    },
    config.pool,
  );
}

/** A result is a result, also that of a service that does not build: `failed` is for what gave none. */
function endState(result: RunResult): RunEnd['state'] {
  if (result.kind !== 'failed' || result.blame !== 'infra') return 'reporting';
  return result.code === TIMED_OUT ? 'timed_out' : 'failed';
}

/** Verdicts, result, comment and check in one transaction: all of them or none, and none without the lease. */
async function conclude(
  run: Run,
  { pool, config }: RunContext,
  lease: Lease,
  outcome: ComparisonOutcome,
): Promise<boolean> {
  const { result, timings } = outcome;
  const state = endState(result);
  return withTransaction(pool, async (tx) => {
    if (result.kind === 'judged') await saveVerdicts(tx, lease, result.verdicts);
    const finished = await finishRun(tx, lease, { state, result, timings });
    if (finished) await showRun(tx, run, { publicUrl: config.publicUrl });
    return finished;
  });
}

async function failureResult(error: PerfCiError, run: Run, pool: Pool): Promise<RunResult> {
  const { run: now } = await resultOf(pool, run.id);
  return {
    kind: 'failed',
    blame: error.blame === 'usage' ? 'infra' : error.blame,
    phase: now.phase ?? 'preparing',
    code: error.code,
    message: error.message,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
  };
}

function timedOut(limitMs: number): PerfCiError {
  const minutes = Math.ceil(limitMs / 60_000);
  return new PerfCiError(
    TIMED_OUT,
    `expected this part of the run to end within ${minutes} minutes, found it still going`,
    {
      remedy: 'look at the logs of the run; shorten budgets or build if they are meant to take this long',
    },
  );
}

/**
 * One claimed run from checkout to its stored result. A failure that may pass goes back into the queue until the
 * attempts are used up; a lost lease ends everything without a word, since another worker has the run by then.
 * @throws when the database is away for long; the lease then runs out and the run is taken back
 */
export async function measureRun(run: Run, context: RunContext, keeper: LeaseKeeper): Promise<void> {
  const { pool, log } = context;
  const lease: Lease = { runId: run.id, leaseEpoch: run.leaseEpoch, attempt: run.attempt };
  const deadline = new RunDeadline((limitMs) => keeper.interrupt({ kind: 'timed-out', limitMs }));
  deadline.set(PREPARE_LIMIT_MS);
  const workFolder = join(folders(context.config).work, `${run.id}-${run.attempt}`);
  try {
    await mkdir(workFolder, { recursive: true });
    const outcome = await measure(run, context, lease, keeper, deadline, workFolder);
    if (outcome.pool !== undefined) {
      await passOn(pool, lease, { pool: outcome.pool, countAttempt: false });
      log.info({ pool: outcome.pool }, 'the run belongs to another pool and is passed on');
      return;
    }
    const finished = await conclude(run, context, lease, outcome);
    log.info({ finished, kind: outcome.result.kind, timings: outcome.timings }, 'run ended');
  } catch (thrown) {
    if (keeper.interruption !== undefined) {
      log.info({ why: keeper.interruption }, 'run interrupted');
      if (keeper.interruption.kind === 'stopping') await passOn(pool, lease, { countAttempt: false });
      if (keeper.interruption.kind === 'timed-out') {
        const result = await failureResult(timedOut(keeper.interruption.limitMs), run, pool);
        await conclude(run, context, lease, { result, timings: {} });
      }
      return;
    }
    const error = toPerfCiError(thrown);
    if (error.retryable && run.attempt < MAX_ATTEMPTS) {
      log.warn({ error: thrown, attempt: run.attempt }, 'run failed and will be tried again');
      await passOn(pool, lease, { countAttempt: true });
      return;
    }
    log.error({ error: thrown }, 'run failed');
    const result = await failureResult(error, run, pool);
    await conclude(run, context, lease, { result, timings: {} });
  } finally {
    deadline.clear();
    await rm(workFolder, { recursive: true, force: true });
  }
}
