import { constants, createReadStream, type Stats } from 'node:fs';
import { access, lstat, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';

import { clip } from '../../domain/errors.ts';
import type { AnswerComparison, Side } from '../../domain/trial.ts';

/** Bytes of both sides around the first difference that are shown. */
const SHOWN_BYTES = 24;

/** The readable regular file `name` below `folder`, never outside of it by way of a link; undefined: there is none. */
async function fileIn(folder: string, name: string): Promise<{ path: string; stats: Stats } | undefined> {
  try {
    const path = await realpath(join(folder, name));
    const root = await realpath(folder);
    await access(path, constants.R_OK);
    const stats = await lstat(path);
    return stats.isFile() && path.startsWith(root + sep) ? { path, stats } : undefined;
  } catch {
    return undefined;
  }
}

/** Removes what an earlier run wrote, so that a run that writes nothing is not taken for one that wrote the same. */
export async function removeOutputs(folder: string, outputs: readonly string[]): Promise<void> {
  for (const name of outputs) {
    const file = await fileIn(folder, name);
    if (file !== undefined) await rm(file.path);
  }
}

async function* chunks(path: string): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) yield chunk as Buffer;
}

/** Offset of the first byte in which two files of equal length differ; undefined: none. */
async function firstDifference(a: string, b: string): Promise<number | undefined> {
  const others = chunks(b);
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  try {
    for await (const chunk of chunks(a)) {
      while (rest.length < chunk.length) {
        const next = await others.next();
        if (next.done === true) return offset + rest.length;
        rest = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
      }
      if (!chunk.equals(rest.subarray(0, chunk.length))) {
        let index = 0;
        while (chunk[index] === rest[index]) index += 1;
        return offset + index;
      }
      rest = rest.subarray(chunk.length);
      offset += chunk.length;
    }
    return undefined;
  } finally {
    await others.return(undefined);
  }
}

async function bytesAt(path: string, offset: number): Promise<string> {
  const start = Math.max(0, offset - SHOWN_BYTES / 2);
  const parts: Buffer[] = [];
  for await (const chunk of createReadStream(path, { start, end: start + SHOWN_BYTES - 1 }))
    parts.push(chunk as Buffer);
  return clip(`at byte ${offset}: ${JSON.stringify(Buffer.concat(parts).toString('latin1'))}`, 80);
}

/**
 * Compares the files that both sides wrote by their bytes. A file that neither wrote counts as not compared.
 * @param folders where the command ran
 */
export async function compareOutputs(
  folders: Record<Side, string>,
  outputs: readonly string[],
): Promise<AnswerComparison> {
  const comparison: AnswerComparison = { compared: 0, different: 0, bytes: { base: 0, head: 0 } };
  const bytes = { base: 0, head: 0 };
  for (const name of outputs) {
    const base = await fileIn(folders.base, name);
    const head = await fileIn(folders.head, name);
    if (base === undefined && head === undefined) continue;
    comparison.compared += 1;
    bytes.base += base?.stats.size ?? 0;
    bytes.head += head?.stats.size ?? 0;
    const difference = await differenceOf(base, head);
    if (difference === undefined) continue;
    comparison.different += 1;
    comparison.example ??= { request: clip(name), ...difference };
  }
  return { ...comparison, bytes };
}

type Found = { path: string; stats: Stats } | undefined;

async function differenceOf(base: Found, head: Found): Promise<Record<Side, string> | undefined> {
  if (base === undefined || head === undefined || base.stats.size !== head.stats.size) {
    const say = (file: Found): string => (file === undefined ? 'no file' : `${file.stats.size} bytes`);
    return { base: say(base), head: say(head) };
  }
  const offset = await firstDifference(base.path, head.path);
  if (offset === undefined) return undefined;
  return { base: await bytesAt(base.path, offset), head: await bytesAt(head.path, offset) };
}
