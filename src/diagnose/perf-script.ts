import { PerfCiError } from '../domain/errors.ts';
import { addStack, type CallNode, emptyTree, type Frame } from './call-tree.ts';
import { MAX_PROFILE_BYTES } from './cpuprofile.ts';
import { shownFile, shownName } from './place.ts';

/** More calls of one stack than perf records by default are cut off at the outer end. */
const MAX_STACK = 200;
const HEADER = /^\s*\d+\s+(\d{1,15}):?\s*$/;
const ADDRESS = /^\s+[0-9a-f]{1,16} /;
const DELETED = ' (deleted))';

/** `   1346 main (/bin/srv)` in its parts; by hand, since a pattern over hostile text can take forever. */
function callOf(line: string): { symbol: string; file: string } | undefined {
  const address = ADDRESS.exec(line)?.[0].length;
  if (address === undefined || !line.endsWith(')')) return undefined;
  const before = line.endsWith(DELETED) ? line.length - DELETED.length - 1 : line.length;
  const bracket = line.lastIndexOf(' (', before);
  if (bracket < address - 1) return undefined;
  return { symbol: line.slice(address, bracket), file: line.slice(bracket + 2, -1) };
}

/**
 * The calls in what `perf script -F pid,period,ip,sym,dso` prints of a recording by the CPU clock, whose periods are
 * nanoseconds. Each sample is a line with process and period, then its calls, innermost first, then an empty line.
 * Symbols are the program's own words: lines that are none of these are skipped.
 * @param root absolute path of the tree that the profiled program lies in
 * @throws PerfCiError `profile-broken` when there is no sample in it
 */
export function treeOfPerfScript(text: string, root: string): CallNode {
  if (text.length > MAX_PROFILE_BYTES) {
    throw new PerfCiError('profile-broken', `expected at most ${MAX_PROFILE_BYTES} bytes of perf script`);
  }
  const tree = emptyTree();
  let periodNs: number | undefined;
  let stack: Frame[] = [];
  let samples = 0;
  const close = (): void => {
    if (periodNs !== undefined) {
      addStack(tree, stack.slice(0, MAX_STACK).reverse(), periodNs / 1000);
      samples += 1;
    }
    periodNs = undefined;
    stack = [];
  };
  for (const line of text.split('\n')) {
    const header = HEADER.exec(line);
    if (header !== null) {
      close();
      periodNs = Number(header[1]);
      continue;
    }
    const call = callOf(line);
    if (call !== undefined && periodNs !== undefined) {
      stack.push({ name: shownName(call.symbol), file: shownFile(call.file, root) });
    }
  }
  close();
  if (samples === 0) throw new PerfCiError('profile-broken', 'expected samples of perf, found none');
  return tree;
}
