import { statSync } from 'node:fs';
import { PerfCiError } from '../domain/errors.ts';
import { runCommand } from './command.ts';
import { userId } from './folders.ts';

/** `nobody`, as every Linux system numbers it. */
const NOBODY = 65534;

/**
 * How the server's programs are started. Postgres refuses to run as root; a user namespace in which root
 * looks like nobody satisfies it and leaves the files to root, so that folders under /root work.
 */
export interface Launcher {
  name: string;
  /** Put before initdb. */
  prefix: string[];
  /** Put before postgres; makes it die with this process where the system can do that. */
  serverPrefix: string[];
  /** Set when the programs run as another user, to whom the data folder has to belong. */
  identity?: { uid: number; gid: number };
}

const NAMESPACE = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'];

// QUIT and not INT: Postgres does not react to INT while it recovers from a crash. The signal follows the
// thread that spawned, so the server has to be started from the main thread.
const DIE_WITH_PARENT = ['setpriv', '--pdeathsig', 'QUIT', '--'];

const AS_NOBODY = { uid: NOBODY, gid: NOBODY };

/** Ways to start a server for a user of this numeric id, best first. */
export function launchersFor(uid: number): Launcher[] {
  if (uid !== 0) {
    return [
      { name: 'own user', prefix: [], serverPrefix: DIE_WITH_PARENT },
      { name: 'own user, may outlive its parent', prefix: [], serverPrefix: [] },
    ];
  }
  return [
    { name: 'user namespace', prefix: NAMESPACE, serverPrefix: [...DIE_WITH_PARENT, ...NAMESPACE] },
    { name: 'user namespace, may outlive its parent', prefix: NAMESPACE, serverPrefix: NAMESPACE },
    { name: 'nobody', prefix: [], serverPrefix: DIE_WITH_PARENT, identity: AS_NOBODY },
    { name: 'nobody, may outlive its parent', prefix: [], serverPrefix: [], identity: AS_NOBODY },
  ];
}

/** Numeric id of the user to whom data made with this launcher belong. */
export function ownerOf(launcher: Launcher): number {
  return launcher.identity?.uid ?? userId();
}

/** Postgres refuses data of another user: what was made one way is used the same way ever after. */
export function mayUse(launcher: Launcher, data: string): boolean {
  const found = statSync(data, { throwIfNoEntry: false });
  return found === undefined || found.uid === ownerOf(launcher);
}

/**
 * The first launcher with which `postgres --version` works here, and the server's major version.
 *
 * @throws PerfCiError `embedded-postgres-cannot-run`
 */
export async function chooseLauncher(
  candidates: readonly Launcher[],
  postgres: string,
  env: Record<string, string>,
): Promise<{ launcher: Launcher; majorVersion: number }> {
  const refusals = candidates.length > 0 ? [] : ['the data folder belongs to another user'];
  for (const launcher of candidates) {
    const result = await runCommand([...launcher.serverPrefix, postgres, '--version'], {
      env,
      cwd: '/',
      ...launcher.identity,
    });
    const version = /\(PostgreSQL\) (\d+)/.exec(result.stdout)?.[1];
    if (result.code === 0 && version !== undefined) return { launcher, majorVersion: Number(version) };
    refusals.push(`${launcher.name}: ${result.stderr.trim().split('\n').at(-1) ?? ''}`);
  }
  throw new PerfCiError(
    'embedded-postgres-cannot-run',
    `expected ${postgres} to run, found ${refusals.join('; ')}`,
    {
      remedy:
        'Run perf-ci as a normal user, or allow unprivileged user namespaces, or set DATABASE_URL to a running server.',
      details: { refusals },
    },
  );
}
