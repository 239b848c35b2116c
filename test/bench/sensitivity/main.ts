/**
 * `npm run bench:sensitivity -- [--hours H] [--seed S] [--resume FILE] [--only aa,cpu-3] [--rivals-share P] [--jobs N]`:
 * real jobs on the reference service, base against base and with planted regressions, in random order, as many as the
 * hours allow; some with what a user would do otherwise beside them. `--report FILE` prints the table of a file.
 * Every finished job is a line of the file at once: an interrupted bench keeps what it measured and can be resumed.
 */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import type { ProjectConfig } from '../../../src/domain/benchmark.ts';
import { PerfCiError } from '../../../src/domain/errors.ts';
import { RUNNER_VERSION } from '../../../src/measure/host/environment.ts';
import { holdHost } from '../../../src/measure/host/host-lock.ts';
import { describeMachine } from '../figures.ts';
import { describeCalibration, measureCalibration } from './calibrate.ts';
import { gatesWords, readConfigs } from './configs.ts';
import { runJob } from './job.ts';
import {
  appendRecord,
  type CalibrationRecord,
  type JobRecord,
  readRecords,
  type StartRecord,
} from './records.ts';
import { outcomeOf, reportOf } from './report.ts';
import { planJobs, type PlannedJob } from './schedule.ts';
import { type ConfigName, STRATA } from './strata.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const DATA = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'perf-ci');
const ROUNDS = 20;
const CALIBRATION_LIMIT_MS = 600_000;
/** A host that somebody else holds for longer costs a job, not the night. */
const HOST_WAIT_MS = 900_000;
/** Jobs that fail one after the other before the bench gives up: then it is not the job. */
const FAILURES_IN_A_ROW = 5;

interface Options {
  hours: number;
  seed: number;
  file: string;
  only: string[];
  rivalsShare: number;
  jobs: number;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function number(text: string, name: string, lowest: number, highest: number): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= lowest && value <= highest) return value;
  throw new TypeError(`--${name}: expected a number from ${lowest} to ${highest}, found ${text}`);
}

function readOptions(): Options | { report: string } {
  const { values, positionals } = parseArgs({
    // `npm run bench:sensitivity --hours 2` keeps the name of the option to itself and hands on the number.
    allowPositionals: true,
    options: {
      hours: { type: 'string' },
      seed: { type: 'string' },
      resume: { type: 'string' },
      report: { type: 'string' },
      only: { type: 'string' },
      jobs: { type: 'string', default: '100000' },
      'rivals-share': { type: 'string' },
    },
  });
  if (positionals.length > 1 || (positionals.length === 1 && values.hours !== undefined))
    throw new TypeError(`expected options only, found ${positionals.join(' ')}`);
  if (values.report !== undefined) return { report: values.report };
  const earlier = values.resume === undefined ? undefined : startOf(values.resume);
  const only = values.only?.split(',') ?? earlier?.only ?? [];
  const unknown = only.filter((name) => !STRATA.some((stratum) => stratum.name === name));
  if (unknown.length > 0)
    throw new TypeError(
      `no stratum ${unknown.join(', ')}; there are ${STRATA.map(({ name }) => name).join(', ')}`,
    );
  // A file has one plan, and its plan has one seed.
  const seed = String(earlier?.seed ?? values.seed ?? randomInt(2 ** 32));
  return {
    hours: number(values.hours ?? positionals[0] ?? '1.5', 'hours', 0.001, 1000),
    seed: number(seed, 'seed', 0, 2 ** 32 - 1),
    file: values.resume ?? `bench-sensitivity-${seed}.jsonl`,
    only,
    rivalsShare: number(values['rivals-share'] ?? String(earlier?.rivalsShare ?? 0.5), 'rivals-share', 0, 1),
    jobs: number(values.jobs, 'jobs', 1, 100_000),
  };
}

function startOf(file: string): StartRecord {
  const start = readRecords(file).find((record) => record.type === 'start');
  if (start === undefined) throw new TypeError(`--resume: ${file} holds no bench`);
  return start;
}

function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, {
        cwd: REPOSITORY,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    const isDirty = git('status', '--porcelain', 'src', 'workers', 'benchmarks') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isDirty ? ' with changes' : ''}`;
  } catch {
    return 'unknown';
  }
}

/** A failure in one line; of a runner that ended with the last line it said. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stderr = error instanceof PerfCiError ? error.details['stderr'] : undefined;
  const lines = typeof stderr === 'string' ? stderr.split('\n') : [];
  const said = lines.find((line) => /error/i.test(line));
  return said === undefined ? error.message : `${error.message}: ${said}`;
}

/** Runs `act` with a folder of its own, while nothing else measures on this host. */
async function alone<T>(signal: AbortSignal, act: (folder: string) => Promise<T>): Promise<T> {
  const host = await holdHost({
    signal: AbortSignal.any([signal, AbortSignal.timeout(HOST_WAIT_MS)]),
    onWait: () => say('waiting: another measurement holds this host'),
  });
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-sensitivity-'));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await host.release();
  }
}

function describeJob(job: PlannedJob, record: JobRecord): string {
  const outcome = outcomeOf(job.stratum, record.verdicts);
  const words = record.verdicts
    .filter(({ gating }) => gating)
    .map(({ metric, verdict, effect }) => {
      return `${metric} ${verdict}${effect === undefined ? '' : ` ${(effect * 100).toFixed(2)}`}`;
    });
  const flag = outcome.falseAlarm
    ? ' FALSE ALARM'
    : outcome.found
      ? ' found'
      : outcome.undecided
        ? ' undecided'
        : '';
  const rivals = record.rivals === undefined ? '' : `, rivals ${record.rivals.seconds.toFixed(0)} s`;
  return `job ${job.no} ${job.stratum.name}: ${record.pairs} pairs, ${record.seconds.toFixed(0)} s${flag} (${words.join(', ')})${rivals}`;
}

async function calibrationOf(
  file: string,
  config: ProjectConfig,
  seed: number,
  signal: AbortSignal,
): Promise<CalibrationRecord> {
  const known = readRecords(file).findLast((record) => record.type === 'calibration');
  if (known !== undefined) return known;
  say('calibrating: what further candidates cost');
  const calibration = await alone(signal, (folder) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CALIBRATION_LIMIT_MS)]);
    return measureCalibration(config, folder, seed, limit);
  });
  appendRecord(file, calibration);
  return calibration;
}

async function runBench(options: Options, signal: AbortSignal): Promise<void> {
  const { file, seed } = options;
  const configs = await readConfigs();
  const { hours, only, rivalsShare } = options;
  const at = new Date().toISOString();
  const facts = { machine: describeMachine(), commit: commit(), runnerVersion: RUNNER_VERSION };
  appendRecord(file, { type: 'start', at, seed, hours, rivalsShare, only, ...facts });
  say(`${facts.machine}; seed ${seed}; every job goes to ${file}`);
  for (const name of Object.keys(configs) as ConfigName[]) say(`${name}: ${gatesWords(configs[name])}`);
  const untilMs = performance.now() + hours * 3_600_000;
  const calibration = await calibrationOf(file, configs.default, seed, signal);
  say(`calibration: ${describeCalibration(calibration)}`);

  // A job that failed is tried again.
  const done = new Set(readRecords(file).flatMap((record) => (record.type === 'job' ? [record.no] : [])));
  const pairsFile = file.replace(/(\.jsonl)?$/, '.pairs.jsonl');
  let failures = 0;
  let run = 0;
  for (const job of planJobs(STRATA, seed, ROUNDS, rivalsShare)) {
    const isAsked = only.length === 0 || only.includes(job.stratum.name);
    if (done.has(job.no) || !isAsked) continue;
    if (performance.now() >= untilMs || run >= options.jobs || failures >= FAILURES_IN_A_ROW) break;
    run += 1;
    try {
      const config = configs[job.stratum.config];
      const record = await alone(signal, (folder) =>
        runJob(job, { config, calibration, folder, dataFolder: DATA, pairsFile, signal }),
      );
      failures = 0;
      appendRecord(file, record);
      say(`${new Date().toISOString().slice(11, 19)} ${describeJob(job, record)}`);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      const message = wordsOf(error);
      const when = new Date().toISOString();
      appendRecord(file, {
        type: 'failed-job',
        at: when,
        no: job.no,
        stratum: job.stratum.name,
        error: message,
      });
      say(`job ${job.no} ${job.stratum.name} failed: ${message}`);
    }
  }
  if (failures >= FAILURES_IN_A_ROW) say(`given up: ${failures} jobs failed in a row`);
}

try {
  const options = readOptions();
  if ('report' in options) {
    say(reportOf(readRecords(options.report)));
  } else {
    const abort = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort());
    try {
      await runBench(options, abort.signal);
    } finally {
      say('');
      say(reportOf(readRecords(options.file)));
      say('');
      say(
        `the same again: npm run bench:sensitivity -- --report ${options.file}; more jobs: --resume ${options.file}`,
      );
    }
  }
} catch (error) {
  process.stderr.write(`bench:sensitivity: ${wordsOf(error)}\n`);
  process.exitCode = error instanceof TypeError ? 3 : 1;
}
