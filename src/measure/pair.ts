import type { ProjectConfig, Scenario } from '../domain/benchmark.ts';
import { type Pair, type Side, SIDES, type Stage, type Trial, type TrialOutcome } from '../domain/trial.ts';
import { createRandom } from '../stats/random.ts';
import { alternate } from './alternate.ts';
import { compareAnswers } from './answers.ts';
import { canUseHugePages } from './environment.ts';
import type { SideInUse } from './exchange.ts';
import { encodeHistogram, summarizeLatencies } from './histogram.ts';
import { ServiceClient } from './http-client.ts';
import type { Pinning } from './pinning.ts';
import { type CpuSnapshot, cpuBetween, peakMemoryBytes, readSteal, takeCpuSnapshot } from './process-tree.ts';
import { ServiceProcess } from './service-process.ts';
import { choosePorts, type Slots } from './slots.ts';
import { settleSides, TrialError } from './trial-error.ts';
import { warmUp } from './warm-up.ts';

export interface PairRequest {
  scenario: string;
  pairNo: number;
  stage: Stage;
  seed: number;
}

export interface PairContext {
  config: Pick<ProjectConfig, 'service' | 'answers'>;
  slots: Slots;
  pinning: Pinning;
  /** PATH of the services. */
  path: string;
}

/** What the service finds in its environment; equal in names and lengths on both sides. */
function environmentOf(context: PairContext, tree: string, port: number): Record<string, string> {
  const { service } = context.config;
  return {
    PATH: context.path,
    HOME: tree,
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    ...(service.hugePages && canUseHugePages() ? { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' } : {}),
    ...service.env,
    PORT: String(port),
  };
}

function trialOf(
  startupMs: number,
  latencies: number[],
  pid: number,
  before: CpuSnapshot,
  after: CpuSnapshot,
): Trial {
  const cpu = cpuBetween(before, after);
  return {
    startupMs,
    requests: latencies.length,
    cpuUs: cpu.cpuUs,
    cpuSource: cpu.source,
    latencyMs: summarizeLatencies(latencies),
    histogram: encodeHistogram(latencies),
    memoryPeakBytes: peakMemoryBytes(pid),
  };
}

/**
 * Measures one pair: start both fresh, compare answers, warm up, alternate, read CPU and memory, stop both.
 * Start order, folders and ports by coin. A side that fails gives a pair with a failed trial, not an exception.
 */
export async function measurePair(
  context: PairContext,
  scenario: Scenario,
  request: PairRequest,
): Promise<Pair> {
  const random = createRandom(request.seed);
  const first: Side = random.coin() ? 'base' : 'head';
  const trees = context.slots.arrange(random.coin() ? 'base' : 'head');
  const ports = await choosePorts(context.config.service.port, random.coin() ? 'base' : 'head');
  const order: readonly Side[] = first === 'base' ? SIDES : ['head', 'base'];

  const startedAt = new Date();
  const startedMs = performance.now();
  const stealBefore = readSteal();
  const running = {} as Record<Side, SideInUse>;
  let answers: Pair['answers'] = { compared: 0, different: 0 };
  let outcomes: Record<Side, TrialOutcome>;
  try {
    const startupMs = await startBoth(order, (side) => {
      const process = new ServiceProcess({
        side,
        service: context.config.service,
        tree: trees[side],
        port: ports[side],
        env: environmentOf(context, trees[side], ports[side]),
        cpus: context.pinning?.services,
      });
      running[side] = { process, client: new ServiceClient(ports[side], scenario.load.requestTimeoutMs) };
      return process;
    });
    const sample = random.shuffle(scenario.requests).slice(0, context.config.answers.sample);
    answers = await compareAnswers(running, sample, context.config.answers.ignoreKeys);
    await warmUp(
      order.map((side) => running[side].process),
      scenario.requests,
      scenario.load,
    );
    const pids = { base: running.base.process.pid, head: running.head.process.pid };
    const before = { base: takeCpuSnapshot(pids.base), head: takeCpuSnapshot(pids.head) };
    const latencies = await alternate(running, scenario.requests, scenario.load, random);
    const after = { base: takeCpuSnapshot(pids.base), head: takeCpuSnapshot(pids.head) };
    const outcome = (side: Side): TrialOutcome => ({
      state: 'ok',
      trial: trialOf(startupMs[side], latencies[side], pids[side], before[side], after[side]),
    });
    outcomes = { base: outcome('base'), head: outcome('head') };
  } catch (error) {
    if (!(error instanceof TrialError)) throw error;
    outcomes = { base: error.outcomeOf('base'), head: error.outcomeOf('head') };
  } finally {
    for (const side of Object.values(running)) side.client.close();
    await Promise.all(Object.values(running).map((side) => side.process.stop()));
  }

  const stealAfter = readSteal();
  return {
    ...request,
    first,
    startedAt: startedAt.toISOString(),
    wallMs: performance.now() - startedMs,
    ...outcomes,
    answers,
    ...(stealBefore && stealAfter && stealAfter.total > stealBefore.total
      ? { stealShare: (stealAfter.stolen - stealBefore.stolen) / (stealAfter.total - stealBefore.total) }
      : {}),
  };
}

/** One after the other, so that neither start disturbs the other's figure; milliseconds to ready. */
async function startBoth(
  order: readonly Side[],
  start: (side: Side) => ServiceProcess,
): Promise<Record<Side, number>> {
  const startupMs = {} as Record<Side, number>;
  const starts: Promise<void>[] = [];
  for (const side of order) {
    const process = start(side);
    const ready = (async () => {
      startupMs[side] = await process.waitUntilReady();
    })();
    starts.push(ready);
    // A side that does not start is reported below, after the other had its chance too.
    await Promise.allSettled([ready]);
  }
  await settleSides(starts);
  return startupMs;
}
