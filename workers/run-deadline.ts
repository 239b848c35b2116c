import type { ProjectConfig } from '../src/domain/benchmark.ts';
import { longestPairMs } from '../src/measure/pair-deadline.ts';

/** Token, fetch, merge base and configuration; a first fetch of a large repository takes minutes. */
export const PREPARE_LIMIT_MS = 30 * 60_000;
/** Whatever a configuration asks for, nobody holds a machine longer. */
const LONGEST_MS = 4 * 60 * 60_000;
/** Longer than anyone may hold the host. */
export const HOST_WAIT_LIMIT_MS = LONGEST_MS + 30 * 60_000;
/** A machine that settles, and a closer look at a confirmed slowdown. */
const SLACK_MS = 8 * 60_000;

/**
 * Longest time from the first build to the verdict that a configuration can need, with room for a pair beyond
 * each budget. What takes longer hangs.
 */
export function measureLimitMs(config: Pick<ProjectConfig, 'service' | 'scenarios'>): number {
  const { service, scenarios } = config;
  const scenariosMs = scenarios.reduce(
    // The second is the pair beyond the budget, or the one that calibrates a plant.
    (sum, scenario) => sum + scenario.budgetMs + 2 * longestPairMs(service, scenario),
    0,
  );
  return Math.min(LONGEST_MS, 2 * service.buildTimeoutMs + scenariosMs + SLACK_MS);
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
