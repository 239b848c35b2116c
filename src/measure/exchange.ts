import type { RequestSpec } from '../domain/benchmark.ts';
import { clip } from '../domain/errors.ts';
import { SIDES, type Side } from '../domain/trial.ts';
import type { Answer, ServiceClient } from './http-client.ts';
import type { ServiceProcess } from './service-process.ts';
import { settleSides } from './trial-error.ts';

/** One side of a pair while it runs. */
export interface SideInUse {
  process: ServiceProcess;
  client: ServiceClient;
}

async function ask({ process, client }: SideInUse, spec: RequestSpec): Promise<Answer> {
  const what = `${spec.method} ${clip(spec.path)}`;
  let answer: Answer;
  try {
    answer = await client.send(spec);
  } catch (error) {
    const { message } = error as Error;
    const end = await process.endSoon();
    if (end !== undefined) {
      throw process.failure('died-under-load', `the service ${end} while it answered ${what}`);
    }
    const kind = /no answer within/.test(message) ? 'timeout' : 'protocol-error';
    throw process.failure(kind, `expected an answer to ${what}, found: ${message}`);
  }
  if (answer.status < 200 || answer.status > 299) {
    const body = clip(answer.body.toString('utf8'), 200);
    throw process.failure(
      'error-answers',
      `expected a 2xx answer to ${what}, found status ${answer.status}: ${body}`,
    );
  }
  return answer;
}

/**
 * Sends `spec` to one side after the other in the order given. When one fails, the other gets the same request
 * before blame is given: what both answer so is not the head's doing.
 * @throws TrialError at anything but a 2xx answer, with the failures of both sides if both fail
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
