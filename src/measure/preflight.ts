import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

/** What the machine was like before the first pair. */
export interface Preflight {
  /** Runnable processes over the last minute (getloadavg(3)). */
  load1: number;
  cpuCount: number;
  /** Share of the last 10 s in which some task waited for a CPU, 0..1 (PSI, Documentation/accounting/psi.rst). */
  cpuPressure?: number;
}

/** Reads load and CPU pressure; pressure is left out where the kernel has none. */
export function readPreflight(): Preflight {
  const facts = { load1: loadavg()[0] ?? 0, cpuCount: cpus().length };
  try {
    const some = /^some avg10=([\d.]+)/m.exec(readFileSync('/proc/pressure/cpu', 'latin1'))?.[1];
    return some === undefined ? facts : { ...facts, cpuPressure: Number(some) / 100 };
  } catch {
    return facts;
  }
}

/** What in it is worth a note with the result: noise costs pairs, and people should know where it came from. */
export function describePreflight({ load1, cpuCount, cpuPressure }: Preflight): string[] {
  const notes: string[] = [];
  if (load1 > cpuCount / 2)
    notes.push(`the machine was busy before the first pair: load ${load1.toFixed(1)} on ${cpuCount} CPUs`);
  if (cpuPressure !== undefined && cpuPressure > 0.2) {
    notes.push(`tasks waited for a CPU ${Math.round(cpuPressure * 100)} % of the time before the first pair`);
  }
  return notes;
}
