import type { Scenario } from '../../domain/benchmark.ts';
import { clip } from '../../domain/errors.ts';
import type { PairContext } from '../start-both.ts';
import { TrialError } from '../trial-error.ts';
import { type DiagnoseRequest, type DiagnosisAnswer, NotPossible } from './answer.ts';
import { countInstructions } from './count-instructions.ts';
import { profileSides } from './profile-sides.ts';

/** Valgrind makes a program 20 to 40 times slower; an answer may take that much longer. */
const VALGRIND_SLOWDOWN = 50;

/**
 * Looks at one scenario more closely. All that can go wrong in a service, a profiler or this host is a reason why it was
 * not possible, never an error: the verdict stands without it.
 * @throws Error only for mistakes of our own
 */
export async function diagnoseScenario(
  context: PairContext,
  scenario: Scenario,
  request: DiagnoseRequest,
): Promise<DiagnosisAnswer> {
  const { what } = request;
  try {
    if (scenario.kind === 'command') throw new NotPossible('the scenario is a command, not a service');
    return what === 'profile'
      ? { what, found: await profileSides(context, scenario, request) }
      : { what, found: await countInstructions(context, slowed(scenario), request) };
  } catch (error) {
    const why = reasonOf(error);
    if (why === undefined) throw error;
    return { what, found: { state: 'not-possible', why } };
  }
}

function slowed(scenario: Scenario): Scenario {
  const requestTimeoutMs = scenario.load.requestTimeoutMs * VALGRIND_SLOWDOWN;
  return { ...scenario, load: { ...scenario.load, requestTimeoutMs } };
}

function reasonOf(error: unknown): string | undefined {
  if (error instanceof NotPossible) return clip(error.message, 500);
  if (!(error instanceof TrialError)) return undefined;
  const [side, failure] = Object.entries(error.failures)[0] ?? ['a side', undefined];
  return clip(`the ${side} failed: ${failure?.message ?? error.message}`, 500);
}
