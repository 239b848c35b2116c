/** Symlinks of a tree, judged by their text before any of them exists on disk. */

/** Linux gives up after this many links on the way (path_resolution(7)). */
const MAX_HOPS = 40;

/**
 * Whether opening `rawPath`, a symlink of the tree, stays inside the tree at every step. Links met on the way are
 * followed like the kernel does it: `d/..` is not where `d` lies but the parent of where `d` leads, so removing dots
 * from the text alone would let a chain of harmless-looking links climb out.
 * @param links raw path of every symlink of the tree to its text.
 * @returns true also for links that lead to nothing or in circles: they can hurt nobody.
 */
export function staysInside(rawPath: string, links: ReadonlyMap<string, string>): boolean {
  const here: string[] = [];
  const ahead = rawPath.split('/');
  let hops = 0;
  while (ahead.length > 0) {
    const part = ahead.shift();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      if (here.pop() === undefined) return false;
      continue;
    }
    const target = links.get([...here, part].join('/'));
    if (target === undefined) {
      here.push(part);
      continue;
    }
    if (target.startsWith('/')) return false;
    hops += 1;
    if (hops > MAX_HOPS) return true;
    ahead.unshift(...target.split('/'));
  }
  return true;
}
