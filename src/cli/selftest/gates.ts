import type { GateSpec, ProjectConfig, Scenario } from '../../domain/benchmark.ts';
import type { Plant } from '../../domain/control.ts';
import { PerfCiError } from '../../domain/errors.ts';
import { limitMsOf, type MetricName } from '../../domain/metric.ts';
import { isNodeStart, whyNotPlantable } from '../../measure/plant/plant.ts';

/** What all jobs of a selftest are measured and judged by. */
export interface SelftestSetting {
  /** With one scenario. */
  config: ProjectConfig;
  scenario: Scenario;
  /** Gates that the configuration does not have and some plant needs. */
  added: GateSpec[];
}

const CPU_THRESHOLD = 0.03;
const MEMORY_THRESHOLD = 0.05;
const START_THRESHOLD = 0.15;

/** Whether a gate on `metric` is meant to see `plant`. */
export function sees(metric: MetricName, plant: Plant): boolean {
  switch (plant.kind) {
    case 'none':
      return false;
    case 'cpu':
      return metric === 'cpu_per_request';
    case 'stall': {
      const limitMs = metric.startsWith('open_') ? undefined : limitMsOf(metric);
      return limitMs !== undefined && limitMs < plant.delayMs;
    }
    case 'leak':
      return metric === 'memory_after_gc' || metric === 'memory_peak';
    case 'slow-start':
      return metric === 'startup';
  }
}

function gateFor(plant: Exclude<Plant, { kind: 'none' }>, start: readonly string[]): GateSpec {
  switch (plant.kind) {
    case 'cpu':
      return { metric: 'cpu_per_request', threshold: CPU_THRESHOLD };
    case 'stall': {
      const limitMs = Number((plant.delayMs / 2).toFixed(3));
      return { metric: `latency_over_${limitMs}ms`, threshold: plant.share / 2 };
    }
    case 'leak':
      return {
        metric: isNodeStart([...start]) ? 'memory_after_gc' : 'memory_peak',
        threshold: MEMORY_THRESHOLD,
      };
    case 'slow-start':
      return { metric: 'startup', threshold: START_THRESHOLD };
  }
}

/**
 * The one setting of a selftest: the scenario that was asked for, else the first that gates on CPU and can be planted,
 * with a gate more for every plant that none of its own could see. All jobs get the same gates, those with nothing planted
 * too: they share one error rate, so that the false alarms counted are those of the very rule that found the plants.
 * @throws PerfCiError `unknown-scenario`, `not-plantable` (usage)
 */
export function settingFor(
  config: ProjectConfig,
  plants: readonly Plant[],
  name: string | undefined,
): SelftestSetting {
  const { start } = config.service;
  const scenario = chooseScenario(config, name);
  const why = whyNotPlantable(start, scenario);
  if (why !== undefined) {
    throw new PerfCiError('not-plantable', `nothing can be planted in scenario ${scenario.name}: ${why}`, {
      blame: 'usage',
      remedy: 'choose another with --scenario',
    });
  }
  const added: GateSpec[] = [];
  for (const plant of plants) {
    if (plant.kind === 'none') continue;
    if (![...scenario.gates, ...added].some(({ metric }) => sees(metric, plant)))
      added.push(gateFor(plant, start));
  }
  const gates = [...scenario.gates, ...added];
  const limits = gates.flatMap(({ metric }) => limitMsOf(metric) ?? []);
  const slowLimitsMs = [...new Set([...(scenario.load.slowLimitsMs ?? []), ...limits])];
  const load = { ...scenario.load, ...(slowLimitsMs.length === 0 ? {} : { slowLimitsMs }) };
  const own = { ...scenario, gates, load };
  return { config: { ...config, scenarios: [own] }, scenario: own, added };
}

function chooseScenario(config: ProjectConfig, name: string | undefined): Scenario {
  const { scenarios, service } = config;
  const names = scenarios.map((scenario) => scenario.name).join(', ');
  const plantable = scenarios.filter((scenario) => whyNotPlantable(service.start, scenario) === undefined);
  const chosen =
    name === undefined
      ? (plantable.find(({ gates }) => gates.some(({ metric }) => metric === 'cpu_per_request')) ??
        plantable[0] ??
        scenarios[0])
      : scenarios.find((scenario) => scenario.name === name);
  if (chosen !== undefined) return chosen;
  throw new PerfCiError('unknown-scenario', `no scenario ${name ?? ''}; there are: ${names}`, {
    blame: 'usage',
  });
}
