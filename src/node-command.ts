import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../', import.meta.url);

/**
 * What Node has to be told before it runs TypeScript of the package at `root`: nothing in a checkout; in an installed
 * copy a loader, since Node refuses to strip types below a node_modules folder. bin/perf-ci.js decides the same.
 */
export function nodeFlags(root: URL = ROOT): string[] {
  if (!fileURLToPath(root).split(sep).includes('node_modules')) return [];
  // The loader calls stripTypeScriptTypes, which warns that it is experimental; users cannot act on that.
  return ['--disable-warning=ExperimentalWarning', '--import', new URL('bin/strip-types.js', root).href];
}

/** The argument list that runs `entry`, a TypeScript file of this package, in a Node of its own. */
export function nodeCommand(entry: string, ...args: string[]): string[] {
  return [process.execPath, ...nodeFlags(), entry, ...args];
}
