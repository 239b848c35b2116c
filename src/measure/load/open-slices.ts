import type { LoadSpec, OpenLoadSpec, RequestSpec } from '../../domain/benchmark.ts';
import { SIDES, type Side } from '../../domain/trial.ts';
import type { Random } from '../../stats/random.ts';
import { sidesFrom } from '../side-order.ts';
import { arrivalTimes, sliced } from './arrivals.ts';
import { deal } from './deck.ts';
import type { SideInUse } from './exchange.ts';
import { joinRuns, MOST_IN_FLIGHT, type OpenRun, runOpenLoop } from './open-loop.ts';
import { OPEN_SLICES } from './slices.ts';

/** A request and when it is meant to be sent, in milliseconds from the start of its slice. */
interface Planned {
  atMs: number;
  spec: RequestSpec;
}

/** The schedule of one pair: both sides get the same requests at the same times. */
export function planSlices(open: OpenLoadSpec, deck: readonly RequestSpec[], random: Random): Planned[][] {
  const cards = deal(deck, random);
  return sliced(arrivalTimes(open, random), open.durationMs, OPEN_SLICES).map((times) =>
    times.flatMap((atMs) => {
      const spec = cards.next().value;
      return spec === undefined ? [] : [{ atMs, spec }];
    }),
  );
}

/** A side that fails this much is not asked further: each of its slices would last as long as the timeout. */
function isHopeless(run: OpenRun): boolean {
  return run.errors > run.offered / 2 || run.lateMs.length < run.offered / 2;
}

/**
 * The open loop of both sides, in slices that take turns, order by coin: never are both loaded at once, so that neither
 * waits for the other. After a slice that mostly failed, the slices that are left are given up for both.
 * @param spin whether the generator has a CPU of its own
 * @throws TrialError when a service ends meanwhile
 */
export async function runOpenSlices(
  sides: Record<Side, SideInUse>,
  deck: readonly RequestSpec[],
  load: LoadSpec & { open: OpenLoadSpec },
  random: Random,
  spin: boolean,
): Promise<Record<Side, OpenRun>> {
  const clients = {
    base: sides.base.wire.connect(sides.base.process.port, MOST_IN_FLIGHT),
    head: sides.head.wire.connect(sides.head.process.port, MOST_IN_FLIGHT),
  };
  const runs: Record<Side, OpenRun[]> = { base: [], head: [] };
  try {
    for (const slice of planSlices(load.open, deck, random)) {
      for (const name of sidesFrom(random.coin() ? 'base' : 'head')) {
        const side = sides[name];
        const arrivals = slice.map(({ atMs, spec }) => ({ atMs, request: side.encoded(spec) }));
        const run = await runOpenLoop(clients[name], arrivals, { timeoutMs: load.requestTimeoutMs, spin });
        runs[name].push(run);
        const end = run.errors > 0 ? await side.process.endSoon() : side.process.end;
        if (end !== undefined) {
          throw side.process.failure('died-under-load', `the service ${end} under open load`);
        }
      }
      if (SIDES.some((name) => runs[name].slice(-1).some(isHopeless))) break;
    }
  } finally {
    for (const name of SIDES) clients[name].close();
  }
  return { base: joinRuns(runs.base), head: joinRuns(runs.head) };
}
