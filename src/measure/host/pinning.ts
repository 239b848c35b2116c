import { readFileSync } from 'node:fs';

import { findOnPath } from '../../processes/wrap-command.ts';

/** Which CPUs the two services share and which one the load generator has; undefined: not pinned. */
export type Pinning = { services: string; generator: string } | undefined;

/** CPU numbers of a kernel list such as `0-3,8`. */
export function parseCpuList(text: string): number[] {
  const cpus: number[] = [];
  for (const part of text.trim().split(',')) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (range === null) continue;
    const first = Number(range[1]);
    for (let cpu = first; cpu <= Number(range[2] ?? first); cpu += 1) cpus.push(cpu);
  }
  return cpus;
}

/** CPUs that this process may use. */
export function allowedCpus(): number[] {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    return parseCpuList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '');
  } catch {
    return [];
  }
}

/**
 * The generator gets the last CPU, both services share the others: with one request in flight the two sides
 * never compete, and a generator beside one of them would slow that one only.
 */
export function choosePinning(
  cpus = allowedCpus(),
  hasTaskset = findOnPath('taskset') !== undefined,
): Pinning {
  const generator = cpus.at(-1);
  if (!hasTaskset || generator === undefined || cpus.length < 2) return undefined;
  return { services: cpus.slice(0, -1).join(','), generator: String(generator) };
}
