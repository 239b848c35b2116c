import { setTimeout as sleep } from 'node:timers/promises';

import { nextStep, type NextStep } from '../src/analyse/next-step.ts';
import type { ProjectConfig, Scenario } from '../src/domain/benchmark.ts';
import type { RunProgress } from '../src/domain/run.ts';
import type { Environment, Pair } from '../src/domain/trial.ts';
import { choosePinning } from '../src/measure/pinning.ts';
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
  /** Aborting kills runner and services. */
  signal?: AbortSignal;
  onEnvironment?(environment: Environment): Promise<void>;
  onPair?(pair: Pair): Promise<void>;
  onProgress?(progress: RunProgress): Promise<void> | void;
}

export interface Measured {
  environment: Environment;
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

/** Scenarios without a gate get a fixed number of pairs; the others stop when they are decided. */
function stepOf(scenario: Scenario, pairs: readonly Pair[], elapsedMs: number, family: number): NextStep {
  const pairMs = medianWallMs(pairs);
  const state = {
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

/**
 * Measures all scenarios of a configuration, pair by pair, each until the analysis says that it is enough. The
 * worker and `perf-ci compare` both measure by this.
 * @throws PerfCiError when the runner fails; a service that fails is a pair with a failed trial
 */
export async function measureScenarios(request: MeasureRequest): Promise<Measured> {
  const { config, seed } = request;
  const { runner, environment } = await Runner.start(runnerCommand(), planOf(request), request.signal);
  const measured: Measured = { environment, pairs: new Map(), ends: new Map() };
  // Error rates hold for all gating metrics of the run together.
  const family = config.scenarios.reduce((sum, scenario) => sum + scenario.gates.length, 0);
  try {
    await request.onEnvironment?.(environment);
    for (const [index, scenario] of config.scenarios.entries()) {
      const pairs: Pair[] = [];
      measured.pairs.set(scenario.name, pairs);
      const startedMs = performance.now();
      for (;;) {
        const step = stepOf(scenario, pairs, performance.now() - startedMs, family);
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
