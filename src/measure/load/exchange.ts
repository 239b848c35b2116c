import type { RequestSpec } from '../../domain/benchmark.ts';
import { clip } from '../../domain/errors.ts';
import { SIDES, type Side } from '../../domain/trial.ts';
import type { ServiceProcess } from '../service-process.ts';
import { settleSides, type TrialError } from '../trial-error.ts';
import { type Answer, isExpected, isTimeout, type LoadClient, type WireRequest } from './client.ts';
import type { Captured } from './placeholders.ts';
import type { Wire } from './wire.ts';

/** One side of a pair while it runs. */
export class SideInUse {
  readonly process: ServiceProcess;
  /** One request in flight. */
  readonly client: LoadClient;
  readonly wire: Wire;
  #captured: Captured = new Map();
  /** Requests are encoded once and not each time that they are sent. */
  readonly #encoded = new Map<RequestSpec, WireRequest>();

  constructor(process: ServiceProcess, wire: Wire) {
    this.process = process;
    this.wire = wire;
    this.client = wire.connect(process.port, 1);
  }

  /** What this side's set-up request gave; for all that is sent from now on. */
  use(captured: Captured): void {
    this.#captured = captured;
    this.#encoded.clear();
  }

  /**
   * `spec` as this side gets it.
   * @throws TrialError kind `protocol-error` when what this side gave cannot be sent
   */
  encoded(spec: RequestSpec): WireRequest {
    let request = this.#encoded.get(spec);
    if (request === undefined) {
      try {
        request = this.wire.encode(spec, this.#captured);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw this.process.failure('protocol-error', `${requestName(spec)}: ${error.message}`);
      }
      this.#encoded.set(spec, request);
    }
    return request;
  }
}

/** How a request is called in messages. */
export function requestName(spec: Pick<RequestSpec, 'method' | 'path'>): string {
  return `${spec.method} ${clip(spec.path)}`;
}

/** Why a service that gave no answer failed. It is given a moment to end, since a death is the better name for it. */
export async function noAnswer(process: ServiceProcess, what: string, error: Error): Promise<TrialError> {
  const end = await process.endSoon();
  if (end !== undefined) {
    return process.failure('died-under-load', `the service ${end} while it answered ${what}`);
  }
  const kind = isTimeout(error) ? 'timeout' : 'protocol-error';
  return process.failure(kind, `expected an answer to ${what}, found: ${error.message}`);
}

/** Why an answer with another status than expected fails its side. */
export function wrongStatus(process: ServiceProcess, spec: RequestSpec, answer: Answer): TrialError {
  const expected = spec.expect === undefined ? '2xx' : spec.expect.join(' or ');
  const body = clip(answer.body.toString('utf8'), 200);
  return process.failure(
    'error-answers',
    `expected a ${expected} answer to ${requestName(spec)}, found status ${answer.status}: ${body}`,
  );
}

/**
 * Sends `spec` to one side.
 * @throws TrialError when there is no answer, or one with another status than expected
 */
export async function ask(side: SideInUse, spec: RequestSpec): Promise<Answer> {
  const request = side.encoded(spec);
  let answer: Answer;
  try {
    answer = await side.client.send(request);
  } catch (error) {
    throw await noAnswer(side.process, requestName(spec), error as Error);
  }
  if (!isExpected(request, answer.status)) throw wrongStatus(side.process, spec, answer);
  return answer;
}

/**
 * Sends `spec` to one side after the other in the order given. When one fails, the other gets the same request
 * before blame is given: what both answer so is not the head's doing.
 * @throws TrialError at an answer that is not expected, with the failures of both sides if both fail
 */
export async function askBoth(
  sides: Record<Side, SideInUse>,
  spec: RequestSpec,
  order: readonly Side[] = SIDES,
): Promise<Record<Side, Answer>> {
  const answers = {} as Record<Side, Answer>;
  for (const side of order) {
    try {
      answers[side] = await ask(sides[side], spec);
    } catch (error) {
      const other = side === 'base' ? 'head' : 'base';
      await settleSides([Promise.reject(error as Error), ask(sides[other], spec)]);
    }
  }
  return answers;
}
