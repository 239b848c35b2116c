import type { Scenario, ServiceSpec } from '../domain/benchmark.ts';
import { CLOSED_SLICE_LIMIT_MS, CLOSED_SLICES, GIVE_UP_BEHIND_MS, OPEN_SLICES } from './load/slices.ts';

/** Stopping both services, custom numbers, questions to Node and what else a pair does in bounded time. */
const REST_MS = 60_000;

/**
 * Requests of which each may take its whole limit: set-up, the last comparison of answers with the question whether the base
 * differs from itself, the ends of warm-up, of the measured phase and of the batch for growth.
 */
const SINGLE_REQUESTS = 1 + 4 + 2 + 2 + 2;

/** Longest that a pair can take by its own limits, in milliseconds; what is over that hangs. */
export function longestPairMs(
  service: Pick<ServiceSpec, 'readyTimeoutMs'>,
  { load, command }: Pick<Scenario, 'load' | 'command'>,
): number {
  // Each side prepares and runs once before and once too often; between is four times the measured time at most.
  if (command !== undefined) return 8 * command.timeoutMs + 4 * load.measuredMs + REST_MS;
  const { open, closed } = load;
  const openMs =
    open === undefined
      ? 0
      : 2 * (open.durationMs + OPEN_SLICES * (load.requestTimeoutMs + GIVE_UP_BEHIND_MS));
  // A slice waits for its last answers, and once more for what it had none to.
  const closedMs =
    closed === undefined ? 0 : 2 * CLOSED_SLICES * (CLOSED_SLICE_LIMIT_MS + 2 * load.requestTimeoutMs);
  return (
    2 * service.readyTimeoutMs +
    5 * load.warmUpMs +
    load.measuredMs +
    SINGLE_REQUESTS * load.requestTimeoutMs +
    openMs +
    closedMs +
    REST_MS
  );
}
