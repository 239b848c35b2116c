import type { Scenario } from '../domain/benchmark.ts';
import type { Pair, Side, Stage, TrialOutcome } from '../domain/trial.ts';
import { createRandom, type Random } from '../stats/random.ts';
import { openCpuMeter } from './accounts/cpu.ts';
import { readCustomNumbers, watchedTexts } from './accounts/custom.ts';
import { chooseInspectorPorts } from './accounts/node-options.ts';
import { measureCommandPair } from './command/command-pair.ts';
import { compareAnswers } from './load/answers.ts';
import { deckOf } from './load/deck.ts';
import { SideInUse } from './load/exchange.ts';
import { setUp } from './load/set-up.ts';
import { warmUp } from './load/warm-up.ts';
import { type Wire, wireOf } from './load/wire.ts';
import { measureClosed } from './phases/closed.ts';
import { noFindings, type PairFindings, trialParts } from './phases/findings.ts';
import { measureJudging } from './phases/judging.ts';
import { asksNode, measureMemory, openInspectors, whileWatchingLoop } from './phases/node.ts';
import { measureOpen } from './phases/open.ts';
import type { AppliedPlant } from './plant/plant.ts';
import { beginRecord } from './pair-record.ts';
import { sidesFrom } from './side-order.ts';
import { choosePorts } from './slots.ts';
import { type PairContext, startBoth, startSide } from './start-both.ts';
import { TrialError } from './trial-error.ts';

export { environmentOf, type PairContext } from './start-both.ts';

export interface PairRequest {
  scenario: string;
  pairNo: number;
  stage: Stage;
  seed: number;
  /** A known slowdown for the head, to see whether it is found; the base gets the same with nothing in it. */
  plant?: AppliedPlant;
}

/** What the phases of one pair have between them. */
interface PairUnderWay {
  context: PairContext;
  scenario: Scenario;
  plant: AppliedPlant | undefined;
  random: Random;
  /** In which the sides are started. */
  order: readonly Side[];
  running: Record<Side, SideInUse>;
  answers: Pair['answers'];
}

/**
 * Measures one pair. Start order, folders and ports by coin. A side that fails gives a pair with a failed trial, not an
 * exception.
 * @throws PerfCiError when the scenario itself cannot be sent
 */
export async function measurePair(
  context: PairContext,
  scenario: Scenario,
  request: PairRequest,
): Promise<Pair> {
  if (scenario.kind === 'command') return measureCommandPair(context, scenario, request);
  const random = createRandom(request.seed);
  const first: Side = random.coin() ? 'base' : 'head';
  const pair: PairUnderWay = {
    context,
    scenario,
    plant: request.plant,
    random,
    order: sidesFrom(first),
    running: {} as Record<Side, SideInUse>,
    answers: { compared: 0, different: 0 },
  };
  const end = beginRecord(request, first);
  let outcomes: Record<Side, TrialOutcome>;
  try {
    outcomes = await runPhases(pair);
  } catch (error) {
    if (!(error instanceof TrialError)) throw error;
    outcomes = { base: error.outcomeOf('base'), head: error.outcomeOf('head') };
  } finally {
    for (const side of Object.values(pair.running)) side.client.close();
    await Promise.all(Object.values(pair.running).map((side) => side.process.stop()));
  }
  return end({ outcomes, answers: pair.answers });
}

/**
 * The phases in their order. The first ones, up to the judging one, are what every pair needs. Those after it cannot
 * disturb its figures any more; what they cannot find out they leave out and note.
 */
async function runPhases(pair: PairUnderWay): Promise<Record<Side, TrialOutcome>> {
  const { context, scenario, random, order, running } = pair;
  const { load } = scenario;
  const wire = wireOf(scenario);
  const deck = deckOf(wire.requests);
  const findings = noFindings();

  const startupMs = await startPair(pair, wire);
  const meters = {
    base: openCpuMeter(running.base.process),
    head: openCpuMeter(running.head.process),
  };
  await setUp(running, scenario.setup);
  const sample = random.shuffle(wire.requests).slice(0, context.config.answers.sample);
  pair.answers = await compareAnswers(running, sample, context.config.answers);
  await warmUp(
    order.map((side) => running[side]),
    random.shuffle(deckOf(wire.warmUpRequests)),
    load,
  );

  const judged = await measureJudging(running, meters, order, deck, load, random, findings);

  await addCustomNumbers(pair, findings);
  const inspectors = await openInspectors(running, scenario, findings);
  await measureMemory(running, inspectors, deck, load, random, findings);
  if (load.open !== undefined) {
    // The generator may wait by spinning only on a CPU of its own.
    const spin = context.pinning !== undefined;
    await whileWatchingLoop(inspectors, findings, () =>
      measureOpen(running, deck, load, random, spin, findings),
    );
  }
  await measureClosed(running, deck, load, random, findings);

  const outcome = (side: Side): TrialOutcome => ({
    state: 'ok',
    trial: { startupMs: startupMs[side], ...judged[side], ...trialParts(findings[side]) },
  });
  return { base: outcome('base'), head: outcome('head') };
}

/** Folders and ports by coin, then both sides; milliseconds to ready. */
async function startPair(
  { context, scenario, plant, random, order, running }: PairUnderWay,
  wire: Wire,
): Promise<Record<Side, number>> {
  const trees = context.slots.arrange(random.coin() ? 'base' : 'head');
  const ports = await choosePorts(context.config.service.port, random.coin() ? 'base' : 'head');
  const inspectorPorts = asksNode(scenario)
    ? await chooseInspectorPorts(context.config.service.port)
    : undefined;
  return startBoth(order, (side) => {
    const process = startSide(context, {
      side,
      tree: trees[side],
      port: ports[side],
      inspectorPort: inspectorPorts?.[side],
      plant,
      watch: watchedTexts(scenario.custom),
    });
    running[side] = new SideInUse(process, wire);
    return process;
  });
}

/** Numbers that the services themselves give, now that both have answered the same requests. */
async function addCustomNumbers(
  { scenario, running, order }: PairUnderWay,
  findings: PairFindings,
): Promise<void> {
  if (scenario.custom === undefined) return;
  // In the order of the start, which is by coin: a number that rises by itself is larger in whoever is asked last.
  for (const side of order) {
    const { figures, notes } = await readCustomNumbers(scenario.custom, running[side].process);
    Object.assign(findings[side].figures, figures);
    findings[side].notes.push(...notes);
  }
}
