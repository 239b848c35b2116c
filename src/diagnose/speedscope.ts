import { type CallNode, type Frame, frameKey } from './call-tree.ts';
import type { ProfiledSide } from './compare-profiles.ts';

/** Speedscope's own file format, https://www.speedscope.app/file-format-schema.json; as much of it as is written. */
export interface SpeedscopeFile {
  $schema: 'https://www.speedscope.app/file-format-schema.json';
  name: string;
  exporter: 'perf-ci';
  activeProfileIndex: number;
  shared: { frames: Frame[] };
  profiles: SpeedscopeProfile[];
}

export interface SpeedscopeProfile {
  type: 'evented';
  name: string;
  unit: 'microseconds';
  startValue: number;
  endValue: number;
  events: { type: 'O' | 'C'; frame: number; at: number }[];
}

/** Calls with one time each, in microseconds a request. */
interface Weighted {
  frame: Frame;
  us: number;
  /** Only those in which time was spent, or in what they call. */
  children: Weighted[];
}

function weighted(frame: Frame, us: number, children: readonly Weighted[]): Weighted {
  return { frame, us, children: children.filter((child) => child.us > 0 || child.children.length > 0) };
}

/** Frames of a file, each listed once. */
class FrameList {
  readonly frames: Frame[] = [];
  readonly #index = new Map<string, number>();

  indexOf(frame: Frame): number {
    const key = frameKey(frame);
    let index = this.#index.get(key);
    if (index === undefined) {
      index = this.frames.length;
      this.frames.push(frame);
      this.#index.set(key, index);
    }
    return index;
  }
}

function weightedSide(node: CallNode, requests: number): Weighted {
  return weighted(
    node.frame,
    node.selfUs / requests,
    [...node.children.values()].map((child) => weightedSide(child, requests)),
  );
}

/** The paths of both sides laid over each other, each weighted by how much more `more` spent on it. */
function weightedGrowth(
  more: CallNode | undefined,
  less: CallNode | undefined,
  requests: { more: number; less: number },
): Weighted {
  const keys = new Set([...(more?.children.keys() ?? []), ...(less?.children.keys() ?? [])]);
  const us = (more?.selfUs ?? 0) / requests.more - (less?.selfUs ?? 0) / requests.less;
  return weighted(
    ((more ?? less) as CallNode).frame,
    Math.max(0, us),
    [...keys].map((key) => weightedGrowth(more?.children.get(key), less?.children.get(key), requests)),
  );
}

/** Opened and closed calls, one merged path after the other: not the order of time, of which there is none. */
function profileOf(name: string, tree: Weighted, list: FrameList): SpeedscopeProfile {
  const events: SpeedscopeProfile['events'] = [];
  let atUs = 0;
  // Rounding the running sum, not the parts, keeps every close at or after its open.
  const at = (): number => Math.round(atUs * 1000) / 1000;
  const visit = (node: Weighted): void => {
    const frame = list.indexOf(node.frame);
    events.push({ type: 'O', frame, at: at() });
    atUs += node.us;
    for (const child of node.children) visit(child);
    events.push({ type: 'C', frame, at: at() });
  };
  visit(tree);
  return { type: 'evented', name, unit: 'microseconds', startValue: 0, endValue: at(), events };
}

function fileOf(
  name: string,
  trees: readonly { name: string; tree: Weighted }[],
  active: number,
): SpeedscopeFile {
  const list = new FrameList();
  const profiles = trees.map((each) => profileOf(each.name, each.tree, list));
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name,
    exporter: 'perf-ci',
    activeProfileIndex: active,
    shared: { frames: list.frames },
    profiles,
  };
}

/** One side as a speedscope file, in microseconds a request. */
export function sideFile(name: string, { tree, requests }: ProfiledSide): SpeedscopeFile {
  return fileOf(name, [{ name, tree: weightedSide(tree, requests) }], 0);
}

/**
 * Both sides and their difference as one speedscope file of four profiles, in microseconds a request: what grew in the
 * head (shown first), what shrank, base, head. Paths are compared as a whole, so that a function that is called from
 * a new place shows there.
 */
export function differenceFile(name: string, base: ProfiledSide, head: ProfiledSide): SpeedscopeFile {
  return fileOf(
    name,
    [
      {
        name: 'more in head',
        tree: weightedGrowth(head.tree, base.tree, { more: head.requests, less: base.requests }),
      },
      {
        name: 'less in head',
        tree: weightedGrowth(base.tree, head.tree, { more: base.requests, less: head.requests }),
      },
      { name: 'base', tree: weightedSide(base.tree, base.requests) },
      { name: 'head', tree: weightedSide(head.tree, head.requests) },
    ],
    0,
  );
}
