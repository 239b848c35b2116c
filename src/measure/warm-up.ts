import autocannon from 'autocannon';

import type { LoadSpec, RequestSpec } from '../domain/benchmark.ts';
import type { ServiceProcess } from './service-process.ts';
import { settleSides } from './trial-error.ts';

/** A service so slow that the request count is out of reach stops warming up at this multiple of the time. */
const MAX_TIME_FACTOR = 4;
const ROUNDS = 4;

interface RoundResult {
  answered: number;
  errors: number;
  non2xx: number;
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

async function loadOnce(
  service: ServiceProcess,
  requests: readonly RequestSpec[],
  load: LoadSpec,
  amount: number,
  limitMs: number,
): Promise<RoundResult> {
  let connection = 0;
  const options: autocannon.Options = {
    url: `http://127.0.0.1:${service.port}`,
    connections: load.connections,
    amount,
    timeout: Math.ceil(load.requestTimeoutMs / 1000),
    // A dead target must end the round instead of being asked for ever.
    bailout: load.connections * 2,
    sampleInt: 10,
    setupClient: (client) => {
      // Every connection starts elsewhere in the list: in lockstep, ten connections send one body and warm
      // the caches for each other, which no real traffic does.
      const offset = Math.floor((connection++ * requests.length) / load.connections);
      client.setRequests(
        rotated(requests, offset).map(({ method, path, headers, body }) => ({
          method,
          path,
          headers,
          ...(body === undefined ? {} : { body }),
        })),
      );
    },
  };
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(options, (error: Error | null, ended) => {
      clearTimeout(limit);
      if (error) reject(error);
      else resolve(ended);
    });
    // A round of a slow service ends with the time of the whole warm-up, not when its count is reached.
    const limit = setTimeout(() => instance.stop(), limitMs);
  });
  // Its own latency figures are whole milliseconds and are not read; only counts are.
  return { answered: result['2xx'], errors: result.errors, non2xx: result.non2xx };
}

async function checkRound(service: ServiceProcess, round: RoundResult): Promise<void> {
  const end = round.errors > 0 ? await service.endSoon() : service.end;
  if (end !== undefined) {
    throw service.failure('died-under-load', `the service ${end} under warm-up load`);
  }
  if (round.non2xx > 0) {
    throw service.failure(
      'error-answers',
      `expected 2xx answers only, found ${round.non2xx} others among ${round.answered + round.non2xx}`,
    );
  }
  if (round.errors > 0) {
    throw service.failure('protocol-error', `${round.errors} requests failed or timed out during warm-up`);
  }
}

/**
 * Warms both sides up at once, in rounds of equal counts, until both the time and the count of `load` are
 * reached. Results are discarded.
 * @returns requests sent to each side
 * @throws TrialError of the side or sides that failed
 */
export async function warmUp(
  services: readonly ServiceProcess[],
  requests: readonly RequestSpec[],
  load: LoadSpec,
): Promise<number> {
  const amount = Math.max(load.connections, Math.ceil(load.warmUpRequests / ROUNDS));
  const startedMs = performance.now();
  const limitMs = load.warmUpMs * MAX_TIME_FACTOR + 1000;
  let sent = 0;
  for (;;) {
    const elapsedMs = performance.now() - startedMs;
    const isWarm = elapsedMs >= load.warmUpMs && sent >= load.warmUpRequests;
    if (isWarm || elapsedMs >= limitMs) return sent;
    await settleSides(
      services.map(async (service) =>
        checkRound(service, await loadOnce(service, requests, load, amount, limitMs - elapsedMs)),
      ),
    );
    sent += amount;
  }
}
