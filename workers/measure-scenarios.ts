import { setTimeout as sleep } from 'node:timers/promises';

import type { Surroundings } from '../src/analyse/gate-rule.ts';
import { nextStep, type NextStep } from '../src/analyse/next-step.ts';
import type { ProjectConfig, Scenario } from '../src/domain/benchmark.ts';
import type { ControlStanding, Plant } from '../src/domain/control.ts';
import { PerfCiError } from '../src/domain/errors.ts';
import type { RunProgress } from '../src/domain/run.ts';
import type { Environment, Pair } from '../src/domain/trial.ts';
import { cpuSourcesHere } from '../src/measure/accounts/cpu-sources.ts';
import { hostFlags } from '../src/measure/host/host-flags.ts';
import { allowedCpus, choosePinning } from '../src/measure/host/pinning.ts';
import { type AppliedPlant, applyPlant, calibrate, noPlant } from '../src/measure/plant/plant.ts';
import type { RunnerPlan } from '../src/measure/protocol.ts';
import { Runner } from '../src/measure/runner-client.ts';
import { deriveSeed } from '../src/stats/random.ts';
import { runnerCommand, servicePath } from './places.ts';

/** Pairs of a scenario on which nothing gates: enough to show, not worth a budget. */
const INFORMATIONAL_PAIRS = 6;

export interface MeasureRequest {
  config: ProjectConfig;
  /** Holds `s0` (the built base) and `s1` (the built head). */
  slotsFolder: string;
  /** Seed of all coins. */
  seed: number;
  /** Control runs: what is put into the head. Undefined: nothing at all, the services are started as they are. */
  plant?: Plant;
  /** What the look at the machine found; widens the margins. */
  preflightFlags?: readonly string[];
  /** What the standing control says; widens the margins or blocks alarms. */
  controls?: readonly ControlStanding[];
  /** Aborting kills runner and services. */
  signal?: AbortSignal;
  onEnvironment?(environment: Environment): Promise<void>;
  onPair?(pair: Pair): Promise<void>;
  onProgress?(progress: RunProgress): Promise<void> | void;
}

export interface Measured {
  environment: Environment;
  /** All that speaks against the machine: by this the margins were widened, live and in the judging. */
  hostFlags: string[];
  controls: readonly ControlStanding[];
  /** By scenario, in the order measured. */
  pairs: Map<string, Pair[]>;
  /** Why each scenario ended. */
  ends: Map<string, Extract<NextStep, { kind: 'stop' }>>;
}

function planOf(request: MeasureRequest): RunnerPlan {
  const { service, answers, scenarios } = request.config;
  return {
    config: { service, answers },
    scenarios,
    slotsFolder: request.slotsFolder,
    directory: service.directory,
    pinning: choosePinning() ?? null,
    path: servicePath(),
  };
}

function medianWallMs(pairs: readonly Pair[]): number | undefined {
  return pairs.map((pair) => pair.wallMs).sort((a, b) => a - b)[Math.floor(pairs.length / 2)];
}

/** What is known of a scenario beside its pairs; the live stop and the judging are told the same. */
export function surroundingsOf(
  scenario: Scenario,
  { hostFlags: flags, controls }: Pick<Measured, 'hostFlags' | 'controls'>,
): Surroundings {
  return { controls, host: { flags }, ...(scenario.custom === undefined ? {} : { custom: scenario.custom }) };
}

/** Scenarios without a gate get a fixed number of pairs; the others stop when they are decided. */
function stepOf(scenario: Scenario, measured: Measured, elapsedMs: number, family: number): NextStep {
  const pairs = measured.pairs.get(scenario.name) ?? [];
  const pairMs = medianWallMs(pairs);
  const state = {
    ...surroundingsOf(scenario, measured),
    pairs,
    gates: scenario.gates,
    elapsedMs,
    budgetMs: scenario.budgetMs,
    family,
    ...(pairMs === undefined ? {} : { pairMs }),
  };
  const step = nextStep(state);
  const isInformational = scenario.gates.length === 0 && step.kind === 'stop' && step.why === 'decided';
  if (isInformational && pairs.length < INFORMATIONAL_PAIRS && elapsedMs < scenario.budgetMs) {
    return { kind: 'pair', stage: 'explore' };
  }
  return step;
}

/** What speaks against this machine, as its environment and the look at it before the first pair found. */
function flagsOf({ config, preflightFlags = [] }: MeasureRequest, environment: Environment): string[] {
  // Steps for exited children alone are said by the trials that had any.
  const cpuNote = environment.cpuSource === 'ticks' ? cpuSourcesHere().note : undefined;
  const limits = { usableCpus: allowedCpus().length, wantsHugePages: config.service.hugePages, cpuNote };
  return [...hostFlags(environment, limits), ...preflightFlags];
}

/**
 * The plant of a scenario, for this machine as it is now. CPU is planted as a share of what a request of the base costs,
 * which a first pair with nothing planted tells; it takes no part in the judging.
 */
async function plantFor(
  runner: Runner,
  scenario: Scenario,
  plant: Plant,
  seed: number,
): Promise<AppliedPlant | undefined> {
  // What has nothing planted is measured as a pull request is, without a preload.
  if (plant.kind === 'none') return undefined;
  const plantSeed = deriveSeed(seed, scenario.name, 'plant');
  if (plant.kind !== 'cpu') return applyPlant(plant, plantSeed);
  const pair = await runner.pair({
    scenario: scenario.name,
    pairNo: 1,
    stage: 'explore',
    seed: deriveSeed(seed, scenario.name, 'calibration'),
    plant: noPlant(plantSeed),
  });
  const cpuUs = calibrate(pair);
  if (cpuUs === undefined) {
    throw new PerfCiError(
      'plant-uncalibrated',
      `${scenario.name}: the pair that tells the CPU time of a request, so that a share of it can be planted, failed`,
      { retryable: true },
    );
  }
  return applyPlant(plant, plantSeed, cpuUs);
}

/**
 * Measures all scenarios of a configuration, pair by pair, each until the analysis says that it is enough. The
 * worker and `perf-ci compare` both measure by this.
 * @throws PerfCiError when the runner fails; a service that fails is a pair with a failed trial
 */
export async function measureScenarios(request: MeasureRequest): Promise<Measured> {
  const { config, seed } = request;
  const { runner, environment } = await Runner.start(runnerCommand(), planOf(request), request.signal);
  const measured: Measured = {
    environment,
    hostFlags: flagsOf(request, environment),
    controls: request.controls ?? [],
    pairs: new Map(),
    ends: new Map(),
  };
  // Error rates hold for all gating metrics of the run together.
  const family = config.scenarios.reduce((sum, scenario) => sum + scenario.gates.length, 0);
  try {
    await request.onEnvironment?.(environment);
    for (const [index, scenario] of config.scenarios.entries()) {
      const pairs: Pair[] = [];
      measured.pairs.set(scenario.name, pairs);
      // The pair that calibrates a plant counts against the budget like any other.
      const startedMs = performance.now();
      const plant =
        request.plant === undefined ? undefined : await plantFor(runner, scenario, request.plant, seed);
      for (;;) {
        const step = stepOf(scenario, measured, performance.now() - startedMs, family);
        if (step.kind === 'stop') {
          measured.ends.set(scenario.name, step);
          break;
        }
        await request.onProgress?.({
          scenario: scenario.name,
          scenarioNo: index + 1,
          scenarioCount: config.scenarios.length,
          pairsDone: pairs.length,
          stage: step.stage,
        });
        const pairNo = pairs.length + 1;
        const pair = await runner.pair({
          scenario: scenario.name,
          pairNo,
          stage: step.stage,
          seed: deriveSeed(seed, scenario.name, pairNo),
          ...(plant === undefined ? {} : { plant }),
        });
        pairs.push(pair);
        await request.onPair?.(pair);
        // A moment for the event loop: heartbeats and cancels are seen between two pairs at the latest.
        await sleep(0);
      }
      if (measured.ends.get(scenario.name)?.why === 'failures') break;
    }
  } finally {
    await runner.stop();
  }
  return measured;
}
