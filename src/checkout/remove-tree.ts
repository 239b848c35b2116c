import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes a folder that foreign code has written to, following no link. A build may leave folders without write
 * permission (Go's module cache does), in which nothing can be deleted by a normal user: those are opened first.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 2 });
  } catch {
    await openFolders(path);
    await rm(path, { recursive: true, force: true, maxRetries: 2 });
  }
}

async function openFolders(path: string): Promise<void> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined || !facts.isDirectory()) return;
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(path, entry.name));
  }
}
