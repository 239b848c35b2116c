import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { forgetRunning, rememberRunning, type Stoppable } from '../running.ts';

/**
 * Does `work` with a new folder below the system's temporary one. It is removed afterwards, and also when the runner is
 * told to end meanwhile: a recording takes many megabytes.
 */
export async function withOwnFolder<T>(prefix: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  const removal: Stoppable = {
    // A program that is being ended may still write there.
    stop: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined),
  };
  rememberRunning(removal);
  try {
    return await work(folder);
  } finally {
    forgetRunning(removal);
    await removal.stop();
  }
}
