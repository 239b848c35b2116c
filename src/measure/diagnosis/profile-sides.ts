import type { Scenario } from '../../domain/benchmark.ts';
import { SIDES, type Side } from '../../domain/trial.ts';
import { createRandom } from '../../stats/random.ts';
import { chooseInspectorPorts } from '../accounts/node-options.ts';
import type { PairContext } from '../start-both.ts';
import { type DiagnoseRequest, NotPossible, type ProfileFound } from './answer.ts';
import { alternateRequests, parallelRequests } from './equal-load.ts';
import { withOwnFolder } from './own-folder.ts';
import { PerfRecording } from './profile-perf.ts';
import { nodeProcessesOf, V8Recording } from './profile-v8.ts';
import { startSides, type StartedSides } from './started-sides.ts';

/** Of both sides together, while they are profiled: some 5 s of work each, so that 3 % of a large function show. */
const PROFILED = { min: 20, max: 30_000, ms: 10_000 };
/** Shares of the time limit that a slow service may warm up and be profiled for. */
const WARM_SHARE = 0.4;
const PROFILED_SHARE = 0.3;

/**
 * Both sides once more under a CPU profiler, warmed up, with the same seeded requests one after the other. V8's own for
 * Node, perf for any other program. Profiles are left as files in the folder of the request.
 * @throws NotPossible with a reason; TrialError when a side fails
 */
export async function profileSides(
  context: PairContext,
  scenario: Scenario,
  request: DiagnoseRequest,
): Promise<ProfileFound> {
  const random = createRandom(request.seed);
  const { service } = context.config;
  const inspectorPorts = await chooseInspectorPorts(service.port);
  const started = await startSides(context, scenario, random, () => ({
    service: { base: service, head: service },
    inspectorPorts,
    cpus: context.pinning?.services,
  }));
  try {
    const { load } = scenario;
    const phases: Phases = {
      warm: () =>
        parallelRequests(
          started.sides,
          {
            min: load.warmUpRequests,
            max: Infinity,
            ms: load.warmUpMs,
            lastMs: request.limitMs * WARM_SHARE,
          },
          random,
          'warmUpRequests',
        ),
      measure: () =>
        alternateRequests(started.sides, { ...PROFILED, lastMs: request.limitMs * PROFILED_SHARE }, random),
    };
    const isNode = SIDES.some((side) => nodeProcessesOf(started.sides[side].process).length > 0);
    const { files, requests, cpuUs } = isNode
      ? await byV8(started, request.folder, phases)
      : await byPerf(started, context.path, request.folder, phases);
    return {
      state: 'profiled',
      profiler: isNode ? 'v8' : 'perf',
      requests,
      files,
      ...(cpuUs === undefined ? {} : { cpuUs }),
      roots: started.roots,
    };
  } finally {
    await started.stop();
  }
}

/** Load, told when by who records. @returns requests to each side */
interface Phases {
  warm: () => Promise<number>;
  measure: () => Promise<number>;
}

interface Recorded {
  files: Record<Side, number>;
  requests: number;
  cpuUs?: Record<Side, number[]>;
}

async function byV8({ sides }: StartedSides, folder: string, { warm, measure }: Phases): Promise<Recorded> {
  const recording = await V8Recording.start({ base: sides.base.process, head: sides.head.process });
  try {
    await warm();
    await recording.restart();
    const requests = await measure();
    const cpuUs = await recording.save(folder);
    const files = { base: cpuUs.base.length, head: cpuUs.head.length };
    if (files.base === 0 || files.head === 0)
      throw new NotPossible('only one of the sides is a Node service');
    const isKnown = [...cpuUs.base, ...cpuUs.head].every((us) => us > 0);
    return { requests, files, ...(isKnown ? { cpuUs } : {}) };
  } finally {
    await recording.close();
  }
}

async function byPerf(
  { sides, roots }: StartedSides,
  path: string,
  folder: string,
  { warm, measure }: Phases,
): Promise<Recorded> {
  // perf takes every file there for a map of compiled code, and finds no symbol in it.
  if (Object.values(roots).some((root) => root.startsWith('/tmp/perf-'))) {
    throw new NotPossible('perf reads no symbols of programs under /tmp/perf-: measure in another folder');
  }
  return withOwnFolder('perf-ci-perf-', async (own): Promise<Recorded> => {
    const recordings = new Map<Side, PerfRecording>();
    try {
      await warm();
      for (const side of SIDES) {
        const { pid } = sides[side].process;
        recordings.set(side, await PerfRecording.start(pid, path, { folder: own, side }));
      }
      const requests = await measure();
      for (const recording of recordings.values()) await recording.stop();
      for (const [side, recording] of recordings) await recording.save(folder, side);
      return { requests, files: { base: 1, head: 1 } };
    } finally {
      for (const recording of recordings.values()) await recording.stop();
    }
  });
}
