import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fingerprintTree, type TreeFingerprint } from './fingerprint.ts';
import type { CommandLog } from './log-buffer.ts';
import { isAlive, parseOwner, thisProcess } from './process-owner.ts';
import { removeTree } from './remove-tree.ts';

/**
 * How builds lie on disk, below `<dataDir>/builds/`:
 *
 *     <key>/tree/            the built tree; nothing ever runs in it
 *     <key>/manifest.json    its fingerprint; the time of this file is when the build was last used
 *     <key>/build.json       its log and notes
 *     .unfinished-<key>-*    being built
 *     .removed-*             on its way out
 *     .locks/  .uses/        who builds, and who reads
 */
export interface CacheFolder {
  path: string;
}

export interface StoredBuild {
  key: string;
  treePath: string;
  fingerprint: TreeFingerprint;
  wallMs: number;
  log: CommandLog;
  /** What a person should know of the tree. */
  notes: string[];
}

/** What is stored beside a built tree. */
type StoredFacts = Pick<StoredBuild, 'wallMs' | 'log' | 'notes'>;

// A reader in another container must have finished copying by then.
const USE_SILENT_MS = 60 * 60_000;

export function cacheFolder(dataDir: string): CacheFolder {
  return { path: join(resolve(dataDir), 'builds') };
}

export function lockPath(cache: CacheFolder, key: string): string {
  return join(cache.path, '.locks', `${key}.lock`);
}

/** A new folder beside the finished builds, so that finishing is one rename. */
export async function makeUnfinished(cache: CacheFolder, key: string): Promise<string> {
  const folder = join(cache.path, `.unfinished-${key}-${randomUUID()}`);
  await mkdir(join(folder, 'tree'), { recursive: true });
  return folder;
}

/** Turns an unfinished folder into the build `key`: wholly there, or not at all. */
export async function finish(
  cache: CacheFolder,
  key: string,
  unfinished: string,
  built: StoredFacts,
): Promise<StoredBuild> {
  const fingerprint = await fingerprintTree(join(unfinished, 'tree'));
  await writeFile(join(unfinished, 'build.json'), JSON.stringify(built));
  await writeFile(join(unfinished, 'manifest.json'), JSON.stringify(fingerprint));
  await removeBuild(cache, key);
  const folder = join(cache.path, key);
  await rename(unfinished, folder);
  return { key, treePath: join(folder, 'tree'), fingerprint, ...built };
}

/**
 * The finished build `key`, freshly checked against its manifest; undefined when there is none, or when something was
 * changed in it since (then it must be built again).
 */
export async function readBuild(cache: CacheFolder, key: string): Promise<StoredBuild | undefined> {
  const folder = join(cache.path, key);
  const treePath = join(folder, 'tree');
  try {
    const fingerprint = await readManifest(cache, key);
    if (fingerprint === undefined) return undefined;
    const built = JSON.parse(await readFile(join(folder, 'build.json'), 'utf8')) as StoredFacts;
    if ((await fingerprintTree(treePath)).digest !== fingerprint.digest) return undefined;
    const now = new Date();
    await utimes(join(folder, 'manifest.json'), now, now);
    return { key, treePath, fingerprint, ...built };
  } catch {
    return undefined;
  }
}

async function readManifest(cache: CacheFolder, key: string): Promise<TreeFingerprint | undefined> {
  try {
    return JSON.parse(await readFile(join(cache.path, key, 'manifest.json'), 'utf8')) as TreeFingerprint;
  } catch {
    return undefined;
  }
}

/** Takes a build out of the cache at once; its files follow. */
export async function removeBuild(cache: CacheFolder, key: string): Promise<void> {
  const removed = join(cache.path, `.removed-${randomUUID()}`);
  const gone = await rename(join(cache.path, key), removed).then(
    () => true,
    () => false,
  );
  if (gone) await removeTree(removed);
}

/** Builds with their size and last use, least recently used first. */
export async function listBuilds(cache: CacheFolder): Promise<{ key: string; bytes: number }[]> {
  const builds: { key: string; bytes: number; usedAtMs: number }[] = [];
  for (const key of await readdir(cache.path)) {
    if (!/^[0-9a-f]{64}$/.test(key)) continue;
    const facts = await stat(join(cache.path, key, 'manifest.json')).catch(() => undefined);
    const manifest = await readManifest(cache, key);
    builds.push({ key, bytes: manifest?.bytes ?? 0, usedAtMs: facts?.mtimeMs ?? 0 });
  }
  return builds.sort((left, right) => left.usedAtMs - right.usedAtMs);
}

/** Says that this process reads the build, until the answered function is called. */
export async function markUse(cache: CacheFolder, key: string): Promise<() => Promise<void>> {
  const mark = join(cache.path, '.uses', `${key}.${randomUUID()}`);
  await mkdir(join(cache.path, '.uses'), { recursive: true });
  await writeFile(mark, JSON.stringify(await thisProcess()));
  return () => rm(mark, { force: true });
}

/** Whether a living process reads the build; marks of dead ones are wiped. */
export async function isInUse(cache: CacheFolder, key: string): Promise<boolean> {
  const folder = join(cache.path, '.uses');
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((name) => name.startsWith(`${key}.`))) {
    const mark = join(folder, name);
    const [text, facts] = await Promise.all([
      readFile(mark, 'utf8').catch(() => ''),
      stat(mark).catch(() => undefined),
    ]);
    const owner = parseOwner(text);
    if (owner !== undefined && facts !== undefined && (await isAlive(owner, facts.mtimeMs, USE_SILENT_MS)))
      return true;
    await rm(mark, { force: true });
  }
  return false;
}
