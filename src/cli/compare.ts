import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

import { compare, type ComparisonHooks } from '../../workers/compare-commits.ts';
import { configOfCommit } from '../../workers/project-config.ts';
import { type LocalRepository, openLocalRepository, resolveRevision } from '../checkout/local.ts';
import type { ProjectConfig } from '../domain/benchmark.ts';
import { PerfCiError } from '../domain/errors.ts';
import type { RunResult } from '../domain/run.ts';
import { formatProblems } from '../project-config/problem.ts';
import { renderComparison } from '../report/comment.ts';
import { renderTerminal } from '../report/terminal.ts';
import { configOfDisk } from './disk-config.ts';
import { EXIT } from './exit-code.ts';
import { createProgress, type Progress } from './progress.ts';

interface CompareOptions {
  json?: boolean;
  markdown?: boolean;
  config?: string;
  scenario?: string[];
  seed?: string;
  repo?: string;
}

type Chosen = { config: ProjectConfig; hash: string };

function parseSeed(text: string | undefined): number {
  if (text === undefined) return randomInt(2 ** 32);
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new PerfCiError(
    'bad-seed',
    `--seed: a whole number from 0 to ${2 ** 32 - 1} expected, found ${text}`,
    {
      blame: 'usage',
    },
  );
}

function scenarioNames(config: ProjectConfig): string {
  return config.scenarios.map((scenario) => scenario.name).join(', ');
}

/**
 * The configuration to measure by: the file given, else the base commit's, else (nobody here is hostile to
 * himself) the head's, which is said.
 */
async function chooseConfig(
  repository: LocalRepository,
  commits: { base: string; baseRef: string; head: string },
  options: CompareOptions,
  note: (line: string) => void,
): Promise<Chosen> {
  let parsed;
  if (options.config === undefined) {
    parsed = await configOfCommit(repository.store, commits.base, commits.baseRef);
    if (parsed.ok === 'absent') {
      note(`no perf-ci.yml on ${commits.baseRef}: the head's is used`);
      parsed = await configOfCommit(repository.store, commits.head, 'the head');
    }
  } else {
    parsed = await configOfDisk(options.config);
  }
  if (parsed.ok === 'absent') {
    throw new PerfCiError('config-missing', `no ${options.config ?? 'perf-ci.yml'} found`, {
      blame: 'config',
      remedy: 'perf-ci config example > perf-ci.yml, adapt it, commit it',
    });
  }
  if (!parsed.ok) {
    throw new PerfCiError(
      'config-invalid',
      `the configuration has problems:\n${formatProblems(parsed.problems)}`,
      {
        blame: 'config',
      },
    );
  }
  return { config: onlyScenarios(parsed.config, options.scenario), hash: parsed.hash };
}

function onlyScenarios(config: ProjectConfig, names: string[] | undefined): ProjectConfig {
  if (names === undefined) return config;
  const unknown = names.filter((name) => !config.scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    throw new PerfCiError(
      'unknown-scenario',
      `no scenario ${unknown.join(', ')}; there are: ${scenarioNames(config)}`,
      {
        blame: 'usage',
      },
    );
  }
  return { ...config, scenarios: config.scenarios.filter((scenario) => names.includes(scenario.name)) };
}

/** Exit code of a result; silence is never a pass. */
export function exitCodeOfResult(result: RunResult): number {
  switch (result.kind) {
    case 'judged':
      return { pass: EXIT.pass, warn: EXIT.regression, fail: EXIT.regression, 'no-verdict': EXIT.noVerdict }[
        result.gate
      ];
    case 'skipped':
      return EXIT.pass;
    case 'failed':
      return result.blame === 'config' ? EXIT.usage : EXIT.noVerdict;
    default:
      return EXIT.noVerdict;
  }
}

function describeEnd(result: Exclude<RunResult, { kind: 'judged' }>): string {
  switch (result.kind) {
    case 'skipped':
      return `Skipped: ${result.reason}`;
    case 'failed': {
      const where = result.blame === 'head' || result.blame === 'base' ? ` the ${result.blame}` : '';
      const tail = result.logTail === undefined ? '' : `\n\n${result.logTail}`;
      const remedy = result.remedy === undefined ? '' : `\n  → ${result.remedy}`;
      return `No verdict:${where} failed while ${result.phase}: ${result.message}${remedy}${tail}`;
    }
    case 'not_comparable':
      return `No verdict: ${result.reason}`;
    default:
      return `No verdict: ${result.kind.replaceAll('_', ' ')}`;
  }
}

function print(result: RunResult, options: CompareOptions, baseRef: string): void {
  const comparison = (judged: Extract<RunResult, { kind: 'judged' }>) =>
    ({ result: judged, baseRef, baseIs: 'merge-base', rerunNumber: 0 }) as const;
  let text: string;
  if (options.json) text = JSON.stringify(result, undefined, 2);
  else if (result.kind !== 'judged') text = describeEnd(result);
  else if (options.markdown) text = renderComparison(comparison(result));
  else {
    const color = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
    text = renderTerminal(comparison(result), { color });
  }
  process.stdout.write(`${text}\n`);
}

function hooksFor(progress: Progress): ComparisonHooks {
  return {
    onPhase: (phase) => progress.say(phase),
    onHostBusy: () => progress.say('waiting: another measurement holds this host'),
    onProgress: (at) => {
      const stage = at.stage === 'confirm' ? 'confirming' : 'measuring';
      progress.update(
        `${stage} ${at.scenario} (${at.scenarioNo} of ${at.scenarioCount}), pair ${(at.pairsDone ?? 0) + 1}`,
      );
    },
  };
}

/** `perf-ci compare BASE [HEAD]`: same engine as the worker, no server, no database. @returns the exit code */
export async function runCompare(base: string, head: string, options: CompareOptions): Promise<number> {
  const seed = parseSeed(options.seed);
  const progress = createProgress(process.stderr);
  const scratch = await mkdtemp(join(tmpdir(), 'perf-ci-compare-'));
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  try {
    const repository = await openLocalRepository({
      path: options.repo ?? '.',
      scratchDir: join(scratch, 'git'),
    });
    const [baseTipSha, headSha] = await Promise.all([
      resolveRevision(repository, base),
      resolveRevision(repository, head),
    ]);
    const { changed, untracked } = repository.uncommitted;
    if (changed + untracked > 0)
      progress.say(`not measured: ${changed} changed and ${untracked} new files are not committed`);
    if (repository.shallow)
      progress.say('this clone is shallow: the merge base may be missing (git fetch --unshallow)');
    const commits = { base: baseTipSha, baseRef: base, head: headSha };
    const config = await chooseConfig(repository, commits, options, (line) => progress.say(line));
    progress.say(`seed ${seed}, scenarios: ${scenarioNames(config.config)}`);
    const { result } = await compare({
      store: repository.store,
      baseTipSha,
      headSha,
      baseRef: base,
      workFolder: join(scratch, 'work'),
      dataFolder: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'perf-ci'),
      trustTier: 'local',
      seed,
      signal: abort.signal,
      config,
      hooks: hooksFor(progress),
    });
    progress.end();
    print(result, options, base);
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
