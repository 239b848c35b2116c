import { z } from 'zod';

import { PerfCiError } from '../domain/errors.ts';
import {
  addTree,
  type CallNode,
  childOf,
  emptyTree,
  type Frame,
  MAX_DEPTH,
  scaleTree,
  totalUs,
} from './call-tree.ts';
import { shownFile, shownName } from './place.ts';

/** Longest text that is parsed: some ten seconds of a large service take 5 MB. */
export const MAX_PROFILE_BYTES = 64 * 2 ** 20;
const MAX_NODES = 200_000;
const MAX_SAMPLES = 1_000_000;
/** Thirty years in microseconds: what V8 counts from is not said, so only nonsense is refused. */
const MAX_US = 1e15;

const id = z.int().nonnegative();
const us = z.number().min(-MAX_US).max(MAX_US);

const profileShape = z.object({
  nodes: z
    .array(
      z.object({
        id,
        callFrame: z.object({
          functionName: z.string(),
          scriptId: z.union([z.string(), z.number()]).transform(String),
          url: z.string(),
          lineNumber: z.int(),
          columnNumber: z.int(),
        }),
        hitCount: z.int().nonnegative().exactOptional(),
        children: z.array(id).exactOptional(),
      }),
    )
    .min(1)
    .max(MAX_NODES),
  startTime: us,
  endTime: us,
  samples: z.array(id).max(MAX_SAMPLES),
  timeDeltas: z.array(us).max(MAX_SAMPLES),
});

/** A V8 CPU profile, checked: a tree of calls, and samples that name its nodes. Times in microseconds. */
export type CpuProfile = z.output<typeof profileShape>;

function broken(message: string, cause?: unknown): PerfCiError {
  return new PerfCiError('profile-broken', `expected a V8 CPU profile, found ${message}`, { cause });
}

/**
 * Parses the text of a .cpuprofile (Chrome DevTools Protocol, type Profiler.Profile). It comes from the profiled
 * process and is believed nothing: sizes are bounded, numbers finite, and the nodes one tree without circles.
 * @throws PerfCiError `profile-broken`
 */
export function parseCpuProfile(text: string): CpuProfile {
  if (text.length > MAX_PROFILE_BYTES) throw broken(`${text.length} characters`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw broken('no JSON', cause);
  }
  const parsed = profileShape.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw broken(`${issue?.message ?? 'something else'} at ${issue?.path.join('.') ?? '?'}`, parsed.error);
  }
  const profile = parsed.data;
  if (profile.samples.length !== profile.timeDeltas.length) {
    throw broken(`${profile.samples.length} samples with ${profile.timeDeltas.length} times`);
  }
  checkTree(profile);
  return profile;
}

function checkTree({ nodes, samples }: CpuProfile): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  if (byId.size !== nodes.length) throw broken('two nodes with one id');
  const withParent = new Set<number>();
  for (const { children = [] } of nodes) {
    for (const child of children) {
      if (!byId.has(child)) throw broken(`a child ${child} that is no node`);
      if (withParent.has(child)) throw broken(`node ${child} under two parents`);
      withParent.add(child);
    }
  }
  const roots = nodes.filter((node) => !withParent.has(node.id));
  if (roots.length !== 1) throw broken(`${roots.length} roots`);
  // Level by level: with one parent each, what is not reached from the root is a circle.
  let level = roots;
  let reached = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) throw broken(`more than ${MAX_DEPTH} calls on a path`);
    reached += level.length;
    level = level.flatMap(({ children = [] }) =>
      children.map((child) => byId.get(child) as (typeof nodes)[0]),
    );
  }
  if (reached !== nodes.length) throw broken('nodes that call each other in a circle');
  for (const sample of samples)
    if (!byId.has(sample)) throw broken(`a sample of ${sample}, which is no node`);
}

/**
 * How long each sample lasted: until the next one, the last until the profile's end. Clocks of samples may step
 * back by a little, which counts as nothing.
 * @returns microseconds, as many as samples
 */
export function sampleTimes({ samples, timeDeltas, startTime, endTime }: CpuProfile): number[] {
  const atUs: number[] = [];
  let nowUs = startTime;
  for (const delta of timeDeltas) {
    nowUs += delta;
    atUs.push(nowUs);
  }
  return samples.map((_, index) => Math.max(0, (atUs[index + 1] ?? endTime) - (atUs[index] ?? endTime)));
}

/** V8's name of the time in which nothing was to do. */
const IDLE = '(idle)';

/**
 * The calls of a profile with their times; nodes that are the same function under the same callers become one.
 * Time in which the process waited is no time spent and is left out; garbage collection and native code stay under
 * V8's names, `(garbage collector)` and `(program)`.
 * @param root absolute path of the tree that the profiled code lies in
 * @param cpuUs CPU time of the profiled thread meanwhile: samples are timed by a clock that runs on while the thread
 *   waits for a processor, so on a busy host all times are scaled down to it; undefined: times stay as sampled
 */
export function treeOfCpuProfile(profile: CpuProfile, root: string, cpuUs?: number): CallNode {
  const byId = new Map(profile.nodes.map((node) => [node.id, { node, us: 0, samples: 0 }]));
  const times = sampleTimes(profile);
  for (const [index, sample] of profile.samples.entries()) {
    const entry = byId.get(sample);
    if (entry === undefined) continue;
    entry.us += times[index] as number;
    entry.samples += 1;
  }
  const tree = emptyTree();
  const children = new Set(profile.nodes.flatMap((node) => node.children ?? []));
  const visit = (parent: CallNode, nodeId: number): void => {
    const entry = byId.get(nodeId);
    if (entry === undefined || entry.node.callFrame.functionName === IDLE) return;
    const { callFrame } = entry.node;
    const isRoot = parent === tree && !children.has(nodeId);
    const at = isRoot ? tree : childOf(parent, frameOf(callFrame, root));
    at.selfUs += entry.us;
    at.samples += entry.samples;
    for (const child of entry.node.children ?? []) visit(at, child);
  };
  for (const { id: nodeId } of profile.nodes) if (!children.has(nodeId)) visit(tree, nodeId);
  const sampledUs = totalUs(tree);
  if (cpuUs !== undefined && cpuUs < sampledUs) scaleTree(tree, cpuUs / sampledUs);
  return tree;
}

function frameOf(callFrame: CpuProfile['nodes'][0]['callFrame'], root: string): Frame {
  return {
    name: shownName(callFrame.functionName),
    file: shownFile(callFrame.url, root),
    // V8 counts lines from 0 and says -1 of code that has none.
    ...(callFrame.lineNumber < 0 ? {} : { line: callFrame.lineNumber + 1 }),
  };
}

/** The trees of several processes of one service as one. */
export function sumOfTrees(trees: readonly CallNode[]): CallNode {
  const sum = emptyTree();
  for (const tree of trees) addTree(sum, tree);
  return sum;
}

/** A profile as text to keep: what was checked and nothing else, files relative to `root`. */
export function cpuProfileText(profile: CpuProfile, root: string): string {
  const nodes = profile.nodes.map((node) => ({
    ...node,
    callFrame: {
      ...node.callFrame,
      functionName: shownName(node.callFrame.functionName),
      url: shownFile(node.callFrame.url, root),
    },
  }));
  return JSON.stringify({ ...profile, nodes });
}
