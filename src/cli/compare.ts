import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkHostForCompare } from '../../workers/check-host.ts';
import { compare, type ComparisonHooks } from '../../workers/compare-commits.ts';
import { type LocalRepository, openLocalRepository, resolveRevision } from '../checkout/local.ts';
import { PerfCiError } from '../domain/errors.ts';
import type { RunResult } from '../domain/run.ts';
import { wantsColor } from './color.ts';
import { chooseConfig, onlyScenarios, scenarioNames } from './compare-config.ts';
import { readConfig } from '../config.ts';
import { describeResult, exitCodeOfResult, type ResultForm } from './describe-result.ts';
import { createProgress, type Progress } from './progress.ts';
import { parseSeed } from './seed.ts';
import { writeProfiles } from './profile-files.ts';
import { openTrialsFile, type TrialsFile } from './trials-file.ts';

interface CompareOptions {
  json?: boolean;
  markdown?: boolean;
  config?: string;
  scenario?: string[];
  seed?: string;
  repo?: string;
  trials?: string;
  profiles?: string;
}

function formOf(options: CompareOptions): ResultForm {
  if (options.json) return 'json';
  return options.markdown ? 'markdown' : { color: wantsColor(process.stdout) };
}

function hooksFor(
  progress: Progress,
  trials: TrialsFile | undefined,
  profilesFolder: string | undefined,
): ComparisonHooks {
  return {
    onPhase: (phase) => progress.say(phase),
    onHostBusy: () => progress.say('waiting: another measurement holds this host'),
    onPair: async (pair) => trials?.add(pair),
    onProfiles: async (files) => {
      if (profilesFolder === undefined) return;
      for (const path of await writeProfiles(profilesFolder, files)) progress.say(`profile: ${path}`);
    },
    onDiagnosis: (scenario, what) =>
      progress.say(
        `${scenario}: ${what === 'profile' ? 'where the time went' : 'counting instructions (valgrind)'}`,
      ),
    onProgress: (at) => {
      const stage = at.stage === 'confirm' ? 'confirming' : 'measuring';
      progress.update(
        `${stage} ${at.scenario} (${at.scenarioNo} of ${at.scenarioCount}), pair ${(at.pairsDone ?? 0) + 1}`,
      );
    },
  };
}

function noteWhatIsNotMeasured({ uncommitted, shallow }: LocalRepository, progress: Progress): void {
  const { changed, untracked } = uncommitted;
  if (changed + untracked > 0)
    progress.say(`not measured: ${changed} changed and ${untracked} new files are not committed`);
  if (shallow) progress.say('this clone is shallow: the merge base may be missing (git fetch --unshallow)');
}

interface Revisions {
  base: string;
  head: string;
}

/** From two names to a result; everything that is said meanwhile goes to `progress`. */
async function compareRevisions(
  { base, head }: Revisions,
  options: CompareOptions,
  seed: number,
  within: { scratch: string; progress: Progress; signal: AbortSignal },
): Promise<RunResult> {
  const { scratch, progress, signal } = within;
  const repository = await openLocalRepository({
    path: options.repo ?? '.',
    scratchDir: join(scratch, 'git'),
    signal,
  });
  const [baseTipSha, headSha] = await Promise.all([
    resolveRevision(repository, base),
    resolveRevision(repository, head),
  ]);
  noteWhatIsNotMeasured(repository, progress);
  const places = { base: baseTipSha, baseRef: base, head: headSha, file: options.config };
  const chosen = await chooseConfig(repository, places, (line) => progress.say(line));
  const config = { ...chosen, config: onlyScenarios(chosen.config, options.scenario) };
  progress.say(`seed ${seed}, scenarios: ${scenarioNames(config.config)}`);
  const dataFolder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'perf-ci');
  const trials = options.trials === undefined ? undefined : openTrialsFile(options.trials);
  try {
    const { result } = await compare({
      store: repository.store,
      baseTipSha,
      headSha,
      baseRef: base,
      workFolder: join(scratch, 'work'),
      dataFolder,
      trustTier: 'local',
      seed,
      signal,
      config,
      hooks: hooksFor(progress, trials, options.profiles),
      checkHost: () =>
        checkHostForCompare(dataFolder, {
          mode: readConfig({ PERF_CI_PREFLIGHT: process.env['PERF_CI_PREFLIGHT'] }).preflight,
          signal,
          onWait: (reasons) => progress.say(`waiting for the machine to settle: ${reasons.join('; ')}`),
        }),
    });
    return result;
  } finally {
    trials?.close();
  }
}

/** `perf-ci compare BASE [HEAD]`: same engine as the worker, no server, no database. @returns the exit code */
export async function runCompare(base: string, head: string, options: CompareOptions): Promise<number> {
  const seed = parseSeed(options.seed) ?? randomInt(2 ** 32);
  const progress = createProgress(process.stderr);
  // Not perf-…: perf takes a path that begins with /tmp/perf- for a map of compiled code and finds no symbols in it.
  const scratch = await mkdtemp(join(tmpdir(), 'compare-perf-ci-'));
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort());
  try {
    const within = { scratch, progress, signal: abort.signal };
    const result = await compareRevisions({ base, head }, options, seed, within);
    progress.end();
    process.stdout.write(`${describeResult(result, base, formOf(options))}\n`);
    return exitCodeOfResult(result);
  } catch (error) {
    if (abort.signal.aborted)
      throw new PerfCiError('interrupted', 'interrupted before a verdict', { cause: error });
    throw error;
  } finally {
    progress.end();
    await rm(scratch, { recursive: true, force: true });
  }
}
