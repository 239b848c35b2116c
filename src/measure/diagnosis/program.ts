import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';

import { findOnPath } from '../../processes/wrap-command.ts';

/** What a start command runs: Node, another native program, or what is neither, with the reason. */
export type Program = { kind: 'node' | 'native'; file: string } | { kind: 'other'; why: string };

const ELF_MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
/** Programs that only start others: what they start is what works. */
const STARTERS = /^(?:ba|da|z|)sh$|^(?:npm|npx|pnpm|yarn|env|busybox|sudo|tini|dumb-init|make)$/;

/** Looks up what `start` runs, as the system would from `folder` with `path`. */
export function programOf(start: readonly string[], path: string, folder: string): Program {
  const [name = ''] = start;
  if (name === '') return { kind: 'other', why: 'there is no start command' };
  const found = name.includes('/') ? resolve(folder, name) : findOnPath(name, path);
  if (found === undefined) return { kind: 'other', why: `${name} is not on PATH` };
  let file: string;
  try {
    file = realpathSync(found);
  } catch {
    return { kind: 'other', why: `${name} is not there` };
  }
  if (STARTERS.test(basename(found)) || STARTERS.test(basename(file))) {
    return {
      kind: 'other',
      why: `the start command runs ${basename(found)}, which only starts another program`,
    };
  }
  if (!isElf(file)) return { kind: 'other', why: `${basename(found)} is a script, not a native program` };
  return { kind: basename(file) === 'node' ? 'node' : 'native', file };
}

function isElf(file: string): boolean {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const magic = Buffer.alloc(ELF_MAGIC.length);
      return readSync(descriptor, magic) === magic.length && magic.equals(ELF_MAGIC);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}
