import type { LoadSpec, RequestSpec } from '../../domain/benchmark.ts';
import { settleSides } from '../trial-error.ts';
import type { LoopResult } from './closed-loop.ts';
import { ask, type SideInUse } from './exchange.ts';
import { runClosedLoop } from './run-closed-loop.ts';

/** A service so slow that the request count is out of reach stops warming up at this multiple of the time. */
const MAX_TIME_FACTOR = 4;
const ROUNDS = 4;

async function checkRound({ process }: SideInUse, round: LoopResult, expected: string): Promise<void> {
  const end = round.failed > 0 ? await process.endSoon() : process.end;
  if (end !== undefined) {
    throw process.failure('died-under-load', `the service ${end} under warm-up load`);
  }
  if (round.wrong > 0) {
    throw process.failure(
      'error-answers',
      `expected ${expected} only, found ${round.wrong} others among ${round.right + round.wrong}`,
    );
  }
  if (round.failed > 0) {
    throw process.failure('protocol-error', `${round.failed} requests failed or timed out during warm-up`);
  }
}

/** Longest that warm-up takes, in milliseconds, less the last requests. */
export function warmUpLimitMs({ warmUpMs }: Pick<LoadSpec, 'warmUpMs'>): number {
  return warmUpMs * MAX_TIME_FACTOR + 1000;
}

/**
 * Warms both sides up at once, in rounds of equal counts, until both the time and the count of `load` are
 * reached. Results are discarded.
 * @returns requests sent to each side
 * @throws TrialError of the side or sides that failed
 */
export async function warmUp(
  sides: readonly SideInUse[],
  deck: readonly RequestSpec[],
  load: LoadSpec,
): Promise<number> {
  const amount = Math.max(load.connections, Math.ceil(load.warmUpRequests / ROUNDS));
  const startedMs = performance.now();
  const limitMs = warmUpLimitMs(load);
  const isPlain = deck.every(({ expect }) => expect === undefined);
  const expected = isPlain ? '2xx answers' : 'answers with the statuses that each request expects';
  let sent = 0;
  for (;;) {
    const elapsedMs = performance.now() - startedMs;
    if (elapsedMs >= limitMs) {
      // What was cut off is still worked on, and would count as work of the measured phase: an answer says that it is done.
      const [spec] = deck;
      if (spec !== undefined) await settleSides(sides.map((side) => ask(side, spec)));
      return sent + 1;
    }
    if (elapsedMs >= load.warmUpMs && sent >= load.warmUpRequests) return sent;
    const loop = {
      connections: load.connections,
      amount,
      start: sent,
      limitMs: limitMs - elapsedMs,
      timeoutMs: load.requestTimeoutMs,
    };
    await settleSides(
      sides.map(async (side) => checkRound(side, await runClosedLoop(side, deck, loop), expected)),
    );
    sent += amount;
  }
}
