import { join } from 'node:path';

import { changedPaths } from '../src/checkout/changed-paths.ts';
import type { ObjectStore } from '../src/checkout/git.ts';
import { compareCommits } from '../src/checkout/merge-base.ts';
import { type PreparedSides, prepareSides } from '../src/checkout/prepare.ts';
import { rootTreeOf } from '../src/checkout/tree.ts';
import type { ProjectConfig } from '../src/domain/benchmark.ts';
import type { ControlStanding, Plant } from '../src/domain/control.ts';
import type { ProfileFile } from '../src/domain/diagnosis.ts';
import type { Phase, PhaseTimings, RunProgress, RunResult } from '../src/domain/run.ts';
import type { Environment, Pair } from '../src/domain/trial.ts';
import { holdHost } from '../src/measure/host/host-lock.ts';
import type { HostReadiness } from '../src/measure/host/settle.ts';
import { plantableConfig } from '../src/measure/plant/plant.ts';
import { changesMatter } from '../src/project-config/changes.ts';
import { formatProblems } from '../src/project-config/problem.ts';
import { diagnose, wantsDiagnosis } from './diagnose-run.ts';
import { judgeRun } from './judge-run.ts';
import { measureScenarios } from './measure-scenarios.ts';
import { configChanges, configOfCommit } from './project-config.ts';

/** More than these are counted, not listed. */
const PROBLEMS_SHOWN = 15;

/** What the caller does with the news: the worker stores them, `perf-ci compare` shows them. */
export interface ComparisonHooks {
  onPhase?(phase: Phase, facts?: { mergeBaseSha?: string; configHash?: string }): Promise<void> | void;
  onProgress?(progress: RunProgress): Promise<void> | void;
  onLog?(name: string, log: { content: string; truncated: boolean }): Promise<void>;
  onEnvironment?(environment: Environment): Promise<void>;
  onPair?(pair: Pair): Promise<void>;
  /** The verdicts, when something is still to be added to them: where the time went. */
  onJudged?(result: RunResult): Promise<void>;
  /** Profiles of both sides and their difference, after a confirmed slowdown. */
  onProfiles?(files: ProfileFile[]): Promise<void>;
  /** A confirmed slowdown is looked at more closely. */
  onDiagnosis?(scenario: string, what: 'profile' | 'instructions'): Promise<void> | void;
  /** Told what will be measured by, before the host is waited for. */
  onConfig?(config: ProjectConfig): void;
  /** Something else measures on this host. */
  onHostBusy?(): void;
}

export interface ComparisonRequest {
  store: ObjectStore;
  /** Tip of the base branch; the configuration is read from it. */
  baseTipSha: string;
  headSha: string;
  /** What to call the base in messages. */
  baseRef: string;
  /** Empty folder for the sides' copies; the caller removes it. */
  workFolder: string;
  /** Holds the cache of builds. */
  dataFolder: string;
  trustTier: string;
  seed: number;
  signal?: AbortSignal;
  /** Used instead of the base's; for `perf-ci compare --config`. */
  config?: { config: ProjectConfig; hash: string };
  hooks?: ComparisonHooks;
  /** Looks at the machine after the builds; undefined: nobody looks. @throws PerfCiError `host-unsteady` */
  checkHost?(): Promise<HostReadiness>;
  /** What the standing control says of these scenarios on this machine; undefined: there is none. */
  standings?(scenarios: readonly string[]): Promise<ControlStanding[]>;
  /** A control run: the base against itself, with this in the head. `headSha` is not looked at. */
  plant?: Plant;
}

export interface ComparisonOutcome {
  result: RunResult;
  timings: PhaseTimings;
  /** Set when a pool other than the caller's is to measure this. */
  pool?: string;
}

/**
 * The story of one comparison, from two commits to a result: merge base, configuration, what changed, builds,
 * pairs, verdicts. Expected endings are results; what neither side is to blame for is thrown.
 * @throws PerfCiError for failures of this installation (git, disk, runner), often retryable
 */
export async function compare(request: ComparisonRequest, ownPool?: string): Promise<ComparisonOutcome> {
  const { store, hooks = {}, signal, headSha } = request;
  const timings: PhaseTimings = {};
  const ended = (result: RunResult): ComparisonOutcome => ({ result, timings });

  let startedMs = performance.now();
  await hooks.onPhase?.('preparing');
  const isControl = request.plant !== undefined;
  const commits = isControl
    ? { state: 'comparable' as const, mergeBaseSha: request.baseTipSha, commitsBehind: 0 }
    : await compareCommits(store, request.baseTipSha, headSha, limits(signal));
  if (commits.state === 'no-merge-base') return ended({ kind: 'not_comparable', reason: commits.why });
  if (commits.state === 'nothing-to-compare') return ended({ kind: 'skipped', reason: commits.why });
  const { mergeBaseSha, commitsBehind } = commits;

  const found = await findConfig(request);
  if ('result' in found) return ended(found.result);
  const { hash } = found;
  const config = plantableConfig(found.config, request.plant);
  if (config.scenarios.length === 0) return ended({ kind: 'skipped', reason: NOTHING_PLANTABLE });
  if (ownPool !== undefined && config.pool !== ownPool) {
    return { ...ended({ kind: 'skipped', reason: `measured by pool ${config.pool}` }), pool: config.pool };
  }
  const changed = isControl ? NOTHING_CHANGED : await whatChanged(request, mergeBaseSha, config);
  if ('skip' in changed) return ended({ kind: 'skipped', reason: changed.skip });
  const changes = isControl || request.config !== undefined ? [] : await configChanges(store, found, headSha);
  timings.preparingMs = performance.now() - startedMs;

  hooks.onConfig?.(config);

  // Building is inside the lock: a build next door is noise for whoever measures.
  const host = await holdHost({
    ...(signal === undefined ? {} : { signal }),
    ...(hooks.onHostBusy === undefined ? {} : { onWait: () => hooks.onHostBusy?.() }),
  });
  try {
    startedMs = performance.now();
    await hooks.onPhase?.('building', { mergeBaseSha, configHash: hash });
    const sides = await prepareSides({
      store,
      cache: { dataDir: request.dataFolder },
      baseSha: mergeBaseSha,
      headSha: isControl ? mergeBaseSha : headSha,
      service: config.service,
      trustTier: request.trustTier,
      signal,
    });
    if (sides.state === 'failed') {
      if (sides.log !== undefined) await hooks.onLog?.(`build-${sides.side}`, sides.log);
      return ended(buildFailure(sides));
    }
    // A link that is missing on both sides is said once.
    const treeNotes = [...new Set([...sides.base.notes, ...sides.head.notes])];
    try {
      for (const side of ['base', 'head'] as const) await hooks.onLog?.(`build-${side}`, sides[side].log);
      await sides.base.copyTo(join(request.workFolder, 's0'), signal);
      await sides.head.copyTo(join(request.workFolder, 's1'), signal);
    } finally {
      await sides.release();
    }
    timings.buildingMs = performance.now() - startedMs;

    startedMs = performance.now();
    const readiness: HostReadiness = (await request.checkHost?.()) ?? { notes: [], flags: [] };
    const controls = (await request.standings?.(config.scenarios.map(({ name }) => name))) ?? [];
    await hooks.onPhase?.('measuring');
    const measured = await measureScenarios({
      config,
      slotsFolder: request.workFolder,
      seed: request.seed,
      preflightFlags: readiness.flags,
      controls,
      ...(request.plant === undefined ? {} : { plant: request.plant }),
      ...(signal === undefined ? {} : { signal }),
      ...(hooks.onEnvironment === undefined ? {} : { onEnvironment: hooks.onEnvironment.bind(hooks) }),
      ...(hooks.onPair === undefined ? {} : { onPair: hooks.onPair.bind(hooks) }),
      ...(hooks.onProgress === undefined ? {} : { onProgress: hooks.onProgress.bind(hooks) }),
    });
    timings.measuringMs = performance.now() - startedMs;

    startedMs = performance.now();
    await hooks.onPhase?.('analysing');
    const result = judgeRun(config, measured, {
      baseSha: mergeBaseSha,
      headSha: isControl ? mergeBaseSha : headSha,
      commitsBehind,
      seed: request.seed,
      notesBefore: [...treeNotes, ...readiness.notes],
      configChanges: changes,
      ...(readiness.unfit === undefined ? {} : { hostUnfit: readiness.unfit }),
    });
    const explained = isControl ? result : await explain(request, config, result, changed.paths);
    timings.analysingMs = performance.now() - startedMs;
    return ended(explained);
  } finally {
    await host.release();
  }
}

function limits(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

async function findConfig(
  request: ComparisonRequest,
): Promise<{ config: ProjectConfig; hash: string } | { result: RunResult }> {
  if (request.config !== undefined) return request.config;
  const { store, baseTipSha, headSha, baseRef } = request;
  const parsed = await configOfCommit(store, baseTipSha, baseRef);
  if (parsed.ok === 'absent') {
    const inHead = await configOfCommit(store, headSha, 'the head');
    return { result: { kind: 'not_configured', baseRef, addedByHead: inHead.ok !== 'absent' } };
  }
  if (parsed.ok) return parsed;
  const count = parsed.problems.length;
  return {
    result: {
      kind: 'failed',
      blame: 'config',
      phase: 'preparing',
      code: 'config-invalid',
      message: [
        `perf-ci.yml on ${baseRef} has ${count === 1 ? 'a problem' : `${count} problems`}`,
        formatProblems(parsed.problems.slice(0, PROBLEMS_SHOWN)),
        ...(count > PROBLEMS_SHOWN ? [`and ${count - PROBLEMS_SHOWN} more`] : []),
      ].join('\n'),
      remedy: 'correct it on the base branch; perf-ci config check says the same before you push',
    },
  };
}

const NOTHING_PLANTABLE = 'nothing can be planted in any scenario of this configuration';
const NOTHING_CHANGED = { paths: [] as string[] };

/** The changed files, or a reason why measuring could tell nothing. */
async function whatChanged(
  { store, headSha, signal }: ComparisonRequest,
  mergeBaseSha: string,
  config: ProjectConfig,
): Promise<{ paths: readonly string[] } | { skip: string }> {
  const trees = await Promise.all(
    [mergeBaseSha, headSha].map((sha) => rootTreeOf(store, sha, limits(signal))),
  );
  if (trees[0] === trees[1]) return { skip: 'the head has the same files as its merge base' };
  const changed = await changedPaths(store, mergeBaseSha, headSha, limits(signal));
  if (changed.truncated) return changed;
  const relevance = changesMatter(changed.paths, config.paths);
  return relevance.matter ? changed : { skip: relevance.reason };
}

/** The result with where the time went, when a slowdown was confirmed. Best effort: the verdict stands without it. */
async function explain(
  { workFolder, seed, signal, hooks = {} }: ComparisonRequest,
  config: ProjectConfig,
  result: RunResult,
  changedFiles: readonly string[],
): Promise<RunResult> {
  if (result.kind !== 'judged' || !wantsDiagnosis(config, result.verdicts)) return result;
  // Nobody waits for an explanation to read a verdict.
  await hooks.onJudged?.(result);
  const { secondOpinions, profiles, files } = await diagnose({
    config,
    verdicts: result.verdicts,
    changedPaths: changedFiles,
    slotsFolder: workFolder,
    seed,
    ...(signal === undefined ? {} : { signal }),
    ...(hooks.onDiagnosis === undefined ? {} : { onLook: hooks.onDiagnosis.bind(hooks) }),
  });
  // Stopped or not: the verdict is there, and whoever may no longer store it is refused by the lease.
  await hooks.onProfiles?.(files);
  return {
    ...result,
    ...(secondOpinions.length > 0 && { secondOpinions }),
    ...(profiles.length > 0 && { profiles }),
  };
}

function buildFailure(sides: Extract<PreparedSides, { state: 'failed' }>): RunResult {
  return {
    kind: 'failed',
    blame: sides.side,
    phase: 'building',
    code: sides.code,
    message: sides.message,
    remedy: sides.remedy,
    ...(sides.logTail === undefined ? {} : { logTail: sides.logTail }),
  };
}
