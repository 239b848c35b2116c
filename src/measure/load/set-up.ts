import type { SetupSpec } from '../../domain/benchmark.ts';
import { clip } from '../../domain/errors.ts';
import { SIDES, type Side } from '../../domain/trial.ts';
import { settleSides } from '../trial-error.ts';
import type { Answer } from './client.ts';
import { ask, requestName, type SideInUse } from './exchange.ts';
import { readJsonPointer } from './json-pointer.ts';
import type { Captured } from './placeholders.ts';

/** A token of any usual kind is far shorter; the service is not trusted with the length of every request. */
const MAX_VALUE_CHARACTERS = 8192;

type Capture = SetupSpec['capture'][number];

/**
 * What `capture` names in `answer`.
 * @throws RangeError that says what was expected and what was found
 */
export function capturedValue(answer: Pick<Answer, 'headers' | 'body'>, capture: Capture): string {
  const { at } = capture;
  if (capture.from === 'header') {
    const value = answer.headers[at.toLowerCase()];
    if (value === undefined) throw new RangeError(`expected a header ${clip(at)}, found none of that name`);
    return bounded(value, at);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer.body.toString('utf8'));
  } catch {
    const found = clip(answer.body.toString('utf8')) || 'nothing';
    throw new RangeError(`expected JSON with a value at ${clip(at)}, found ${found}`);
  }
  const value = readJsonPointer(parsed, at);
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    const found = value === undefined ? 'nothing there' : clip(JSON.stringify(value));
    throw new RangeError(`expected a text or number at ${clip(at)}, found ${found}`);
  }
  return bounded(String(value), at);
}

function bounded(value: string, at: string): string {
  if (value.length <= MAX_VALUE_CHARACTERS) return value;
  throw new RangeError(
    `expected at most ${MAX_VALUE_CHARACTERS} characters at ${clip(at)}, found ${value.length}`,
  );
}

async function setUpSide(side: SideInUse, setup: SetupSpec): Promise<Captured> {
  const answer = await ask(side, setup.request);
  const captured = new Map<string, string>();
  for (const capture of setup.capture) {
    try {
      captured.set(capture.name, capturedValue(answer, capture));
    } catch (error) {
      throw side.process.failure(
        'error-answers',
        `${clip(capture.name)} of the answer to ${requestName(setup.request)}: ${(error as Error).message}`,
      );
    }
  }
  return captured;
}

/**
 * Sends the set-up request to both sides; what each answers goes into that side's later requests.
 * @throws TrialError of the side or sides whose answer is not expected or lacks a value
 */
export async function setUp(sides: Record<Side, SideInUse>, setup: SetupSpec | undefined): Promise<void> {
  if (setup === undefined) return;
  await settleSides(
    SIDES.map(async (name) => {
      sides[name].use(await setUpSide(sides[name], setup));
    }),
  );
}
