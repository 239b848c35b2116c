import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ProjectConfig, ServiceSpec } from '../../domain/benchmark.ts';
import type { Plant } from '../../domain/control.ts';
import type { Pair, Side } from '../../domain/trial.ts';
import { type AppliedPlant, plantNumbers, plantText } from './plant-text.ts';

export type { AppliedPlant } from './plant-text.ts';

const PRELOAD = fileURLToPath(new URL('./preload.cjs', import.meta.url));
const PROXY = fileURLToPath(new URL('./proxy.cjs', import.meta.url));

/** Read by the preload; of equal length on both sides. */
export const PLANT_VARIABLE = 'PERF_CI_PLANT';
/** The service's own start command as JSON, for the proxy. */
const COMMAND_VARIABLE = 'PERF_CI_PLANTED_COMMAND';

/** How a side is started. */
export interface Start {
  /** Argument list, `{port}` not yet replaced. */
  start: readonly string[];
  env: Readonly<Record<string, string>>;
}

/**
 * Whether a service is Node from its first process on, so that a preload reaches its requests. Whatever else it may
 * start (npm, a shell, a script of another language) is planted by a proxy before it.
 */
export function isNodeStart(start: ServiceSpec['start']): boolean {
  return ['node', 'nodejs'].includes(basename(start[0] ?? ''));
}

/**
 * The command and environment that start one side with a plant in its head. The base gets the same preload (or proxy)
 * with a plant of nothing, so that the two sides differ by the plant alone: same files, same arguments, equal lengths.
 *
 * A Node service gets a preload by NODE_OPTIONS, which its workers inherit. Any other gets an HTTP/1 proxy as its parent,
 * whose own CPU counts for both sides.
 * @throws RangeError for a plant whose numbers do not fit their width
 */
export function plantedStart(service: Start, applied: AppliedPlant, side: Side): Start {
  const own: AppliedPlant = side === 'head' ? applied : { ...applied, plant: { kind: 'none' } };
  const env: Record<string, string> = { ...service.env, [PLANT_VARIABLE]: plantText(plantNumbers(own)) };
  if (!isNodeStart([...service.start])) {
    // In the environment and not among the arguments: there `{port}` would become the proxy's own.
    const command = JSON.stringify(service.start);
    return { start: [process.execPath, PROXY], env: { ...env, [COMMAND_VARIABLE]: command } };
  }
  const before = env['NODE_OPTIONS'];
  const load = `--require ${JSON.stringify(PRELOAD)}`;
  return {
    start: service.start,
    env: { ...env, NODE_OPTIONS: before === undefined ? load : `${before} ${load}` },
  };
}

/** Why a scenario cannot be planted, or undefined. A proxy understands HTTP/1 only, and a command answers no requests. */
export function whyNotPlantable(
  start: ServiceSpec['start'],
  scenario: { kind?: 'http' | 'grpc' | 'command'; load: { protocol?: 'http1' | 'http2' } },
): string | undefined {
  if (scenario.kind === 'command') return 'a command answers no requests';
  const speaksHttp2 = scenario.kind === 'grpc' || scenario.load.protocol === 'http2';
  if (speaksHttp2 && !isNodeStart(start)) return 'only Node services can be planted behind HTTP/2';
  return undefined;
}

/**
 * `config` with the scenarios that a control run of `plant` measures. What nothing can be planted in is left out: it would be
 * counted as a planted slowdown that was missed, or not start at all behind the proxy.
 */
export function plantableConfig(config: ProjectConfig, plant: Plant | undefined): ProjectConfig {
  if (plant === undefined || plant.kind === 'none') return config;
  const { start } = config.service;
  const scenarios = config.scenarios.filter((scenario) => whyNotPlantable(start, scenario) === undefined);
  return { ...config, scenarios };
}

/**
 * CPU time of a request of the base, microseconds, from a pair whose plant was nothing. Both sides are the same code, so
 * the mean of both is taken: twice the data. Undefined when a side failed.
 */
export function calibrate(pair: Pick<Pair, 'base' | 'head'>): number | undefined {
  if (pair.base.state !== 'ok' || pair.head.state !== 'ok') return undefined;
  const { base, head } = { base: pair.base.trial, head: pair.head.trial };
  const cpuUs = (base.cpuUs / base.requests + head.cpuUs / head.requests) / 2;
  return Number.isFinite(cpuUs) && cpuUs > 0 ? cpuUs : undefined;
}

/**
 * `plant` for a service whose requests cost `cpuUsPerRequest` (see {@link calibrate}).
 * @param cpuUsPerRequest microseconds; only asked for by a plant of CPU
 * @throws RangeError for a plant of CPU without it
 */
export function applyPlant(plant: Plant, seed: number, cpuUsPerRequest?: number): AppliedPlant {
  if (plant.kind !== 'cpu') return { plant, cpuUsPerRequest: 0, seed };
  if (cpuUsPerRequest === undefined)
    throw new RangeError('a plant of CPU needs the CPU time of a request of the base');
  return { plant, cpuUsPerRequest: plant.share * cpuUsPerRequest, seed };
}

/** Nothing planted, with the preload on both sides all the same. */
export function noPlant(seed: number): AppliedPlant {
  return applyPlant({ kind: 'none' }, seed);
}
