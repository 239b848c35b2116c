import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { nodeCommand } from '../src/node-command.ts';

/** The argument list that starts a runner. */
export function runnerCommand(): string[] {
  return nodeCommand(fileURLToPath(new URL('./runner.ts', import.meta.url)));
}

/** The argument list that starts the probe of lookAtHost. */
export function probeCommand(): string[] {
  return nodeCommand(fileURLToPath(new URL('../src/measure/host/probe.ts', import.meta.url)));
}

/**
 * PATH of builds and services: the Node that runs perf-ci first, so that a service started with `node` gets the
 * same one on every host, then what the worker itself finds its tools on.
 */
export function servicePath(): string {
  return `${dirname(process.execPath)}:${process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`;
}
