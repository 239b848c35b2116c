import type { LoadSpec, RequestSpec } from '../domain/benchmark.ts';
import { SIDES, type Side } from '../domain/trial.ts';
import type { Random } from '../stats/random.ts';
import type { ServiceClient } from './http-client.ts';
import type { ServiceProcess } from './service-process.ts';
import { settleSides } from './trial-error.ts';

export interface SideInUse {
  process: ServiceProcess;
  client: ServiceClient;
}

/** Milliseconds of each answer, in the order sent; both lists have the same length. */
export type Latencies = Record<Side, number[]>;

const FIRST_HEAD: readonly Side[] = ['head', 'base'];

async function timeOne({ process, client }: SideInUse, spec: RequestSpec): Promise<number> {
  let answer;
  try {
    answer = await client.send(spec);
  } catch (error) {
    const { message } = error as Error;
    const end = await process.endSoon();
    if (end !== undefined) {
      throw process.failure('died-under-load', `the service ${end} while it answered requests`);
    }
    throw process.failure(
      /no answer within/.test(message) ? 'timeout' : 'protocol-error',
      `expected an answer to ${spec.method} ${spec.path}, found: ${message}`,
    );
  }
  if (answer.status < 200 || answer.status > 299) {
    throw process.failure(
      'error-answers',
      `expected a 2xx answer to ${spec.method} ${spec.path}, found status ${answer.status}`,
    );
  }
  return answer.latencyMs;
}

/**
 * The measured phase: each request goes to both sides, one in flight, which side first by coin. Noise of the
 * host that lasts longer than two requests so falls on both sides alike. The coin matters: strict alternation
 * once gave a bias of half a percent, because the parity of the side and of the request list met.
 *
 * @returns latencies; counts are equal on both sides by construction
 * @throws TrialError at the first answer that is no 2xx, with both sides' failures if both fail on it
 */
export async function alternate(
  sides: Record<Side, SideInUse>,
  requests: readonly RequestSpec[],
  load: LoadSpec,
  random: Random,
): Promise<Latencies> {
  const latencies: Latencies = { base: [], head: [] };
  const endMs = performance.now() + load.measuredMs;
  while (performance.now() < endMs) {
    for (const spec of random.shuffle(requests)) {
      const order = random.coin() ? SIDES : FIRST_HEAD;
      for (const side of order) {
        try {
          latencies[side].push(await timeOne(sides[side], spec));
        } catch (error) {
          // The other side gets the same request before blame is given: what both answer so is not the head's.
          const other = side === 'base' ? 'head' : 'base';
          await settleSides([Promise.reject(error as Error), timeOne(sides[other], spec)]);
        }
      }
      if (performance.now() >= endMs) break;
    }
  }
  return latencies;
}
