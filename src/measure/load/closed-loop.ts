import { isExpected, type LoadClient, type WireRequest } from './client.ts';
import { rotated } from './deck.ts';

/** A closed loop: each connection sends its next request when it has the answer to its last. */
export interface ClosedLoop {
  connections: number;
  /** Requests in all, split evenly over the connections. */
  amount: number;
  /** Place in the deck at which the first connection starts. */
  start: number;
  /** Over the whole loop; what is not sent by then is not sent. */
  limitMs: number;
  /** Of one request. */
  timeoutMs: number;
}

export interface LoopResult {
  /** Answers with an expected status. */
  right: number;
  /** Answers with another status. */
  wrong: number;
  /** Requests without an answer. */
  failed: number;
  /** From the first request to the last answer. */
  wallMs: number;
}

/** A dead target ends the loop instead of being asked for ever: so many requests without an answer do. */
export function mostFailures({ connections }: Pick<ClosedLoop, 'connections'>): number {
  return connections * 2;
}

/**
 * What each connection sends. Every connection starts elsewhere in the deck: in lockstep, ten connections send one body
 * and warm the caches for each other, which no real traffic does. The lists depend on nothing but their arguments, so
 * both sides get the same.
 */
export function listsOfConnections<T>(
  deck: readonly T[],
  { connections, amount, start }: Pick<ClosedLoop, 'connections' | 'amount' | 'start'>,
): T[][] {
  return Array.from({ length: Math.min(connections, amount) }, (_, index) => {
    const share = Math.floor(amount / connections) + (index < amount % connections ? 1 : 0);
    return rotated(deck, start + Math.floor((index * deck.length) / connections), share);
  });
}

/** Our own loop, over any client. */
export async function runOwnLoop(
  client: LoadClient,
  lists: readonly (readonly WireRequest[])[],
  { connections, limitMs, timeoutMs }: Pick<ClosedLoop, 'connections' | 'limitMs' | 'timeoutMs'>,
): Promise<LoopResult> {
  const result: LoopResult = { right: 0, wrong: 0, failed: 0, wallMs: 0 };
  const startedMs = performance.now();
  async function connection(list: readonly WireRequest[]): Promise<void> {
    for (const request of list) {
      if (performance.now() - startedMs > limitMs || result.failed >= mostFailures({ connections })) return;
      try {
        const { status } = await client.send(request, timeoutMs);
        if (isExpected(request, status)) result.right += 1;
        else result.wrong += 1;
      } catch {
        result.failed += 1;
      }
    }
  }
  await Promise.all(lists.map(connection));
  result.wallMs = performance.now() - startedMs;
  return result;
}
