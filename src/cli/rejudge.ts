import { judgeStored, planFromVerdicts } from '../analyse/stored.ts';
import { ANALYSIS_VERSION } from '../analyse/version.ts';
import { readConfig } from '../config.ts';
import { clip, PerfCiError, toPerfCiError } from '../domain/errors.ts';
import type { RunResult } from '../domain/run.ts';
import type { Pair } from '../domain/trial.ts';
import type { Verdict } from '../domain/verdict.ts';
import { type Pool, withTransaction } from '../store/pool.ts';
import { runById } from '../store/runs.ts';
import { pairsOf } from '../store/trials.ts';
import { addVerdicts, runsToRejudge, type RunToRejudge, verdictsOf } from '../store/verdicts.ts';
import { EXIT } from './exit-code.ts';
import { createProgress, type Progress } from './progress.ts';
import { withDatabase } from './with-database.ts';

interface RejudgeOptions {
  run?: string;
  since?: string;
  dryRun?: boolean;
}

/** Runs that the database is asked for at once. */
const BATCH = 50;

/** A verdict that the present analysis sees otherwise. */
export interface ChangedVerdict {
  before: Verdict;
  /** Undefined: the present analysis judges this metric no more. */
  now: Verdict | undefined;
}

/**
 * The verdicts of a run by the present analysis. Gates come from what was judged then, the standing control and what spoke
 * against the machine from the result. Pure.
 */
export function rejudge(pairs: readonly Pair[], before: readonly Verdict[], result: RunResult): Verdict[] {
  if (result.kind !== 'judged') return [];
  const around = {
    ...(result.controls === undefined ? {} : { controls: result.controls }),
    host: { flags: result.hostFlags ?? [] },
  };
  return judgeStored(pairs, planFromVerdicts(before, around));
}

/** Verdicts whose word is another now. A metric that only the present analysis has is no change. Pure. */
export function changesBetween(before: readonly Verdict[], now: readonly Verdict[]): ChangedVerdict[] {
  const key = ({ scenario, metric }: Verdict): string => JSON.stringify([scenario, metric]);
  const byKey = new Map(now.map((verdict) => [key(verdict), verdict]));
  return before
    .map((verdict) => ({ before: verdict, now: byKey.get(key(verdict)) }))
    .filter((change) => change.before.verdict !== change.now?.verdict);
}

function described(verdict: Verdict | undefined): string {
  if (verdict === undefined) return 'not judged';
  const { effect, effectIn } = verdict;
  if (effect === undefined) return verdict.verdict;
  const sign = effect < 0 ? '-' : '+';
  const size =
    effectIn === 'absolute'
      ? String(Number(Math.abs(effect).toPrecision(3)))
      : `${(Math.abs(effect) * 100).toFixed(1)} %`;
  return `${verdict.verdict} ${sign}${size}`;
}

function describeChange(run: RunToRejudge, { before, now }: ChangedVerdict): string {
  const what = run.pullNumber === undefined ? `@${run.headSha.slice(0, 7)}` : `#${run.pullNumber}`;
  const gating = before.threshold === undefined ? '' : ' (gating)';
  return `${run.runId} ${clip(run.repoFullName)}${what} ${clip(before.scenario)}, ${before.metric}${gating}: ${described(before)} → ${described(now)}`;
}

function parseSince(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = new Date(text);
  if (!Number.isNaN(moment.getTime()) && /^\d{4}-\d{2}-\d{2}/.test(text)) return moment;
  throw new PerfCiError('bad-date', `--since: a date such as 2026-05-01 expected, found ${clip(text)}`, {
    blame: 'usage',
  });
}

function checkRunId(id: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
    throw new PerfCiError('bad-run-id', `--run: the id of a run expected, found ${clip(id)}`, {
      blame: 'usage',
      remedy: 'it is the last part of the address of a run page',
    });
  }
  return id;
}

async function requireRun(pool: Pool, id: string): Promise<void> {
  if ((await runById(pool, id)) !== undefined) return;
  throw new PerfCiError('run-unknown', `expected a run ${id} in the database, found none`, {
    blame: 'usage',
  });
}

/** Which runs, and whether anything is stored. */
export interface Asked {
  runId?: string;
  since?: Date;
  isDry: boolean;
}

export interface Tally {
  runs: number;
  changed: number;
  failed: number;
  newlyRegressed: boolean;
}

async function rejudgeRun(pool: Pool, run: RunToRejudge, isDry: boolean): Promise<ChangedVerdict[]> {
  const before = await verdictsOf(pool, run.runId);
  const pairs = (await pairsOf(pool, run.runId, run.leaseEpoch)).map(({ pair }) => pair);
  const now = rejudge(pairs, before, run.result);
  if (!isDry) await withTransaction(pool, (tx) => addVerdicts(tx, run, now));
  return changesBetween(before, now);
}

/**
 * Judges what is asked for, run by run, each stored for itself: what was done stays when it is broken off.
 * @param print gets a line for each verdict that changed
 * @throws PerfCiError `run-unknown` (usage)
 */
export async function rejudgeAll(
  pool: Pool,
  { isDry, ...which }: Asked,
  print: (line: string) => void,
  progress: Pick<Progress, 'say' | 'update'>,
  batch = BATCH,
): Promise<Tally> {
  if (which.runId !== undefined) await requireRun(pool, which.runId);
  const tally: Tally = { runs: 0, changed: 0, failed: 0, newlyRegressed: false };
  let after = '0';
  for (;;) {
    const next = { analysisVersion: ANALYSIS_VERSION, after, limit: batch, ...which };
    const runs = await runsToRejudge(pool, next);
    for (const run of runs) {
      after = run.sequence;
      try {
        for (const change of await rejudgeRun(pool, run, isDry)) {
          print(describeChange(run, change));
          tally.changed += 1;
          const isGating = change.before.threshold !== undefined;
          if (isGating && change.now?.verdict === 'regressed') tally.newlyRegressed = true;
        }
        tally.runs += 1;
      } catch (error) {
        // Data that one analysis took and another does not: the rest of the past can still be judged.
        if (!(error instanceof RangeError)) throw error;
        tally.failed += 1;
        progress.say(`run ${run.runId} could not be judged: ${toPerfCiError(error).message}`);
      }
    }
    if (runs.length < batch) return tally;
    progress.update(`${count(tally.runs + tally.failed, 'run')} judged anew`);
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function describeTally({ runs, changed, failed }: Tally, isDry: boolean): string {
  const done = `${count(runs, 'run')} ${isDry ? 'would be judged' : 'judged'} by analysis ${ANALYSIS_VERSION}`;
  const trouble = failed === 0 ? '' : `, ${count(failed, 'run')} could not be judged`;
  return `${done}, ${count(changed, 'verdict')} changed${trouble}`;
}

/** `perf-ci rejudge`: stored pairs, judged again. @returns the exit code */
export async function runRejudge(options: RejudgeOptions): Promise<number> {
  const since = parseSince(options.since);
  const asked: Asked = {
    isDry: options.dryRun === true,
    ...(options.run === undefined ? {} : { runId: checkRunId(options.run) }),
    ...(since === undefined ? {} : { since }),
  };
  const progress = createProgress(process.stderr);
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    const tally = await withDatabase(readConfig(process.env), (pool) =>
      rejudgeAll(pool, asked, print, progress),
    );
    print(describeTally(tally, asked.isDry));
    if (tally.newlyRegressed) return EXIT.regression;
    return tally.failed > 0 ? EXIT.noVerdict : EXIT.pass;
  } finally {
    progress.end();
  }
}
