import type { ProjectConfig } from '../src/domain/benchmark.ts';

/** Token, fetch, merge base and configuration; a first fetch of a large repository takes minutes. */
export const PREPARE_LIMIT_MS = 30 * 60_000;
/** Whatever a configuration asks for, nobody holds a machine longer. */
const LONGEST_MS = 4 * 60 * 60_000;
/** Longer than anyone may hold the host. */
export const HOST_WAIT_LIMIT_MS = LONGEST_MS + 30 * 60_000;
const SLACK_MS = 5 * 60_000;

/**
 * Longest time from the first build to the verdict that a configuration can need, with room for one pair beyond
 * each budget. What takes longer hangs.
 */
export function measureLimitMs(config: Pick<ProjectConfig, 'service' | 'scenarios'>): number {
  const { buildTimeoutMs, readyTimeoutMs } = config.service;
  const scenariosMs = config.scenarios.reduce(
    (sum, { budgetMs, load }) =>
      sum + budgetMs + 2 * readyTimeoutMs + 5 * load.warmUpMs + load.measuredMs + 6 * load.requestTimeoutMs,
    0,
  );
  return Math.min(LONGEST_MS, 2 * buildTimeoutMs + scenariosMs + SLACK_MS);
}

/** One timer at a time, calling `onOver` with the limit that was passed. */
export class RunDeadline {
  readonly #onOver: (limitMs: number) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onOver: (limitMs: number) => void) {
    this.#onOver = onOver;
  }

  set(limitMs: number): void {
    this.clear();
    this.#timer = setTimeout(() => this.#onOver(limitMs), limitMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
