import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FILE_MODE, EXECUTABLE_MODE, type TreeEntry } from './tree.ts';

// A pointer file is smaller than 1,024 bytes and starts with this line (git-lfs, docs/spec.md).
const POINTER_START = 'version https://git-lfs.github.com/spec/v1';
const MAX_POINTER_BYTES = 1_024;
const MAX_ATTRIBUTES_BYTES = 256 * 1024;

/**
 * Raw paths of files in the exported `folder` that are only pointers of Git LFS; their contents are never fetched.
 * Looks at small files, and only where some `.gitattributes` speaks of LFS.
 */
export async function findLfsPointers(folder: string, entries: readonly TreeEntry[]): Promise<string[]> {
  const files = entries.filter((entry) => entry.mode === FILE_MODE || entry.mode === EXECUTABLE_MODE);
  if (!(await speaksOfLfs(folder, files))) return [];
  const pointers: string[] = [];
  for (const entry of files) {
    const small = entry.sizeBytes > POINTER_START.length && entry.sizeBytes < MAX_POINTER_BYTES;
    if (small && (await startsLikePointer(onDisk(folder, entry)))) pointers.push(entry.rawPath);
  }
  return pointers;
}

async function speaksOfLfs(folder: string, files: readonly TreeEntry[]): Promise<boolean> {
  for (const entry of files) {
    if (!/(?:^|\/)\.gitattributes$/.test(entry.rawPath) || entry.sizeBytes > MAX_ATTRIBUTES_BYTES) continue;
    const attributes = await readFile(onDisk(folder, entry), 'utf8').catch(() => '');
    if (attributes.includes('filter=lfs')) return true;
  }
  return false;
}

async function startsLikePointer(path: Buffer): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(POINTER_START.length));
    return buffer.toString('latin1', 0, bytesRead) === POINTER_START;
  } finally {
    await file.close();
  }
}

function onDisk(folder: string, entry: TreeEntry): Buffer {
  return Buffer.concat([Buffer.from(join(folder, '/')), Buffer.from(entry.rawPath, 'latin1')]);
}
