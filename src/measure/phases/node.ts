import type { LoadSpec, RequestSpec, Scenario } from '../../domain/benchmark.ts';
import { SIDES, type Side } from '../../domain/trial.ts';
import type { Random } from '../../stats/random.ts';
import { inspectNode, type NodeInspector } from '../accounts/node-memory.ts';
import { alternate } from '../load/alternate.ts';
import type { SideInUse } from '../load/exchange.ts';
import type { PairFindings } from './findings.ts';

export type Inspectors = Partial<Record<Side, NodeInspector>>;

/** Over fewer requests what any collection leaves by chance is larger than what requests keep. */
const LEAST_GROWTH_REQUESTS = 20;
const GROWTH_LIMIT_MS = 2000;
/** The batch over which growth is taken: long enough for half a KiB a request to show, short beside the judging phase. */
const GROWTH_BATCH = {
  durationMs: 150,
  requests: 150,
  atLeast: { requests: LEAST_GROWTH_REQUESTS, withinMs: GROWTH_LIMIT_MS },
};

function asksForMemory({ memoryAfterGc }: Pick<LoadSpec, 'memoryAfterGc'>): boolean {
  return memoryAfterGc !== false;
}

/** Whether Node services of this scenario are asked anything. */
export function asksNode({ load }: Pick<Scenario, 'load'>): boolean {
  return asksForMemory(load) || load.open !== undefined;
}

/**
 * Finds out which sides can be asked; a side that cannot has a note where that is no matter of course. Both at once: no
 * figure of this phase is a time.
 */
export async function openInspectors(
  sides: Record<Side, SideInUse>,
  scenario: Pick<Scenario, 'load'>,
  findings: PairFindings,
): Promise<Inspectors> {
  const inspectors: Inspectors = {};
  if (!asksNode(scenario)) return inspectors;
  await Promise.all(
    SIDES.map(async (side) => {
      const { inspector, notes } = await inspectNode(sides[side].process);
      findings[side].notes.push(...notes);
      if (inspector !== undefined) inspectors[side] = inspector;
    }),
  );
  return inspectors;
}

/**
 * Asks both sides and lets them alone again: a Node that ends while its debugger is there waits for it to leave, and a
 * service that dies under load would look like one that hangs. A side that does not answer has a note and no value.
 */
async function askEach<T>(
  inspectors: Inspectors,
  findings: PairFindings,
  what: string,
  question: (inspector: NodeInspector) => Promise<T>,
): Promise<Partial<Record<Side, T>>> {
  const values: Partial<Record<Side, T>> = {};
  await Promise.all(
    SIDES.map(async (side) => {
      const inspector = inspectors[side];
      if (inspector === undefined) return;
      try {
        values[side] = await question(inspector);
      } catch (error) {
        findings[side].notes.push(`${what} is missing: ${(error as Error).message}`);
      } finally {
        // One that is gone has nothing to close.
        await inspector.close().catch(() => undefined);
      }
    }),
  );
  return values;
}

/**
 * Memory after GC, and what it grows by over a further batch of requests; equal counts for both sides.
 * @throws TrialError at an answer of the batch that is not expected
 */
export async function measureMemory(
  sides: Record<Side, SideInUse>,
  inspectors: Inspectors,
  deck: readonly RequestSpec[],
  load: LoadSpec,
  random: Random,
  findings: PairFindings,
): Promise<void> {
  if (!asksForMemory(load) || Object.keys(inspectors).length === 0) return;
  const memory = (inspector: NodeInspector): Promise<number> => inspector.memoryAfterGc();
  const before = await askEach(inspectors, findings, 'memory after GC', memory);
  const answered = await alternate(sides, deck, GROWTH_BATCH, random);
  const count = answered.base.latenciesMs.length;
  const isEnough = count >= LEAST_GROWTH_REQUESTS;
  const after = isEnough ? await askEach(inspectors, findings, 'growth per request', memory) : {};
  for (const side of SIDES) {
    const [first, second] = [before[side], after[side]];
    if (first === undefined) continue;
    findings[side].figures.memory_after_gc = first;
    if (second !== undefined) findings[side].figures.memory_growth = (second - first) / count;
    if (!isEnough) {
      findings[side].notes.push(
        `growth per request is missing: expected ${LEAST_GROWTH_REQUESTS} requests within ${GROWTH_LIMIT_MS / 1000} s, found ${count}`,
      );
    }
  }
}

/** Does `phase` while the event-loop delay of both sides is watched. */
export async function whileWatchingLoop(
  inspectors: Inspectors,
  findings: PairFindings,
  phase: () => Promise<void>,
): Promise<void> {
  const started = await askEach(inspectors, findings, 'event-loop delay', async (inspector) => {
    await inspector.startLoopDelay();
    return inspector;
  });
  await phase();
  const delays = await askEach(started, findings, 'event-loop delay', (inspector) =>
    inspector.loopDelayP99Ms(),
  );
  for (const side of SIDES) {
    const delayMs = delays[side];
    if (delayMs !== undefined) findings[side].figures.event_loop_delay = delayMs;
  }
}
