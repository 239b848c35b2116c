import { relative, resolve, sep } from 'node:path';
import { realpathSync } from 'node:fs';

import type { Scenario, ServiceSpec } from '../../domain/benchmark.ts';
import { SIDES, type Side } from '../../domain/trial.ts';
import type { Random } from '../../stats/random.ts';
import { SideInUse } from '../load/exchange.ts';
import { setUp } from '../load/set-up.ts';
import { wireOf } from '../load/wire.ts';
import { ServiceProcess } from '../service-process.ts';
import { choosePorts } from '../slots.ts';
import { environmentOf, type PairContext } from '../start-both.ts';
import { settleSides } from '../trial-error.ts';

/** Both sides running, ready and set up. */
export interface StartedSides {
  sides: Record<Side, SideInUse>;
  /** Absolute paths of the sides' trees, links resolved, as profilers see them. */
  roots: Record<Side, string>;
  stop(): Promise<void>;
}

export interface StartChanges {
  /** The command and its limit instead of the configured ones. */
  service: Record<Side, ServiceSpec>;
  env?: Record<string, string>;
  /** Where Node opens its inspector when asked to. */
  inspectorPorts?: Record<Side, number>;
  /** CPU list; undefined: not pinned. */
  cpus: string | undefined;
}

/**
 * Starts both sides as a pair does, but as `changes` says, and sends the set-up request. Started at once: nobody
 * reads how long it took.
 * @throws TrialError, after both sides were stopped
 */
export async function startSides(
  context: PairContext,
  scenario: Scenario,
  random: Random,
  changes: (trees: Record<Side, string>) => StartChanges,
): Promise<StartedSides> {
  const trees = context.slots.arrange(random.coin() ? 'base' : 'head');
  const ports = await choosePorts(context.config.service.port, random.coin() ? 'base' : 'head');
  const wire = wireOf(scenario);
  const { service, env, inspectorPorts, cpus } = changes(trees);
  const sides = {} as Record<Side, SideInUse>;
  const stop = async (): Promise<void> => {
    for (const side of Object.values(sides)) side.client.close();
    await Promise.all(Object.values(sides).map((side) => side.process.stop()));
  };
  try {
    for (const side of SIDES) {
      const process = new ServiceProcess({
        side,
        service: service[side],
        tree: trees[side],
        port: ports[side],
        env: { ...environmentOf(context, trees[side], ports[side]), ...env },
        inspectorPort: inspectorPorts?.[side],
        cpus,
      });
      sides[side] = new SideInUse(process, wire);
    }
    await settleSides(SIDES.map((side) => sides[side].process.waitUntilReady()));
    await setUp(sides, scenario.setup);
  } catch (error) {
    await stop();
    throw error;
  }
  const root = (side: Side): string => realpathSync(rootOf(trees[side], context.config.service.directory));
  return { sides, roots: { base: root('base'), head: root('head') }, stop };
}

/** The tree that `folder` is the sub-folder `directory` of. */
export function rootOf(folder: string, directory: string): string {
  return resolve(folder, relative(resolve(sep, directory), sep));
}
