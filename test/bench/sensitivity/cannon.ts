/** What a user would do otherwise: autocannon against fresh processes, all of the base, then all of the head. */
import autocannon from 'autocannon';

import type { ProjectConfig, Scenario } from '../../../src/domain/benchmark.ts';
import { type Side, SIDES } from '../../../src/domain/trial.ts';
import { type AppliedPlant, plantedStart } from '../../../src/measure/plant/plant.ts';
import { ServiceProcess } from '../../../src/measure/service-process.ts';
import { choosePorts, Slots } from '../../../src/measure/slots.ts';
import { servicePath } from '../../../workers/places.ts';
import type { CannonRun, RivalRuns } from './records.ts';

export const RUNS_PER_SIDE = 5;
/** autocannon's own default. */
export const CONNECTIONS = 10;
/** Start and stop of a service, taken off each run's share of the time. */
const START_SECONDS = 0.6;
const LONGEST_SECONDS = 12;
const OVERTIME_MS = 10_000;

/** Length of each of ten runs, whole seconds as autocannon counts them, that use up `seconds` together. */
export function runSecondsFor(seconds: number): number {
  const each = Math.round(seconds / (2 * RUNS_PER_SIDE) - START_SECONDS);
  return Math.min(LONGEST_SECONDS, Math.max(2, each));
}

async function loadOnce(port: number, scenario: Scenario, seconds: number): Promise<CannonRun> {
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: `http://127.0.0.1:${port}`,
        connections: CONNECTIONS,
        duration: seconds,
        requests: scenario.requests.map(({ method, path, headers, body }) => ({
          method,
          path,
          headers,
          ...(body === undefined ? {} : { body }),
        })),
      },
      (error: Error | null, ended) => {
        clearTimeout(limit);
        if (error) reject(error);
        else resolve(ended);
      },
    );
    const limit = setTimeout(() => instance.stop(), seconds * 1000 + OVERTIME_MS);
  });
  return {
    requestsPerSecond: result.requests.average,
    latencyMeanMs: result.latency.average,
    latencyP99Ms: result.latency.p99,
    errors: result.errors + result.non2xx + result.timeouts,
  };
}

/**
 * Runs autocannon five times on the base, then five times on the head, a fresh process each, as the services are started
 * by hand: no pinning, no huge pages.
 * @param folder holds s0 (base) and s1 (head)
 */
export async function runRivals(
  config: ProjectConfig,
  folder: string,
  job: { plant?: AppliedPlant; runSeconds: number; signal: AbortSignal },
): Promise<RivalRuns> {
  const [scenario] = config.scenarios;
  if (scenario === undefined) throw new Error('a configuration without a scenario');
  const { service } = config;
  const trees = new Slots(folder, service.directory).arrange('base');
  const runs: Record<Side, CannonRun[]> = { base: [], head: [] };
  const startedMs = performance.now();
  for (const side of SIDES) {
    for (let run = 0; run < RUNS_PER_SIDE; run += 1) {
      job.signal.throwIfAborted();
      const { base: port } = await choosePorts(service.port, 'base');
      const own = {
        start: service.start,
        env: {
          PATH: servicePath(),
          HOME: trees[side],
          LANG: 'C.UTF-8',
          ...service.env,
          PORT: String(port),
        },
      };
      const { start, env } = job.plant === undefined ? own : plantedStart(own, job.plant, side);
      const process = new ServiceProcess({
        side,
        service: { ...service, start: [...start] },
        tree: trees[side],
        port,
        env: { ...env },
        cpus: undefined,
      });
      try {
        await process.waitUntilReady();
        runs[side].push(await loadOnce(port, scenario, job.runSeconds));
      } finally {
        await process.stop();
      }
    }
  }
  return { seconds: (performance.now() - startedMs) / 1000, runSeconds: job.runSeconds, ...runs };
}
