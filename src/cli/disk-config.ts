import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { FileBlob } from '../project-config/repository-files.ts';
import { MAX_CONFIG_BYTES, type ParsedConfig, parseProjectConfig } from '../project-config/parse.ts';

/** A file of the disk in git's terms; a link is reported as one and not followed. */
async function readBlob(path: string, maxBytes: number): Promise<FileBlob | undefined> {
  let stats;
  try {
    stats = await lstat(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  if (stats.isSymbolicLink()) return { mode: '120000', bytes: Buffer.alloc(0) };
  if (stats.isDirectory()) return { mode: '040000', bytes: Buffer.alloc(0) };
  // git has no mode for what is left; this one is a FIFO's, which would block whoever opens it.
  if (!stats.isFile()) return { mode: '010000', bytes: Buffer.alloc(0) };
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const buffer = Buffer.alloc(Math.min(stats.size, maxBytes) + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    // Whether a file on disk is executable says nothing of what git will store; the commit is checked for that.
    return { mode: '100644', bytes: buffer.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}

/** A configuration on disk; the files that it names are looked up beside it. */
export async function configOfDisk(path: string): Promise<ParsedConfig | { ok: 'absent' }> {
  const blob = await readBlob(path, MAX_CONFIG_BYTES);
  if (blob === undefined) return { ok: 'absent' };
  const folder = dirname(resolve(path));
  return parseProjectConfig({ ...blob, path }, (name, maxBytes) => readBlob(resolve(folder, name), maxBytes));
}
