/** A function as a profiler saw it. Name and file come from the profiled program: hostile. */
export interface Frame {
  name: string;
  /** Inside the repository relative to its root; else what the profiler calls it; '' for none. */
  file: string;
  /** 1-based line where the function starts. */
  line?: number;
}

/** One function called on one path; its time is without that of what it calls. */
export interface CallNode {
  frame: Frame;
  selfUs: number;
  /** How many samples the time comes from: its error is about `selfUs / sqrt(samples)`. */
  samples: number;
  children: Map<string, CallNode>;
}

/** Deeper calls than these are refused: V8 keeps 255 frames of a stack, perf 127. */
export const MAX_DEPTH = 1000;

/** What identifies a function across two commits: name and file, without the line, which shifts. */
export function frameKey({ name, file }: Frame): string {
  return `${file}\u0000${name}`;
}

/** An empty tree; its root stands for no function. */
export function emptyTree(): CallNode {
  return node({ name: '(all)', file: '' });
}

function node(frame: Frame): CallNode {
  return { frame, selfUs: 0, samples: 0, children: new Map() };
}

/** The child of `parent` that is `frame`, made when it is not there yet. */
export function childOf(parent: CallNode, frame: Frame): CallNode {
  const key = frameKey(frame);
  let child = parent.children.get(key);
  if (child === undefined) {
    child = node(frame);
    parent.children.set(key, child);
  }
  return child;
}

/** Adds one stack, outermost call first; only its last function gets the time. Longer than MAX_DEPTH: RangeError. */
export function addStack(root: CallNode, stack: readonly Frame[], us: number, samples = 1): void {
  if (stack.length > MAX_DEPTH)
    throw new RangeError(`expected at most ${MAX_DEPTH} calls, found ${stack.length}`);
  let at = root;
  for (const frame of stack) at = childOf(at, frame);
  at.selfUs += us;
  at.samples += samples;
}

/** Adds all times of `from` to `into`, for the processes of one service. */
export function addTree(into: CallNode, from: CallNode): void {
  into.selfUs += from.selfUs;
  into.samples += from.samples;
  for (const child of from.children.values()) addTree(childOf(into, child.frame), child);
}

/** Multiplies all times by `factor`; samples stay as they are. */
export function scaleTree(root: CallNode, factor: number): void {
  root.selfUs *= factor;
  for (const child of root.children.values()) scaleTree(child, factor);
}

/** Time of a function and of all that it called, in microseconds. */
export function totalUs({ selfUs, children }: CallNode): number {
  let total = selfUs;
  for (const child of children.values()) total += totalUs(child);
  return total;
}

/** Self time of one function over all paths to it. */
export interface SelfTime {
  /** With the line of the place that took the most. */
  frame: Frame;
  us: number;
  samples: number;
}

/** Self times by function, see {@link frameKey}; their sum is the total of the tree. */
export function selfTimes(root: CallNode): Map<string, SelfTime> {
  const times = new Map<string, SelfTime>();
  const mostUs = new Map<string, number>();
  const visit = (at: CallNode): void => {
    if (at.selfUs > 0 || at.samples > 0) {
      const key = frameKey(at.frame);
      const time = times.get(key) ?? { frame: at.frame, us: 0, samples: 0 };
      // Several functions of one file may share a name, such as "(anonymous)": the line is that of the slowest.
      if (at.selfUs > (mostUs.get(key) ?? -1)) {
        time.frame = at.frame;
        mostUs.set(key, at.selfUs);
      }
      time.us += at.selfUs;
      time.samples += at.samples;
      times.set(key, time);
    }
    for (const child of at.children.values()) visit(child);
  };
  visit(root);
  return times;
}
