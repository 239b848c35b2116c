import { cpus, loadavg, release, totalmem } from 'node:os';

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
