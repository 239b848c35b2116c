import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { chooseDiagnosis, type DiagnosisPlan } from '../src/diagnose/choose.ts';
import { compareProfiles } from '../src/diagnose/compare-profiles.ts';
import { keptFiles } from '../src/diagnose/kept-files.ts';
import type { ProjectConfig } from '../src/domain/benchmark.ts';
import type { ProfileDifference, ProfileFile, SecondOpinion } from '../src/domain/diagnosis.ts';
import { clip } from '../src/domain/errors.ts';
import type { Verdict } from '../src/domain/verdict.ts';
import type { DiagnoseRequest } from '../src/measure/diagnosis/answer.ts';
import { choosePinning } from '../src/measure/host/pinning.ts';
import { Runner } from '../src/measure/runner-client.ts';
import { deriveSeed } from '../src/stats/random.ts';
import { runnerCommand, servicePath } from './places.ts';
import { readSides } from './read-profiles.ts';

/** All of a run's diagnosis together. */
const TOTAL_LIMIT_MS = 180_000;
/** One look at one scenario, both sides: start, warm-up, load, stop. */
const LIMITS_MS = { profile: 60_000, instructions: 100_000 };
/** With less than this left, nothing more is begun. */
const WORTH_BEGINNING_MS = 20_000;

export interface DiagnosisRequest {
  config: ProjectConfig;
  /** What was judged; a confirmed slowdown among them is what is looked at. */
  verdicts: readonly Verdict[];
  /** Files that the pull request touches, relative to the repository's root. */
  changedPaths: readonly string[];
  /** Holds `s0` (the built base) and `s1` (the built head), as {@link Slots} left them. */
  slotsFolder: string;
  seed: number;
  /** Aborting ends runner and services; what was found until then is returned. */
  signal?: AbortSignal;
  /** Told before each look. */
  onLook?(scenario: string, what: 'profile' | 'instructions'): Promise<void> | void;
}

export interface Diagnosis {
  secondOpinions: SecondOpinion[];
  profiles: ProfileDifference[];
  files: ProfileFile[];
}

/** Whether anything would be looked at; the sides have to be kept until then. */
export function wantsDiagnosis(config: ProjectConfig, verdicts: readonly Verdict[]): boolean {
  return chooseDiagnosis(config, verdicts).length > 0;
}

/**
 * Looks at confirmed slowdowns more closely: where the time went, and how many instructions a request takes. At most two
 * scenarios and three minutes. To be called while the host is held and both sides' trees are there. Never throws: what
 * fails is a reason in the result, since the verdict stands without it.
 */
export async function diagnose(request: DiagnosisRequest): Promise<Diagnosis> {
  const diagnosis: Diagnosis = { secondOpinions: [], profiles: [], files: [] };
  const plans = chooseDiagnosis(request.config, request.verdicts);
  const endMs = performance.now() + TOTAL_LIMIT_MS;
  // Profiles first: they say more in less time.
  for (const plan of plans) if (plan.profile) await addProfile(request, plan, endMs, diagnosis);
  for (const plan of plans)
    if (plan.instructions !== false) await addOpinion(request, plan, endMs, diagnosis);
  return diagnosis;
}

async function addProfile(
  request: DiagnosisRequest,
  plan: DiagnosisPlan,
  endMs: number,
  diagnosis: Diagnosis,
): Promise<void> {
  const scenario = plan.scenario.name;
  const startedMs = performance.now();
  let entry: Omit<ProfileDifference, 'wallMs'>;
  try {
    entry = await look(request, plan, 'profile', endMs, async (runner, asked) => {
      const answer = await runner.diagnose(asked);
      if (answer.what !== 'profile') throw new Error('another answer than asked for');
      if (answer.found.state === 'not-possible') return withoutProfile(scenario, answer.found.why);
      const sides = await readSides(answer.found, asked.folder);
      diagnosis.files.push(...keptFiles(scenario, sides));
      return {
        scenario,
        state: 'profiled',
        profiler: answer.found.profiler,
        requests: answer.found.requests,
        ...compareProfiles(sides.base, sides.head, request.changedPaths),
      };
    });
  } catch (error) {
    entry = withoutProfile(scenario, (error as Error).message);
  }
  diagnosis.profiles.push({ ...entry, wallMs: performance.now() - startedMs });
}

function withoutProfile(scenario: string, why: string): Omit<ProfileDifference, 'wallMs'> {
  return { scenario, state: 'not-possible', profiler: 'none', why: clip(why, 500), requests: 0, frames: [] };
}

async function addOpinion(
  request: DiagnosisRequest,
  plan: DiagnosisPlan,
  endMs: number,
  diagnosis: Diagnosis,
): Promise<void> {
  const scenario = plan.scenario.name;
  const startedMs = performance.now();
  let entry: Omit<SecondOpinion, 'wallMs'>;
  try {
    if (typeof plan.instructions === 'string') throw new Error(plan.instructions);
    entry = await look(request, plan, 'instructions', endMs, async (runner, asked) => {
      const answer = await runner.diagnose(asked);
      if (answer.what !== 'instructions') throw new Error('another answer than asked for');
      const { found } = answer;
      if (found.state === 'not-possible') throw new Error(found.why);
      const { basePerRequest, headPerRequest } = found;
      const change = headPerRequest / basePerRequest - 1;
      return { scenario, state: 'counted', basePerRequest, headPerRequest, change };
    });
  } catch (error) {
    entry = { scenario, state: 'not-possible', why: clip((error as Error).message, 500) };
  }
  diagnosis.secondOpinions.push({ ...entry, wallMs: performance.now() - startedMs });
}

/** One look by a runner of its own: one that hangs or dies takes nothing else with it. */
async function look<T>(
  request: DiagnosisRequest,
  { scenario }: DiagnosisPlan,
  what: 'profile' | 'instructions',
  endMs: number,
  work: (runner: Runner, asked: DiagnoseRequest) => Promise<T>,
): Promise<T> {
  const limitMs = Math.min(LIMITS_MS[what], endMs - performance.now());
  if (limitMs < WORTH_BEGINNING_MS) throw new Error('no time was left for it');
  if (request.signal?.aborted === true) throw new Error('the run was stopped');
  await request.onLook?.(scenario.name, what);
  const { service, answers } = request.config;
  const folder = join(request.slotsFolder, 'diagnosis');
  await mkdir(folder);
  try {
    const { runner } = await Runner.start(
      runnerCommand(),
      {
        config: { service, answers },
        scenarios: [scenario],
        slotsFolder: request.slotsFolder,
        directory: service.directory,
        pinning: choosePinning() ?? null,
        path: servicePath(),
      },
      request.signal,
    );
    try {
      const seed = deriveSeed(request.seed, scenario.name, what);
      return await work(runner, { scenario: scenario.name, what, seed, folder, limitMs });
    } finally {
      await runner.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
