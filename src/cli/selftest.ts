import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { checkHostForCompare } from '../../workers/check-host.ts';
import { judgeRun } from '../../workers/judge-run.ts';
import { measureScenarios } from '../../workers/measure-scenarios.ts';
import type { BuiltTree } from '../checkout/cache.ts';
import { openLocalRepository, resolveRevision } from '../checkout/local.ts';
import { prepareSides } from '../checkout/prepare.ts';
import { readConfig } from '../config.ts';
import type { Plant } from '../domain/control.ts';
import { PerfCiError } from '../domain/errors.ts';
import { holdHost } from '../measure/host/host-lock.ts';
import { parsePlant, plantWords } from '../measure/plant/words.ts';
import { chooseConfig } from './compare-config.ts';
import { createProgress, type Progress } from './progress.ts';
import { parseSeed } from './seed.ts';
import {
  describeSelftest,
  exitCodeOfSelftest,
  findingOf,
  type JobFinding,
  reportSelftest,
} from './selftest/findings.ts';
import { settingFor, type SelftestSetting } from './selftest/gates.ts';
import { planSelftest, type SelftestJob } from './selftest/plan.ts';

interface SelftestOptions {
  ref: string;
  plants: string;
  jobs?: string;
  hours?: string;
  scenario?: string;
  config?: string;
  repo?: string;
  seed?: string;
  json?: boolean;
}

const DEFAULT_JOBS = 20;
const MOST_JOBS = 100_000;
const MOST_HOURS = 1000;
/** Between two jobs, so that a run that waits for this host gets its turn: it asks twice a second. */
const TURN_MS = 1200;
/** Jobs that fail one after the other before the test gives up: then it is not the job. */
const FAILURES_IN_A_ROW = 3;

/** Of this user, shared with `perf-ci compare`: builds, and what is remembered of this machine. */
function dataFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'perf-ci');
}

interface Limits {
  jobs: number;
  hours: number;
}

function numberOf(text: string, name: string, highest: number, isWhole: boolean): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value > 0 && value <= highest && (!isWhole || Number.isInteger(value))) return value;
  const kind = isWhole ? 'a whole number' : 'a number';
  throw new PerfCiError(
    'bad-number',
    `--${name}: expected ${kind} above 0, at most ${highest}; found ${JSON.stringify(text)}`,
    { blame: 'usage' },
  );
}

function limitsOf({ jobs, hours }: SelftestOptions): Limits {
  return {
    jobs:
      jobs === undefined
        ? hours === undefined
          ? DEFAULT_JOBS
          : MOST_JOBS
        : numberOf(jobs, 'jobs', MOST_JOBS, true),
    hours: hours === undefined ? MOST_HOURS : numberOf(hours, 'hours', MOST_HOURS, false),
  };
}

/** The plants of `--plants`, each once. @throws PerfCiError `plant-unknown` (usage) */
function plantsOf(text: string): Plant[] {
  const plants = text.split(',').map((part) => parsePlant(part.trim()));
  return plants.filter(
    (plant, index) =>
      plant.kind !== 'none' && plants.findIndex((other) => plantWords(other) === plantWords(plant)) === index,
  );
}

/** Where the jobs run and what they tell. */
interface Bench {
  setting: SelftestSetting;
  tree: BuiltTree;
  sha: string;
  scratch: string;
  progress: Progress;
  signal: AbortSignal;
}

/** One job through the pipeline that also measures pull requests. @throws PerfCiError when there is no verdict */
async function runJob(job: SelftestJob, no: number, bench: Bench): Promise<JobFinding> {
  const { setting, tree, sha, scratch, progress, signal } = bench;
  const folder = join(scratch, `job-${no}`);
  const host = await holdHost({
    signal,
    onWait: () => progress.say('waiting: another measurement holds this host'),
  });
  try {
    await tree.copyTo(join(folder, 's0'), signal);
    await tree.copyTo(join(folder, 's1'), signal);
    const startedMs = performance.now();
    const readiness = await checkHostForCompare(dataFolder(), {
      mode: readConfig({ PERF_CI_PREFLIGHT: process.env['PERF_CI_PREFLIGHT'] }).preflight,
      signal,
      onWait: (reasons) => progress.say(`waiting for the machine to settle: ${reasons.join('; ')}`),
    });
    let pairs = 0;
    const measured = await measureScenarios({
      config: setting.config,
      slotsFolder: folder,
      seed: job.seed,
      signal,
      preflightFlags: readiness.flags,
      plant: job.plant,
      onPair: async () => {
        pairs += 1;
        progress.update(`job ${no}, ${plantWords(job.plant)}: pair ${pairs} done`);
      },
    });
    const facts = { baseSha: sha, headSha: sha, seed: job.seed, notesBefore: readiness.notes };
    const result = judgeRun(setting.config, measured, facts);
    if (result.kind !== 'judged') {
      const why = result.kind === 'failed' ? result.message : result.kind;
      throw new PerfCiError('selftest-job-failed', why, { blame: 'base' });
    }
    return findingOf(job.plant, result.verdicts, {
      seconds: (performance.now() - startedMs) / 1000,
      pairs,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
    await host.release();
  }
}

function outcomeWords({ plant, found, falseAlarm, undecided, pairs, seconds }: JobFinding): string {
  const said = falseAlarm
    ? 'FALSE ALARM'
    : found
      ? 'found'
      : undecided
        ? 'undecided'
        : plant.kind === 'none'
          ? 'quiet'
          : 'missed';
  return `${said} (${pairs} pairs, ${seconds.toFixed(0)} s)`;
}

interface Done {
  findings: JobFinding[];
  failed: string[];
}

async function runJobs(
  jobs: readonly SelftestJob[],
  limits: Limits,
  bench: Bench,
  done: Done,
): Promise<void> {
  const untilMs = performance.now() + limits.hours * 3_600_000;
  let failuresInARow = 0;
  for (const [index, job] of jobs.entries()) {
    if (bench.signal.aborted || performance.now() >= untilMs || failuresInARow >= FAILURES_IN_A_ROW) return;
    const no = index + 1;
    bench.progress.update(`job ${no}, ${plantWords(job.plant)}`);
    try {
      const finding = await runJob(job, no, bench);
      done.findings.push(finding);
      failuresInARow = 0;
      bench.progress.say(`job ${no}, ${plantWords(job.plant)}: ${outcomeWords(finding)}`);
    } catch (error) {
      if (bench.signal.aborted) return;
      failuresInARow += 1;
      const why = error instanceof Error ? error.message : String(error);
      done.failed.push(why);
      bench.progress.say(`job ${no}, ${plantWords(job.plant)}: no verdict: ${why}`);
    }
    await sleep(TURN_MS, undefined, { signal: bench.signal }).catch(() => undefined);
  }
}

/** Builds the commit once. @throws PerfCiError `selftest-build-failed` */
async function build(
  request: Omit<Parameters<typeof prepareSides>[0], 'cache' | 'baseSha' | 'trustTier'>,
): Promise<{ tree: BuiltTree; release: () => Promise<void> }> {
  const sides = await prepareSides({
    ...request,
    cache: { dataDir: dataFolder() },
    baseSha: request.headSha,
    trustTier: 'local',
  });
  if (sides.state === 'ready') return { tree: sides.base, release: () => sides.release() };
  throw new PerfCiError('selftest-build-failed', sides.message, {
    blame: 'base',
    ...(sides.logTail === undefined ? {} : { remedy: sides.logTail }),
  });
}

async function selftest(
  options: SelftestOptions,
  plants: readonly Plant[],
  within: { scratch: string; progress: Progress; signal: AbortSignal; seed: number },
): Promise<number> {
  const { scratch, progress, signal, seed } = within;
  const limits = limitsOf(options);
  const repository = await openLocalRepository({
    path: options.repo ?? '.',
    scratchDir: join(scratch, 'git'),
    signal,
  });
  const sha = await resolveRevision(repository, options.ref);
  const places = { base: sha, baseRef: options.ref, head: sha, file: options.config };
  const { config } = await chooseConfig(repository, places, (line) => progress.say(line));
  const setting = settingFor(config, plants, options.scenario);
  const about = {
    scenario: setting.scenario.name,
    seed,
    gates: setting.scenario.gates.map((gate) => ({ ...gate, added: setting.added.includes(gate) })),
  };
  progress.say(
    `seed ${seed}, scenario ${about.scenario}, ${plants.map(plantWords).join(', ') || 'nothing planted'}`,
  );
  const built = await build({ store: repository.store, headSha: sha, service: config.service, signal });
  const done: Done = { findings: [], failed: [] };
  try {
    const bench = { setting, tree: built.tree, sha, scratch, progress, signal };
    const jobs = planSelftest(plants, limits.jobs, seed);
    await runJobs(jobs, limits, bench, done);
  } finally {
    await built.release();
  }
  progress.end();
  const report = reportSelftest(about, plants, done.findings, done.failed);
  process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : describeSelftest(report)}\n`);
  return exitCodeOfSelftest(report);
}

/**
 * `perf-ci selftest`: one commit against itself, with known regressions planted into some of the jobs, through the whole
 * pipeline; says how many of them this installation finds and how often it cries wolf. Interrupted, it says what it has.
 * @returns the exit code
 */
export async function runSelftest(options: SelftestOptions): Promise<number> {
  const seed = parseSeed(options.seed) ?? randomInt(2 ** 32);
  const plants = plantsOf(options.plants);
  limitsOf(options);
  const progress = createProgress(process.stderr);
  // Not perf-…: perf takes a path that begins with /tmp/perf- for a map of compiled code and finds no symbols in it.
  const scratch = await mkdtemp(join(tmpdir(), 'selftest-perf-ci-'));
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort());
  try {
    return await selftest(options, plants, { scratch, progress, signal: abort.signal, seed });
  } catch (error) {
    if (abort.signal.aborted)
      throw new PerfCiError('interrupted', 'interrupted before the first job', { cause: error });
    throw error;
  } finally {
    progress.end();
    await rm(scratch, { recursive: true, force: true });
  }
}
