import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive } from '../../src/embedded-postgres/process-identity.ts';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';

// A server of a few lines of shell stands in for the ways in which a real one misbehaves once in a while.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perf-ci-scripted-'));
  mkdirSync(join(folder, 'bin'));
  program('initdb', 'mkdir -p "$2"; echo 18 > "$2/PG_VERSION"');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, body: string): void {
  const file = join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}

function server(body: string): void {
  program('postgres', `[ "$1" = --version ] && echo 'postgres (PostgreSQL) 18.4' && exit\n${body}`);
}

function start(): ReturnType<typeof startEmbeddedPostgres> {
  return startEmbeddedPostgres({
    folder: join(folder, 'home'),
    env: { PATH: process.env['PATH'], PG_BIN: join(folder, 'bin') },
    readyTimeoutMs: 2000,
    stopGraceMs: 150,
  });
}

const READY = `echo 'LOG:  database system is ready to accept connections' >&2`;
const FOR_EVER = 'while :; do sleep 0.02; done';

test('a server that does not hear INT gets QUIT', async () => {
  server(`trap '' INT; trap 'exit 7' QUIT; ${READY}; ${FOR_EVER}`);
  const running = await start();

  await running.stop();

  expect(await running.exited).toEqual({ code: 7, signal: null });
});

test('a server that hears neither INT nor QUIT is killed', async () => {
  server(`trap '' INT QUIT; ${READY}; ${FOR_EVER}`);
  const running = await start();

  await running.stop();

  expect(await running.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(isAlive(running.pid)).toBe(false);
});

test('a server that never gets ready is stopped and said so', async () => {
  server(`echo 'LOG:  still thinking' >&2; ${FOR_EVER}`);

  const failure: unknown = await start().catch((error: unknown) => error);

  expect(failure).toMatchObject({
    code: 'embedded-postgres-start-failed',
    details: {
      serverLines: ['LOG:  still thinking', expect.stringContaining('no connections within 2000 ms')],
    },
  });
});

test('a start that meets the leavings of a killed server is repeated until they are gone', async () => {
  const count = join(folder, 'count');
  server(`echo x >> ${count}
if [ "$(wc -l < ${count})" -lt 3 ]; then
  echo 'FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use' >&2; exit 1
fi
${READY}; ${FOR_EVER}`);

  const running = await start();

  expect(readFileSync(count, 'utf8')).toBe('x\nx\nx\n');
  await running.stop();
});

test('a server that fails for another reason is started once only', async () => {
  const count = join(folder, 'count');
  server(`echo x >> ${count}; echo 'FATAL:  could not write: No space left on device' >&2; exit 1`);

  const failure: unknown = await start().catch((error: unknown) => error);

  expect(failure).toMatchObject({
    code: 'embedded-postgres-start-failed',
    message: expect.stringContaining('No space left on device'),
  });
  expect(readFileSync(count, 'utf8')).toBe('x\n');
});

test('an initdb that fails says why and leaves no data folder', async () => {
  server('exit 1');
  program('initdb', `echo 'initdb: error: could not create directory' >&2; exit 1`);

  const failure: unknown = await start().catch((error: unknown) => error);

  expect(failure).toMatchObject({
    code: 'embedded-postgres-init-failed',
    message: expect.stringContaining('could not create directory'),
    remedy: expect.any(String),
  });
});

test('a server that this machine cannot run is said so with each way that was tried', async () => {
  program('postgres', `echo 'libfoo.so: cannot open shared object file' >&2; exit 127`);

  const failure: unknown = await start().catch((error: unknown) => error);

  expect(failure).toMatchObject({
    code: 'embedded-postgres-cannot-run',
    message: expect.stringContaining('libfoo.so'),
    remedy: expect.stringContaining('DATABASE_URL'),
  });
});

test('a PG_BIN without the programs is named in the error', async () => {
  const attempt = startEmbeddedPostgres({
    folder: join(folder, 'home'),
    env: { PG_BIN: join(folder, 'nowhere') },
  });

  await expect(attempt).rejects.toMatchObject({
    code: 'embedded-postgres-not-found',
    message: expect.stringContaining('nowhere'),
  });
});

test('a folder that cannot be made is named in the error', async () => {
  writeFileSync(join(folder, 'file'), '');

  const attempt = startEmbeddedPostgres({ folder: join(folder, 'file', 'home') });

  await expect(attempt).rejects.toMatchObject({
    code: 'embedded-postgres-folder',
    remedy: expect.stringContaining('PERF_CI_DATA_DIR'),
  });
});
