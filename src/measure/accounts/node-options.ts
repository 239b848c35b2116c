import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

import type { ServiceSpec } from '../../domain/benchmark.ts';
import type { Side } from '../../domain/trial.ts';

/** Below the ports that kernels give away by themselves, and five digits, so that both environments have one length. */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 31_000;
/** Workers of a Node cluster take the ports that follow; so many are left to each side. */
export const PORTS_PER_SIDE = 256;

/**
 * `env` in which Node would open its inspector on `port` of loopback, if it were asked to: the option alone does nothing.
 * What the project set in NODE_OPTIONS stays.
 */
export function withInspectorPort(
  env: Readonly<Record<string, string>>,
  port: number,
): Record<string, string> {
  const own = env['NODE_OPTIONS'];
  const option = `--inspect-port=127.0.0.1:${port}`;
  return { ...env, NODE_OPTIONS: own === undefined || own === '' ? option : `${own} ${option}` };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Where both sides' ranges begin: not so that a fixed port of the services, or its neighbour, lies in one of them. */
function startOfRanges(servicePort: ServiceSpec['port']): number {
  for (;;) {
    const start = randomInt(LOWEST_PORT, HIGHEST_PORT);
    // Both ranges, and as much again for ports that are in use.
    if (servicePort === 'auto' || servicePort + 1 < start || servicePort - 1 > start + 4 * PORTS_PER_SIDE)
      return start;
  }
}

/**
 * One inspector port for each side, far enough apart for the workers of a cluster.
 * @param servicePort of the configuration: a service that listens there itself would be taken for its inspector
 */
export async function chooseInspectorPorts(
  servicePort: ServiceSpec['port'] = 'auto',
): Promise<Record<Side, number>> {
  const base = await freeFrom(startOfRanges(servicePort));
  const head = await freeFrom(base + PORTS_PER_SIDE);
  // Which side is lower must not depend on the side.
  return randomInt(2) === 0 ? { base, head } : { base: head, head: base };
}

async function freeFrom(port: number): Promise<number> {
  let candidate = port;
  while (!(await isFree(candidate))) candidate += 1;
  return candidate;
}
