import type { CommandSpec, LoadSpec, Scenario } from '../../domain/benchmark.ts';
import { clip } from '../../domain/errors.ts';
import type { CustomMetric, MetricName } from '../../domain/metric.ts';
import {
  type Pair,
  type Side,
  SIDES,
  type Trial,
  type TrialFailure,
  type TrialOutcome,
} from '../../domain/trial.ts';
import { createRandom, type Random } from '../../stats/random.ts';
import { watchedTexts } from '../accounts/custom.ts';
import { encodeHistogram, summarizeLatencies } from '../load/histogram.ts';
import { beginRecord } from '../pair-record.ts';
import { sidesFrom } from '../side-order.ts';
import { environmentOf, type PairContext } from '../start-both.ts';
import { TrialError } from '../trial-error.ts';
import { CommandFailure, execute, type Execution } from './execute.ts';
import { compareOutputs, removeOutputs } from './outputs.ts';

/** Preparing is not measured, but a pair must end: it may take so many times the measured time before repeating stops. */
const MAX_ELAPSED_FACTOR = 4;

type PairName = Pick<Pair, 'scenario' | 'pairNo' | 'stage' | 'seed'>;

interface Sides {
  command: CommandSpec;
  custom: readonly CustomMetric[];
  /** Where each side's command runs. */
  folders: Record<Side, string>;
  env: Record<Side, Record<string, string>>;
  cpus: string | undefined;
}

/**
 * Measures one pair of a batch command: base and head one after the other, which first by coin, each a fresh process.
 * A command that is shorter than half the measured time runs again and again, the two sides in turn, until that time is
 * filled; figures are then per execution. The very first pair runs each side once unmeasured before, so that files are in
 * the page cache; a fresh process has nothing else to warm.
 * A side that fails gives a pair with a failed trial, not an exception.
 */
export async function measureCommandPair(
  context: PairContext,
  scenario: Scenario,
  request: PairName,
): Promise<Pair> {
  if (scenario.command === undefined) throw new TypeError('a command scenario without its command');
  const random = createRandom(request.seed);
  const first: Side = random.coin() ? 'base' : 'head';
  const sides = sidesOf(context, scenario, scenario.command, random);
  const end = beginRecord(request, first);
  let answers: Pair['answers'] = { compared: 0, different: 0 };
  let outcomes: Record<Side, TrialOutcome>;
  try {
    const isFirst = request.pairNo === 1 && scenario.load.warmUpRequests > 0;
    if (isFirst) await runBoth(sides, first);
    const executions = await repeat(sides, first, scenario.load, random, async () => {
      answers = await compareOutputs(sides.folders, sides.command.outputs);
    });
    outcomes = {
      base: { state: 'ok', trial: trialOf(executions.base, sides.custom) },
      head: { state: 'ok', trial: trialOf(executions.head, sides.custom) },
    };
  } catch (error) {
    if (!(error instanceof TrialError)) throw error;
    outcomes = { base: error.outcomeOf('base'), head: error.outcomeOf('head') };
  }
  return end({ outcomes, answers });
}

function sidesOf(context: PairContext, scenario: Scenario, command: CommandSpec, random: Random): Sides {
  const folders = context.slots.arrange(random.coin() ? 'base' : 'head');
  const env = (side: Side): Record<string, string> => {
    const own = { ...context.config.service.env, ...command.env };
    // A command listens nowhere: what a service has as its port it does not have.
    const { PORT: _port, ...rest } = environmentOf(context, folders[side], 0, own);
    return own['PORT'] === undefined ? rest : { ...rest, PORT: own['PORT'] };
  };
  return {
    command,
    custom: scenario.custom ?? [],
    folders,
    env: { base: env('base'), head: env('head') },
    cpus: context.pinning?.services,
  };
}

/** Prepares and runs one side once. @throws CommandFailure */
async function runOne({ command, custom, folders, env, cpus }: Sides, side: Side): Promise<Execution> {
  const call = { cwd: folders[side], env: env[side], cpus, timeoutMs: command.timeoutMs };
  try {
    await removeOutputs(folders[side], command.outputs);
  } catch (error) {
    const message = `expected outputs that can be removed before the next run, found: ${clip((error as Error).message)}`;
    throw new CommandFailure({ kind: 'exited', message, outputTail: '' });
  }
  if (command.prepare.length > 0) {
    try {
      // Not measured, so it needs no control group.
      await execute({ ...call, command: command.prepare }, {});
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      throw new CommandFailure({ ...error.failure, message: `preparing failed: ${error.failure.message}` });
    }
  }
  return execute({ ...call, command: command.command, watch: watchedTexts(custom) });
}

/**
 * Runs both sides once. When one fails the other has its turn all the same: what both do so is not the head's doing.
 * @throws TrialError of the side or sides that failed
 */
async function runBoth(sides: Sides, first: Side): Promise<Record<Side, Execution>> {
  const done: Partial<Record<Side, Execution>> = {};
  const failures: Partial<Record<Side, TrialFailure>> = {};
  for (const side of sidesFrom(first)) {
    try {
      done[side] = await runOne(sides, side);
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      failures[side] = error.failure;
    }
  }
  const { base, head } = done;
  if (base === undefined || head === undefined) throw new TrialError(failures);
  return { base, head };
}

/** Runs both sides in turn until the measured time is filled; equal counts by construction. */
async function repeat(
  sides: Sides,
  first: Side,
  { measuredMs }: LoadSpec,
  random: Random,
  afterFirst: () => Promise<void>,
): Promise<Record<Side, Execution[]>> {
  const executions: Record<Side, Execution[]> = { base: [], head: [] };
  const startedMs = performance.now();
  let order = first;
  let wallMs = 0;
  do {
    const both = await runBoth(sides, order);
    for (const side of SIDES) {
      executions[side].push(both[side]);
      wallMs += both[side].wallMs;
    }
    if (executions.base.length === 1) await afterFirst();
    order = random.coin() ? 'base' : 'head';
  } while (wallMs < measuredMs && performance.now() - startedMs < measuredMs * MAX_ELAPSED_FACTOR);
  return executions;
}

function trialOf(executions: readonly Execution[], custom: readonly CustomMetric[]): Trial {
  const count = executions.length;
  const sum = (value: (execution: Execution) => number): number =>
    executions.reduce((total, execution) => total + value(execution), 0);
  const walls = executions.map(({ wallMs }) => wallMs);
  const cpuUs = sum((execution) => execution.cpuUs);
  const memoryPeakBytes = Math.max(...executions.map((execution) => execution.memoryPeakBytes));
  const notes: string[] = [];
  const figures: Partial<Record<MetricName, number>> = {
    cpu_time: cpuUs / count,
    wall_time: sum(({ wallMs }) => wallMs) / count,
  };
  if (executions.every(({ bytesWritten }) => bytesWritten !== undefined)) {
    figures.bytes_written = sum(({ bytesWritten }) => bytesWritten ?? 0) / count;
  } else notes.push('bytes written are missing: the kernel keeps no account of them (/proc/PID/io)');
  if (memoryPeakBytes === 0) notes.push('peak memory is missing: the command ended before it was looked at');
  const last = executions.at(-1);
  const cpuSource = last?.cpuSource ?? 'ticks';
  if (cpuSource === 'ticks') {
    notes.push('CPU time was counted in steps of 10 ms: there is no control group and no bash here');
  }
  for (const { name, title, from } of custom) {
    const value = from.kind === 'printed' ? last?.printed.last(from.after) : undefined;
    if (value !== undefined) figures[`custom_${name}`] = value;
    else
      notes.push(
        `no value for ${title}: ${from.kind === 'served' ? 'a command serves nothing' : 'its text was not printed with a number'}`,
      );
  }
  return {
    // A command does not become ready.
    startupMs: 0,
    requests: count,
    cpuUs,
    cpuSource,
    latencyMs: summarizeLatencies(walls),
    histogram: encodeHistogram(walls),
    memoryPeakBytes,
    figures,
    ...(notes.length > 0 ? { notes } : {}),
  };
}
