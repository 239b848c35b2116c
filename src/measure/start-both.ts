import type { ProjectConfig, ServiceSpec } from '../domain/benchmark.ts';
import type { Side } from '../domain/trial.ts';
import { canUseHugePages } from './host/environment.ts';
import type { Pinning } from './host/pinning.ts';
import { type AppliedPlant, plantedStart } from './plant/plant.ts';
import { ServiceProcess } from './service-process.ts';
import type { Slots } from './slots.ts';
import { settleSides } from './trial-error.ts';

export interface PairContext {
  config: Pick<ProjectConfig, 'service' | 'answers'>;
  slots: Slots;
  pinning: Pinning;
  /** PATH of the services. */
  path: string;
}

/** What the service finds in its environment; equal in names and lengths on both sides. */
export function environmentOf(
  context: PairContext,
  tree: string,
  port: number,
  env: Readonly<Record<string, string>> = context.config.service.env,
): Record<string, string> {
  return {
    PATH: context.path,
    HOME: tree,
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    ...(context.config.service.hugePages && canUseHugePages()
      ? { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' }
      : {}),
    ...env,
    PORT: String(port),
  };
}

export interface SideStart {
  side: Side;
  tree: string;
  port: number;
  /** Where Node opens its inspector when asked to; undefined: nobody will ask. */
  inspectorPort: number | undefined;
  plant: AppliedPlant | undefined;
  /** Texts before numbers that the service prints. */
  watch: readonly string[];
}

/** Starts one side, with a plant in it if there is one. */
export function startSide(
  context: PairContext,
  { side, tree, port, inspectorPort, plant, watch }: SideStart,
): ServiceProcess {
  const { service } = context.config;
  const planted = plant === undefined ? service : plantedStart(service, plant, side);
  const started: ServiceSpec = { ...service, start: [...planted.start] };
  return new ServiceProcess({
    side,
    service: started,
    tree,
    port,
    env: environmentOf(context, tree, port, planted.env),
    cpus: context.pinning?.services,
    inspectorPort,
    watch,
  });
}

/**
 * One after the other, so that neither start disturbs the other's figure.
 * @param start starts a side
 * @returns milliseconds to ready
 * @throws TrialError of the side or sides that did not get ready
 */
export async function startBoth(
  order: readonly Side[],
  start: (side: Side) => ServiceProcess,
): Promise<Record<Side, number>> {
  const startupMs = {} as Record<Side, number>;
  const starts: Promise<void>[] = [];
  for (const side of order) {
    const process = start(side);
    const ready = (async () => {
      startupMs[side] = await process.waitUntilReady();
    })();
    starts.push(ready);
    // A side that does not start is reported below, after the other had its chance too.
    await Promise.allSettled([ready]);
  }
  await settleSides(starts);
  return startupMs;
}
