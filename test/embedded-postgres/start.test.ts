import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchersFor } from '../../src/embedded-postgres/launcher.ts';
import { isAlive } from '../../src/embedded-postgres/process-identity.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded-postgres/start.ts';

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';
const nobody = { uid: 65534, gid: 65534 };
// Not so when this tree lies in a home that only root may enter.
const nobodyReachesUs = isRoot && isLinux && spawnSync(process.execPath, ['-e', ''], nobody).status === 0;

// Most tests use the same folder one after the other: making a database takes longest of all.
let parent: string;
let folder: string;
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'perf-ci-postgres-'));
  folder = join(parent, 'postgres');
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

let running: EmbeddedPostgres[] = [];
afterEach(async () => {
  for (const server of running) await server.stop();
  running = [];
});

async function start(
  options: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {},
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ folder, ...options });
  running.push(server);
  return server;
}

async function query(server: { connectionString: string }, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(server.connectionString);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Another process of ours on the same folder, and what it says of its server. */
async function startElsewhere(
  where: string,
  identity: { uid?: number; gid?: number } = {},
): Promise<{ child: ChildProcess; role: string; pid: number; connectionString: string }> {
  const script = fileURLToPath(new URL('../helpers/postgres-owner.ts', import.meta.url));
  const child = spawn(process.execPath, [script, where], { stdio: ['pipe', 'pipe', 'inherit'], ...identity });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    child,
    ...(JSON.parse(said.toString()) as { role: string; pid: number; connectionString: string }),
  };
}

async function untilGone(pid: number): Promise<void> {
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
}

test('an empty folder becomes a database that only its owner can reach, by its socket alone', async () => {
  const server = await start();

  const [settings] = await query(
    server,
    `select current_user as "user", current_setting('listen_addresses') as tcp,
            current_setting('fsync') as fsync, current_setting('server_encoding') as encoding`,
  );
  await query(server, 'create table kept (word text)');

  expect(settings).toEqual({ user: 'app', tcp: '', fsync: 'on', encoding: 'UTF8' });
  expect(server).toMatchObject({ role: 'owner', user: 'app', database: 'postgres' });
  for (const path of [folder, join(folder, 'data'), server.host]) {
    expect(statSync(path).mode & 0o777).toBe(0o700);
  }
});

test('a stopped server is gone, announces nothing any more and keeps its data', async () => {
  const first = await start();
  await query(first, `insert into kept values ('through a stop')`);
  await first.stop();
  const exit = await first.exited;
  const left = readdirSync(folder);

  const second = await start();

  expect(exit).toEqual({ code: 0, signal: null });
  expect(isAlive(first.pid)).toBe(false);
  expect(left).not.toContain('connection.json');
  expect(left).not.toContain('owner.lock');
  expect(await query(second, 'select word from kept')).toEqual([{ word: 'through a stop' }]);
});

test('the parts and the address name the same server', async () => {
  const server = await start();
  const client = new pg.Client({ host: server.host, user: server.user, database: server.database });

  await client.connect();
  const { rows } = await client.query<{ at: Date }>('select pg_postmaster_start_time() as at');
  await client.end();

  expect(await query(server, 'select pg_postmaster_start_time() as at')).toEqual(rows);
});

test('after kill -9 of the server at once another start has every acknowledged row', async () => {
  const first = await start();
  const client = new pg.Client(first.connectionString);
  client.on('error', () => undefined);
  await client.connect();
  let acknowledged = 0;
  const writing = (async () => {
    for (;;) {
      await client.query(`insert into kept values ($1)`, [`row ${acknowledged + 1}`]);
      acknowledged += 1;
      if (acknowledged === 50) process.kill(first.pid, 'SIGKILL');
    }
  })();
  await expect(writing).rejects.toThrow();
  const exit = await first.exited;

  const second = await start();

  expect(exit.signal).toBe('SIGKILL');
  const rows = await query(second, `select count(*)::int as n from kept where word like 'row %'`);
  expect(rows[0]?.['n']).toBeGreaterThanOrEqual(acknowledged);
});

test.runIf(isLinux)(
  'after kill -9 of its parent no server is left, and the next start takes over',
  async () => {
    const { child, pid } = await startElsewhere(folder);
    child.kill('SIGKILL');
    await once(child, 'exit');

    const heir = await start();

    await untilGone(pid);
    expect(heir.role).toBe('owner');
    expect(heir.pid).not.toBe(pid);
    expect(await query(heir, 'select 1 as one')).toEqual([{ one: 1 }]);
  },
);

test('a second process shares the server of the first, and letting go does not stop it', async () => {
  const owner = await start();

  const guest = await startElsewhere(folder);
  const rows = await query(guest, 'select 1 as one');
  guest.child.stdin?.end();
  await once(guest.child, 'exit');

  expect(guest).toMatchObject({ role: 'guest', pid: owner.pid, connectionString: owner.connectionString });
  expect(rows).toEqual([{ one: 1 }]);
  expect(await query(owner, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('five starts at the same time are one server, and a guest learns when it ends', async () => {
  const servers = await Promise.all(Array.from({ length: 5 }, () => start()));
  const owner = servers.find((server) => server.role === 'owner');
  const guest = servers.find((server) => server.role === 'guest');

  expect(new Set(servers.map((server) => server.pid)).size).toBe(1);
  expect(servers.filter((server) => server.role === 'owner')).toHaveLength(1);
  await owner?.stop();
  expect(await guest?.exited).toEqual({ code: null, signal: null });
});

test('a postmaster.pid that names a process which is no server does not stand in the way', async () => {
  const first = await start();
  const pidFile = join(folder, 'data', 'postmaster.pid');
  const lines = readFileSync(pidFile, 'utf8').split('\n');
  await first.stop();
  writeFileSync(pidFile, [String(process.ppid), ...lines.slice(1)].join('\n'));
  if (isRoot) chownSync(pidFile, 0, 0);

  const second = await start();

  expect(await query(second, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a data folder of another major version is refused in words and left alone', async () => {
  const other = join(parent, 'other-version');
  mkdirSync(join(other, 'data'), { recursive: true });
  writeFileSync(join(other, 'data', 'PG_VERSION'), '9\n');

  const attempt = startEmbeddedPostgres({ folder: other });

  await expect(attempt).rejects.toMatchObject({
    code: 'embedded-postgres-version-mismatch',
    message: expect.stringContaining('PostgreSQL 9'),
    remedy: expect.stringContaining('PG_BIN'),
  });
  expect(readdirSync(join(other, 'data'))).toEqual(['PG_VERSION']);
});

test('a server that cannot start says its own last words, and the folder is free again', async () => {
  const config = join(folder, 'data', 'postgresql.auto.conf');
  const before = readFileSync(config);
  appendFileSync(config, 'no_such_setting = 1\n');

  const attempt = startEmbeddedPostgres({ folder });

  await expect(attempt).rejects.toMatchObject({
    code: 'embedded-postgres-start-failed',
    message: expect.stringContaining('FATAL'),
    remedy: expect.any(String),
    details: { serverLines: expect.arrayContaining([expect.stringContaining('no_such_setting')]) },
  });
  writeFileSync(config, before);
  expect((await start()).role).toBe('owner');
});

test('what an interrupted start left half made is cleared away', async () => {
  const leftover = join(folder, 'data.unfinished-1');
  mkdirSync(leftover);

  await start();

  expect(existsSync(leftover)).toBe(false);
});

test.runIf(nobodyReachesUs)('a normal user can start one, and it is not run as root', async () => {
  const home = mkdtempSync(join(tmpdir(), 'perf-ci-user-'));
  chownSync(home, nobody.uid, nobody.gid);

  const { child, pid, role } = await startElsewhere(join(home, 'postgres'), nobody);
  const owner = statSync(`/proc/${pid}`).uid;
  child.stdin?.end();
  await once(child, 'exit');

  expect([role, owner]).toEqual(['owner', nobody.uid]);
  await untilGone(pid);
  rmSync(home, { recursive: true, force: true });
});

test.runIf(nobodyReachesUs)(
  'root without user namespaces runs it as nobody, then and ever after',
  async () => {
    chmodSync(parent, 0o755);
    const where = join(parent, 'as-nobody');
    const asNobody = launchersFor(0).filter((launcher) => launcher.identity !== undefined);

    const first = await start({ folder: where, launchers: asNobody });
    const firstUser = statSync(`/proc/${first.pid}`).uid;
    await first.stop();
    const second = await start({ folder: where });

    expect([firstUser, statSync(`/proc/${second.pid}`).uid]).toEqual([65534, 65534]);
    expect(await query(second, 'select 1 as one')).toEqual([{ one: 1 }]);
  },
);

test.runIf(nobodyReachesUs)(
  'libraries of a package that we may not write are linked in our own folder',
  () => {
    chmodSync(parent, 0o755);
    const source = join(parent, 'package');
    mkdirSync(join(source, 'native', 'lib'), { recursive: true });
    const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
    writeFileSync(join(source, 'native', 'pg-symlinks.json'), JSON.stringify(links));
    const own = join(parent, 'own');
    mkdirSync(own);
    chownSync(own, nobody.uid, nobody.gid);
    const binaries = new URL('../../src/embedded-postgres/binaries.ts', import.meta.url).href;
    const code = `import { linkLibraries } from ${JSON.stringify(binaries)};
    process.stdout.write(linkLibraries(process.argv[1], process.argv[2]));`;

    const asUser = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', code, source, join(own, 'lib')],
      nobody,
    );

    expect(asUser.stdout.toString()).toBe(join(own, 'lib'));
    expect(readlinkSync(join(own, 'lib', 'libpq.so.5'))).toBe(join(source, 'native/lib/libpq.so.5.18'));
  },
);

const system = ['/usr/lib/postgresql', '/usr/local/lib/postgresql']
  .filter((path) => existsSync(path))
  .flatMap((path) => readdirSync(path).map((version) => join(path, version, 'bin')))
  .find((path) => existsSync(join(path, 'postgres')));

test.runIf(system !== undefined)('PG_BIN chooses another server, with the same settings', async () => {
  const env = { ...process.env, PG_BIN: system };

  const server = await start({ folder: join(parent, 'system'), env });

  const [row] = await query(server, `select current_setting('data_directory') as data, 1 as one`);
  expect(row).toEqual({ data: join(parent, 'system', 'data'), one: 1 });
  expect(dirname(server.host)).toBe(join(parent, 'system'));
});
