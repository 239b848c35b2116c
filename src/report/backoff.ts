const LONGEST_MS = 300_000;
/** For so long an item is tried before a person has to look at it. */
const GIVE_UP_AFTER_MS = 24 * 3_600_000;

/**
 * Wait after a try that failed, doubled from `firstMs` up to 5 min.
 *
 * @param attempt counts from 1
 */
export function retryDelayMs(attempt: number, firstMs: number): number {
  return Math.min(LONGEST_MS, firstMs * 2 ** Math.min(attempt - 1, 30));
}

/** Whether the waits of this many tries add up to 24 h; waits that GitHub asked for come on top. */
export function isExhausted(attempts: number, firstMs: number): boolean {
  let waitedMs = 0;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    waitedMs += retryDelayMs(attempt, firstMs);
    if (waitedMs >= GIVE_UP_AFTER_MS) return true;
  }
  return false;
}
