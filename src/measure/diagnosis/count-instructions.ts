import type { Scenario } from '../../domain/benchmark.ts';
import { SIDES, type Side } from '../../domain/trial.ts';
import { findOnPath } from '../../processes/wrap-command.ts';
import { createRandom } from '../../stats/random.ts';
import type { PairContext } from '../start-both.ts';
import { type DiagnoseRequest, type InstructionsFound, NotPossible } from './answer.ts';
import { Callgrind, underCallgrind } from './callgrind.ts';
import { parallelRequests } from './equal-load.ts';
import { withOwnFolder } from './own-folder.ts';
import { type Program, programOf } from './program.ts';
import { startSides } from './started-sides.ts';

/** Shares of the time limit that start-up, warm-up and counting may take; the rest is for stopping. */
const READY_SHARE = 0.3;
const WARM_SHARE = 0.3;
const COUNT_SHARE = 0.25;
/** What runs fewer instructions a request than this does not do the work itself. */
const LEAST_PER_REQUEST = 2000;
const COUNTED = { min: 20, max: 1000 };

/** The sides' programs, when both can be run under valgrind. */
function programsOf(
  context: PairContext,
  trees: Record<Side, string>,
): Record<Side, Extract<Program, { file: string }>> {
  const of = (side: Side): Extract<Program, { file: string }> => {
    const program = programOf(context.config.service.start, context.path, trees[side]);
    if (program.kind === 'other') throw new NotPossible(program.why);
    return program;
  };
  return { base: of('base'), head: of('head') };
}

/**
 * Instructions a request of both sides by valgrind: the same seeded requests to both, counted between two points of a
 * run that was warmed up uncounted, which is the slope between two request counts: start-up and compilation fall out.
 * Both sides run at once, since counting does not mind company. Blind to caches, waiting and locks.
 * @throws NotPossible with a reason; TrialError when a side fails
 */
export async function countInstructions(
  context: PairContext,
  scenario: Scenario,
  request: DiagnoseRequest,
): Promise<InstructionsFound> {
  const valgrind = findOnPath('valgrind', context.path);
  const vgdb = findOnPath('vgdb', context.path);
  if (valgrind === undefined || vgdb === undefined) throw new NotPossible('valgrind is not installed here');
  // Not in the sides' own folders, and short: the names of vgdb's pipes are limited.
  return withOwnFolder('perf-ci-vg-', async (folder): Promise<InstructionsFound> => {
    const random = createRandom(request.seed);
    const { pinning } = context;
    let started: Awaited<ReturnType<typeof startSides>> | undefined;
    try {
      started = await startSides(context, scenario, random, (trees) => {
        const programs = programsOf(context, trees);
        const { service } = context.config;
        const wrapped = (side: Side): typeof service => ({
          ...service,
          start: underCallgrind(service.start, programs[side], { valgrind, folder, side }),
          readyTimeoutMs: request.limitMs * READY_SHARE,
        });
        return {
          service: { base: wrapped('base'), head: wrapped('head') },
          env: { PYTHONHASHSEED: '1' },
          cpus: pinning === undefined ? undefined : `${pinning.services},${pinning.generator}`,
        };
      });
      const { sides } = started;
      await parallelRequests(
        sides,
        {
          min: 1,
          max: Math.max(scenario.load.warmUpRequests, 100),
          ms: request.limitMs * WARM_SHARE,
        },
        random,
        'warmUpRequests',
      );
      const callgrinds = SIDES.map((side) => new Callgrind(vgdb, sides[side].process.pid, folder, side));
      await Promise.all(callgrinds.map((callgrind) => callgrind.startCounting()));
      // The first requests after the switch only set the point from which is counted.
      await parallelRequests(sides, { min: 1, max: COUNTED.min, ms: 0 }, random);
      await Promise.all(callgrinds.map((callgrind) => callgrind.take()));
      const counted = await parallelRequests(
        sides,
        { ...COUNTED, ms: request.limitMs * COUNT_SHARE },
        random,
      );
      const [base = 0, head = 0] = await Promise.all(callgrinds.map((callgrind) => callgrind.take()));
      if (Math.min(base, head) < LEAST_PER_REQUEST * counted) {
        throw new NotPossible('the work is done by another process than the one that is started');
      }
      return {
        state: 'counted',
        requests: counted,
        basePerRequest: base / counted,
        headPerRequest: head / counted,
      };
    } finally {
      await started?.stop();
    }
  });
}
