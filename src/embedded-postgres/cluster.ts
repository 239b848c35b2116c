import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PerfCiError } from '../domain/errors.ts';
import { runCommand } from './command.ts';
import { makePrivateFolder, type Folders } from './folders.ts';
import type { Launcher } from './launcher.ts';

export interface ClusterOptions {
  folders: Folders;
  initdb: string;
  launcher: Launcher;
  majorVersion: number;
  env: Record<string, string>;
}

/** Name of the one database role; it is also the superuser of this private server. */
export const USER = 'app';

/**
 * Makes the data folder with initdb when there is none. The work is done beside it and renamed, so that a
 * crash in between leaves no half-made data folder. Call it only while holding the owner lock.
 *
 * @throws PerfCiError `embedded-postgres-version-mismatch` for a folder of another major version,
 *   `embedded-postgres-init-failed` with the last lines of initdb.
 */
export async function prepareCluster(options: ClusterOptions): Promise<void> {
  const { folders, launcher } = options;
  removeHalfMade(folders.root);
  if (existsSync(join(folders.data, 'PG_VERSION'))) {
    refuseOtherVersion(folders.data, options.majorVersion);
    return;
  }
  const unfinished = join(folders.root, `data.unfinished-${process.pid}`);
  makePrivateFolder(unfinished, launcher.identity);
  const result = await runCommand(
    [...launcher.prefix, options.initdb, '-D', unfinished, ...initdbOptions(options.majorVersion)],
    { env: options.env, cwd: folders.root, ...launcher.identity },
  );
  if (result.code !== 0) {
    rmSync(unfinished, { recursive: true, force: true });
    const lines = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-12);
    throw new PerfCiError(
      'embedded-postgres-init-failed',
      `expected initdb to make a database in ${folders.data}, found: ${lines.at(-1) ?? 'no output'}`,
      {
        remedy:
          'Usual causes are a full disk, a folder that this user may not enter, or a user namespace that is forbidden here.',
        details: { serverLines: lines },
      },
    );
  }
  // An empty data folder may be there already; rename replaces an empty folder only.
  renameSync(unfinished, folders.data);
}

function initdbOptions(majorVersion: number): string[] {
  // The builtin provider sorts by code point and does not change with the system's libraries; it is new in 17.
  const provider = majorVersion >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [];
  return ['-U', USER, '-A', 'trust', '-E', 'UTF8', ...provider, '--locale=C', '--no-instructions'];
}

function removeHalfMade(root: string): void {
  for (const name of readdirSync(root)) {
    if (name.startsWith('data.unfinished-')) rmSync(join(root, name), { recursive: true, force: true });
  }
}

function refuseOtherVersion(data: string, majorVersion: number): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (found === String(majorVersion)) return;
  throw new PerfCiError(
    'embedded-postgres-version-mismatch',
    `expected a data folder of PostgreSQL ${majorVersion} in ${data}, found one of PostgreSQL ${found}`,
    {
      remedy: `Set PG_BIN to the bin folder of a PostgreSQL ${found} to go on with this data, or move the folder away to start with an empty database.`,
      details: { found, expected: String(majorVersion) },
    },
  );
}
