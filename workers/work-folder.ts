import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { type Config, folders } from '../src/config.ts';
import type { Run } from '../src/domain/run.ts';
import type { Log } from '../src/log.ts';
import type { Pool } from '../src/store/pool.ts';
import { runById } from '../src/store/runs.ts';

/** Where one lease of a run keeps the sides' copies: a folder of its own, never that of a later holder. */
export function workFolder(config: Config, run: Pick<Run, 'id' | 'leaseEpoch'>): string {
  return join(folders(config).work, `${run.id}-${run.leaseEpoch}`);
}

/** Removes what killed workers left behind: folders of leases that nobody holds any more. */
export async function removeLeftovers(config: Config, pool: Pool, log: Log): Promise<void> {
  const { work } = folders(config);
  const names = await readdir(work).catch(() => []);
  for (const name of names) {
    const [, id, epoch] = /^([0-9a-f-]{36})-(\d+)$/.exec(name) ?? [];
    if (id === undefined) continue;
    const run = await runById(pool, id);
    if (run?.state === 'leased' && run.leaseEpoch === epoch) continue;
    log.info({ folder: name }, 'removing what an ended lease left behind');
    await rm(join(work, name), { recursive: true, force: true });
  }
}
