import { clip } from '../domain/errors.ts';

const NAME_CHARACTERS = 160;
const FILE_CHARACTERS = 240;

/** A function's name as it may be shown and stored: short, no control characters. '' becomes `(anonymous)`. */
export function shownName(name: string): string {
  return name === '' ? '(anonymous)' : clip(name.toWellFormed(), NAME_CHARACTERS);
}

/**
 * The file of a frame relative to the tree of its side, so that both sides call it the same.
 * @param url a path, a `file:` address, or what else a profiler calls it (`node:internal/…`, `[kernel]`)
 * @param root the absolute path of the side's tree, without a slash at its end
 */
export function shownFile(url: string, root: string): string {
  const path = pathOf(url);
  const shown = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
  return clip(shown.toWellFormed(), FILE_CHARACTERS);
}

function pathOf(url: string): string {
  if (!url.startsWith('file://')) return url;
  const path = url.slice('file://'.length).replace(/[?#].*$/s, '');
  try {
    return decodeURIComponent(path);
  } catch {
    // A lone per cent sign: not an address that Node made.
    return path;
  }
}
