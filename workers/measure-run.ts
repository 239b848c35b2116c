import { randomInt } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';

import { withMirror } from '../src/checkout/mirror.ts';
import { cloneBaseUrl, type Config } from '../src/config.ts';
import { PerfCiError, toPerfCiError } from '../src/domain/errors.ts';
import type { Phase, Run, RunResult } from '../src/domain/run.ts';
import type { Log } from '../src/log.ts';
import { machineId } from '../src/measure/host/environment.ts';
import { setNotice } from '../src/store/intake.ts';
import { saveLog } from '../src/store/logs.ts';
import type { PassOn } from '../src/store/pass-on.ts';
import { isDatabaseAway, type Pool, withTransaction } from '../src/store/pool.ts';
import { finishRun, passOn, publishResult, resultOf, type RunEnd, setPhase } from '../src/store/runs.ts';
import { saveProfiles } from '../src/store/profiles.ts';
import { saveEnvironment, savePair } from '../src/store/trials.ts';
import { saveVerdicts } from '../src/store/verdicts.ts';
import { checkHostForRun, HOST_UNSTEADY, WHEN_UNSTEADY } from './check-host.ts';
import { compare, type ComparisonHooks, type ComparisonOutcome } from './compare-commits.ts';
import { loadStandings, saveOutcomes } from './controls.ts';
import { obtainFetchToken } from './fetch-token.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { HOST_WAIT_LIMIT_MS, measureLimitMs, PREPARE_LIMIT_MS, RunDeadline } from './run-deadline.ts';
import { showRun, WAITING } from './show-run.ts';
import { workFolder } from './work-folder.ts';

export interface RunContext {
  config: Config;
  pool: Pool;
  log: Log;
}

/** Attempts after which a failure that might pass is final. */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 5000;

/** GitHub or the network is away: that uses up no attempt, and the run waits for its return, for a day. */
const AWAY_CODES: readonly string[] = ['github-unavailable', 'fetch-token-late', 'repository-unreachable'];
const AWAY_RETRY_MS = 30_000;
const AWAY_LIMIT_MS = 24 * 60 * 60_000;

/** Comment and check follow the pairs, but not each of them. */
const SHOW_PROGRESS_MS = 15_000;

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
  let shownMs = -Infinity;
  const show = (): Promise<void> => {
    shownMs = performance.now();
    return withTransaction(pool, (tx) => showRun(tx, run, { publicUrl: config.publicUrl }));
  };
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
      if (performance.now() - shownMs > SHOW_PROGRESS_MS) await show();
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
    async onJudged(result) {
      await withTransaction(pool, async (tx) => {
        if (await publishResult(tx, lease, result)) await showRun(tx, run, { publicUrl: config.publicUrl });
      });
    },
    async onProfiles(files) {
      // The verdict is published and not measured again for the sake of its explanation.
      await saveProfiles(pool, lease, files).catch((error: unknown) =>
        log.warn({ error }, 'the profiles could not be kept'),
      );
    },
    onDiagnosis(scenario, what) {
      log.info({ scenario, what }, 'looking closer at a confirmed slowdown');
    },
    onConfig(projectConfig) {
      limitMs = measureLimitMs(projectConfig);
    },
    onHostBusy() {
      // Another worker's run ends by its own deadline; a stopped perf-ci compare has none.
      deadline.set(HOST_WAIT_LIMIT_MS);
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
  folder: string,
): Promise<ComparisonOutcome> {
  const { config, pool, log } = context;
  const token = await obtainFetchToken(pool, run, keeper.signal);
  return withMirror(
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
        ...(run.kind === 'pull_request' ? {} : { branch: run.headRef }),
      },
      { sha: run.baseSha, branch: run.baseRef },
    ],
    (store) =>
      compare(
        {
          store,
          baseTipSha: run.baseSha,
          headSha: run.headSha,
          baseRef: run.baseRef,
          workFolder: folder,
          dataFolder: config.dataFolder,
          trustTier: 'same-repository',
          seed: randomInt(2 ** 32),
          signal: keeper.signal,
          hooks: storingHooks(run, lease, deadline, context),
          ...(run.plant === undefined ? {} : { plant: run.plant }),
          checkHost: () =>
            checkHostForRun(pool, run, {
              installationMode: config.preflight,
              signal: keeper.signal,
              onWait: (reasons) => log.info({ reasons }, 'the machine is restless: waiting'),
            }),
          standings: (scenarios) => loadStandings(pool, run, { machineId: machineId(), scenarios }),
        },
        config.pool,
      ),
    { signal: keeper.signal },
  );
}

/** A result is a result, also that of a service that does not build: `failed` is for what gave none. */
function endState(result: RunResult): RunEnd['state'] {
  if (result.kind !== 'failed' || result.blame !== 'infra') return 'reporting';
  return result.code === TIMED_OUT ? 'timed_out' : 'failed';
}

/** How a run that failed with `error` is tried again; undefined: it is not. Pure but for the clock. */
export function whenAgain(
  error: Pick<PerfCiError, 'code' | 'retryable'>,
  run: Pick<Run, 'attempt' | 'createdAt'>,
  nowMs = Date.now(),
): PassOn | undefined {
  if (!error.retryable) return undefined;
  // It ends by itself: after an hour an unfit machine is measured on all the same, and the result says so.
  if (error.code === HOST_UNSTEADY) return WHEN_UNSTEADY;
  if (AWAY_CODES.includes(error.code)) {
    const isPatient = nowMs - run.createdAt.getTime() < AWAY_LIMIT_MS;
    return isPatient ? { countAttempt: false, delayMs: AWAY_RETRY_MS } : undefined;
  }
  return run.attempt < MAX_ATTEMPTS ? { countAttempt: true, delayMs: RETRY_MS * run.attempt } : undefined;
}

/** Back into the queue, and said so where people look. */
async function putBack(
  run: Run,
  { pool, config }: RunContext,
  lease: Lease,
  how: PassOn,
  why?: PerfCiError,
): Promise<void> {
  await withTransaction(pool, async (tx) => {
    if (!(await passOn(tx, lease, how))) return;
    // Nobody reads logs to find out why a run waits.
    if (why?.code === HOST_UNSTEADY) await setNotice(tx, run.id, `${WAITING}${why.message}`);
    await showRun(tx, run, { publicUrl: config.publicUrl });
  });
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
    // First, because it tells whether the lease still holds: without it nothing of this attempt may stay.
    const finished = await finishRun(tx, lease, { state, result, timings });
    if (!finished) return false;
    if (result.kind === 'judged') await saveVerdicts(tx, lease, result.verdicts);
    await saveOutcomes(tx, run, result);
    await showRun(tx, run, { publicUrl: config.publicUrl });
    return true;
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

/** A database that was away for a moment, or too slow once, says nothing about the run. */
function mayPass(thrown: unknown): PerfCiError {
  const isSlowStatement = (thrown as { code?: unknown } | undefined)?.code === '57014';
  if (!isDatabaseAway(thrown) && !isSlowStatement) return toPerfCiError(thrown);
  return new PerfCiError('database-unavailable', 'the database did not answer in the middle of a run', {
    retryable: true,
    cause: thrown,
  });
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
  const folder = workFolder(context.config, run);
  try {
    await mkdir(folder, { recursive: true });
    const outcome = await measure(run, context, lease, keeper, deadline, folder);
    if (outcome.pool !== undefined) {
      await putBack(run, context, lease, { pool: outcome.pool, countAttempt: false });
      log.info({ pool: outcome.pool }, 'the run belongs to another pool and is passed on');
      return;
    }
    const finished = await conclude(run, context, lease, outcome);
    log.info({ finished, kind: outcome.result.kind, timings: outcome.timings }, 'run ended');
  } catch (thrown) {
    if (keeper.interruption !== undefined) {
      log.info({ why: keeper.interruption }, 'run interrupted');
      if (keeper.interruption.kind === 'stopping') {
        await putBack(run, context, lease, { countAttempt: false });
      }
      if (keeper.interruption.kind === 'timed-out') {
        const result = await failureResult(timedOut(keeper.interruption.limitMs), run, pool);
        await conclude(run, context, lease, { result, timings: {} });
      }
      return;
    }
    const error = mayPass(thrown);
    const again = whenAgain(error, run);
    if (again !== undefined) {
      log.warn({ error: thrown, ...again }, 'run failed and will be tried again');
      await putBack(run, context, lease, again, error);
      return;
    }
    log.error({ error: thrown }, 'run failed');
    const result = await failureResult(error, run, pool);
    await conclude(run, context, lease, { result, timings: {} });
  } finally {
    deadline.clear();
    await rm(folder, { recursive: true, force: true });
  }
}
