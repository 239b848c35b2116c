import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PerfCiError } from '../domain/errors.ts';

/** Where everything of one instance lies. */
export interface Folders {
  root: string;
  data: string;
  /** Holds the unix socket, mode 0700: whoever may enter it may use the database. */
  socket: string;
  libraries: string;
  lockFile: string;
  connectionFile: string;
}

/** `sun_path` has 108 bytes with its terminator. */
const LONGEST_SOCKET_PATH = 107;
const SOCKET_FILE = '.s.PGSQL.5432';

/** Names the parts of `root` (absolute); deep folders get their socket under /tmp. */
export function foldersOf(root: string): Folders {
  const beside = join(root, 'sock');
  const fits = Buffer.byteLength(join(beside, SOCKET_FILE)) <= LONGEST_SOCKET_PATH;
  const name = createHash('sha256').update(root).digest('hex').slice(0, 12);
  return {
    root,
    data: join(root, 'data'),
    socket: fits ? beside : join('/tmp', `perf-ci-${userId()}-${name}`),
    libraries: join(root, 'lib'),
    lockFile: join(root, 'owner.lock'),
    connectionFile: join(root, 'connection.json'),
  };
}

/** Numeric id of the user of this process; 0 on systems without such ids. */
export function userId(): number {
  return process.getuid?.() ?? 0;
}

/**
 * Makes `folder` with mode 0700 for us, or for `owner` when given. A folder that is there already has to
 * belong to us, to `owner`, or to one of `accepted`.
 *
 * @throws PerfCiError `embedded-postgres-folder` when it cannot be made or belongs to somebody else.
 */
export function makePrivateFolder(
  folder: string,
  owner?: { uid: number; gid: number },
  accepted: readonly number[] = [],
): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    // Under /tmp anyone may have put a folder or a link of that name there first.
    if (!found.isDirectory() || ![userId(), owner?.uid, ...accepted].includes(found.uid)) {
      throw new Error(`it belongs to user ${found.uid} or is no folder`);
    }
    if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
    chmodSync(folder, 0o700);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new PerfCiError(
      'embedded-postgres-folder',
      `expected a private folder at ${folder}, found: ${found}`,
      { remedy: 'Set PERF_CI_DATA_DIR to a folder that you own and may write.', cause: error },
    );
  }
}
