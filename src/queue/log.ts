/** What this room needs of a logger: a fixed message with structured fields. */
export interface QueueLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

/** A server that is away makes the same error many times a second. */
const QUIET_MS = 10_000;

/** A listener that logs the first error at once and then one in ten seconds, with the number left out. */
export function calmly(log: QueueLog | undefined, message: string): (error: unknown) => void {
  let quietUntil = 0;
  let leftOut = 0;
  return (error) => {
    const nowMs = performance.now();
    if (nowMs < quietUntil) {
      leftOut += 1;
      return;
    }
    log?.warn({ error, leftOut }, message);
    quietUntil = nowMs + QUIET_MS;
    leftOut = 0;
  };
}
