import { cpus, loadavg, release, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** The machine that figures were taken on, one line. */
export function describeMachine(): string {
  const model = cpus()[0]?.model ?? 'unknown CPU';
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = (loadavg()[0] ?? 0).toFixed(2);
  return `${cpus().length} × ${model}, ${memory} GiB, Linux ${release()}, Node ${process.versions.node}, load ${load}`;
}

/** Nearest-rank percentile of values in any order, at least one. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** Smallest, median, p99 and largest of values, in `unit`. */
export function spread(values: readonly number[], unit: string, digits = 1): string {
  const at = (share: number): string => percentile(values, share).toFixed(digits);
  return `min ${at(0)} · median ${at(0.5)} · p99 ${at(0.99)} · max ${at(1)} ${unit} (n = ${values.length})`;
}

const ANSWER_LIMIT_MS = 60_000;

/** Waits until `url` answers with 2xx, asking every `pollMs`. @throws Error after a minute */
export async function untilOk(url: string, pollMs: number): Promise<void> {
  const giveUpMs = performance.now() + ANSWER_LIMIT_MS;
  while (performance.now() < giveUpMs) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // not listening yet
    }
    await sleep(pollMs);
  }
  throw new Error(`no answer from ${url} within ${ANSWER_LIMIT_MS / 1000} s`);
}
