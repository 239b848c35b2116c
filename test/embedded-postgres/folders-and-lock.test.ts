import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linkLibraries } from '../../src/embedded-postgres/binaries.ts';
import { foldersOf, makePrivateFolder } from '../../src/embedded-postgres/folders.ts';
import { tryOwnerLock } from '../../src/embedded-postgres/owner-lock.ts';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';
import { startTicksOf } from '../../src/embedded-postgres/process-identity.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perf-ci-lock-'));
  file = join(folder, 'owner.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

test('the first takes the lock, the second learns who holds it, and a release frees it', () => {
  const first = tryOwnerLock(file);
  const second = tryOwnerLock(file);
  if (first.state === 'taken') first.release();
  const third = tryOwnerLock(file);

  expect(first.state).toBe('taken');
  expect(second).toEqual({ state: 'held', pid: process.pid });
  expect(third.state).toBe('taken');
  expect(readdirSync(folder)).toEqual(['owner.lock']);
});

test('the lock of a process that is gone is taken over', () => {
  writeFileSync(file, JSON.stringify({ pid: deadPid(), startTicks: '1' }));

  expect(tryOwnerLock(file).state).toBe('taken');
  expect(readdirSync(folder)).toEqual(['owner.lock']);
});

test.runIf(startTicksOf(process.pid) !== undefined)(
  'the lock of a process whose id was given to another is taken over',
  () => {
    writeFileSync(file, JSON.stringify({ pid: process.ppid, startTicks: '1' }));

    expect(tryOwnerLock(file).state).toBe('taken');
  },
);

test('a lock that cannot be read is taken over', () => {
  writeFileSync(file, '{"pid":');

  expect(tryOwnerLock(file).state).toBe('taken');
});

test('a release does not free the lock of another process', () => {
  const lock = tryOwnerLock(file);
  writeFileSync(file, JSON.stringify({ pid: process.ppid }));

  if (lock.state === 'taken') lock.release();

  expect(existsSync(file)).toBe(true);
});

test('libraries are linked once, beside the files that they name', () => {
  mkdirSync(join(folder, 'native', 'lib'), { recursive: true });
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
  writeFileSync(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links));

  const first = linkLibraries(folder, join(folder, 'elsewhere'));
  const second = linkLibraries(folder, join(folder, 'elsewhere'));

  expect([first, second]).toEqual([undefined, undefined]);
  expect(readlinkSync(join(folder, 'native', 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
});

test('a private folder is never made through a link that somebody else put there', () => {
  symlinkSync(tmpdir(), join(folder, 'link'));

  expect(() => makePrivateFolder(join(folder, 'link'))).toThrow(/expected a private folder/);
});

test('a socket lies beside its data, and elsewhere when its path would be too long', () => {
  const short = foldersOf('/srv/perf-ci/postgres');
  const deep = foldersOf(`/srv/${'x'.repeat(100)}/postgres`);
  const deeper = foldersOf(`/srv/${'y'.repeat(100)}/postgres`);

  expect(short.socket).toBe('/srv/perf-ci/postgres/sock');
  expect(deep.socket).toMatch(/^\/tmp\/perf-ci-\d+-[0-9a-f]{12}$/);
  expect(deeper.socket).not.toBe(deep.socket);
});

test('data of another user are refused in words', async () => {
  const folders = foldersOf(join(folder, 'postgres'));
  mkdirSync(folders.data, { recursive: true });
  const stranger = { name: 'stranger', prefix: [], serverPrefix: [], identity: { uid: 4242, gid: 4242 } };

  const attempt = startEmbeddedPostgres({ folder: folders.root, launchers: [stranger] });

  await expect(attempt).rejects.toMatchObject({
    code: 'embedded-postgres-cannot-run',
    message: expect.stringContaining('belongs to another user'),
  });
});
