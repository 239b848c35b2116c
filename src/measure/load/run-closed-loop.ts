import type { RequestSpec } from '../../domain/benchmark.ts';
import { runAutocannon } from './autocannon-loop.ts';
import { type ClosedLoop, listsOfConnections, type LoopResult, runOwnLoop } from './closed-loop.ts';
import type { SideInUse } from './exchange.ts';

/**
 * Runs `loop` against one side: by autocannon where it speaks the protocol, else by our own loop, which does the same
 * for about three times the generator's CPU. HTTP/2 and gRPC have streams on one connection for connections.
 */
export async function runClosedLoop(
  side: SideInUse,
  deck: readonly RequestSpec[],
  loop: ClosedLoop,
): Promise<LoopResult> {
  const lists = listsOfConnections(deck, loop).map((list) => list.map((spec) => side.encoded(spec)));
  // autocannon waits for the body that the Content-Length of an answer to HEAD announces and that never comes.
  if (side.wire.isPlainHttp1 && !deck.some(({ method }) => method === 'HEAD')) {
    return runAutocannon(side.process.port, lists, loop);
  }
  const client = side.wire.connect(side.process.port, loop.connections);
  try {
    return await runOwnLoop(client, lists, loop);
  } finally {
    client.close();
  }
}
