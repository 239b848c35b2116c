import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BuildResult } from '../../src/checkout/build.ts';
import { buildKey, type BuildFacts } from '../../src/checkout/build-key.ts';
import { provideBuild, type BuildCache, type BuiltTree } from '../../src/checkout/cache.ts';
import { temporaryFolder } from './fixtures.ts';

let folder: { path: string; remove(): Promise<void> };
let cache: BuildCache;
let builds: string[];

beforeEach(async () => {
  folder = await temporaryFolder();
  cache = { dataDir: join(folder.path, 'data') };
  builds = [];
});
afterEach(() => folder.remove());

const BUILT: BuildResult = { state: 'built', log: { content: 'made\n', truncated: false }, wallMs: 5 };
const keyOf = (name: string): string => buildKey({ ...FACTS, treeId: name });
const FACTS: BuildFacts = {
  treeId: 'a'.repeat(40),
  directory: '',
  build: [['npm', 'ci']],
  env: { A: '1', B: '2' },
  nodeVersion: 'v24.0.0',
  trustTier: 'branch',
};

/** Asks for the build `name`, whose tree is one source and one built file. */
async function provide(name: string, result: BuildResult = BUILT): Promise<BuiltTree> {
  const provided = await provideBuild(cache, {
    key: keyOf(name),
    exportInto: async (tree) => {
      await writeFile(join(tree, 'source'), name);
      return [`a note on ${name}`];
    },
    build: async (tree) => {
      builds.push(name);
      await sleep(20);
      await writeFile(join(tree, 'built'), `${name}, built`);
      return result;
    },
  });
  if (provided.state === 'failed') throw new Error(provided.message);
  return provided;
}

const entries = async (): Promise<string[]> =>
  (await readdir(join(cache.dataDir, 'builds'))).filter((name) => name !== '.locks' && name !== '.uses');

describe('buildKey', () => {
  it('does not depend on the order of variables', () => {
    expect(buildKey({ ...FACTS, env: { B: '2', A: '1' } })).toBe(buildKey(FACTS));
  });

  it.each<Partial<BuildFacts>>([
    { treeId: 'b'.repeat(40) },
    { directory: 'service' },
    {
      build: [
        ['npm', 'ci'],
        ['npm', 'run', 'build'],
      ],
    },
    { build: [['npm ci']] },
    { env: { A: '1' } },
    { nodeVersion: 'v24.0.1' },
    { trustTier: 'fork' },
  ])('differs with %j', (other) => {
    expect(buildKey({ ...FACTS, ...other })).not.toBe(buildKey(FACTS));
  });
});

describe('provideBuild', () => {
  it('builds once, and gives the same tree and log again', async () => {
    const first = await provide('one');
    const second = await provide('one');

    expect(builds).toEqual(['one']);
    expect([first.cached, second.cached]).toEqual([false, true]);
    expect(second).toMatchObject({ path: first.path, log: BUILT.log, wallMs: 5, notes: ['a note on one'] });
    expect(await readFile(join(second.path, 'built'), 'utf8')).toBe('one, built');
  });

  it('lets one of many build while the others wait', async () => {
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => provide('one')));

    expect(builds).toEqual(['one']);
    expect(all.filter(({ cached }) => !cached)).toHaveLength(1);
  });

  it('builds different trees at the same time', async () => {
    await Promise.all([provide('one'), provide('two')]);

    expect(builds.sort()).toEqual(['one', 'two']);
  });

  it('keeps no failed build, and tries again', async () => {
    const failure: BuildResult = {
      state: 'failed',
      reason: 'exit',
      command: 'npm ci',
      exitCode: 1,
      message: 'expected `npm ci` to exit with 0, found 1',
      log: { content: '', truncated: false },
      logTail: '',
    };

    await expect(provide('one', failure)).rejects.toThrow('npm ci');
    expect(await entries()).toEqual([]);
    expect(await provide('one')).toMatchObject({ cached: false });
  });

  it('leaves nothing when the export fails', async () => {
    const request = {
      key: keyOf('one'),
      exportInto: () => Promise.reject(new Error('no tree')),
      build: () => Promise.resolve(BUILT),
    };

    await expect(provideBuild(cache, request)).rejects.toThrow('no tree');
    expect(await entries()).toEqual([]);
  });

  it.each<[string, (tree: string) => Promise<void>]>([
    ['changed a file', (tree) => writeFile(join(tree, 'built'), 'evil, built')],
    [
      'changed a file and set its time back',
      async (tree) => {
        const { atime, mtime } = await lstat(join(tree, 'built'));
        await writeFile(join(tree, 'built'), 'evil builder');
        await utimes(join(tree, 'built'), atime, mtime);
      },
    ],
    ['added a file', (tree) => writeFile(join(tree, 'extra'), '')],
    ['removed a file', (tree) => rm(join(tree, 'source'))],
    ['made a file executable', (tree) => chmod(join(tree, 'source'), 0o755)],
  ])('builds again when somebody %s', async (_what, poison) => {
    const { path } = await provide('one');
    await poison(path);

    const again = await provide('one');

    expect(again.cached).toBe(false);
    expect(await readFile(join(again.path, 'built'), 'utf8')).toBe('one, built');
    expect((await readdir(again.path)).sort()).toEqual(['built', 'source']);
  });

  it('builds again when the manifest is missing or broken', async () => {
    const { path } = await provide('one');
    await writeFile(join(path, '../manifest.json'), '{');

    expect(await provide('one')).toMatchObject({ cached: false });
  });

  it('sweeps up what a killed process left half built', async () => {
    const half = join(cache.dataDir, 'builds', `.unfinished-${keyOf('two')}-x`);
    const removed = join(cache.dataDir, 'builds', '.removed-x');
    await mkdir(join(half, 'tree'), { recursive: true });
    await mkdir(removed);

    await provide('one');

    expect(await entries()).toEqual([keyOf('one')]);
  });

  it('waits for a build in another process and uses it', async () => {
    const module = JSON.stringify(new URL('../../src/checkout/cache.ts', import.meta.url).href);
    const code = `const { provideBuild } = await import(${module});
      const { writeFile } = await import('node:fs/promises');
      await provideBuild({ dataDir: ${JSON.stringify(cache.dataDir)} }, {
        key: ${JSON.stringify(keyOf('one'))},
        exportInto: (tree) => writeFile(tree + '/built', 'by the other').then(() => []),
        build: async () => {
          console.log('building');
          await new Promise((resolve) => setTimeout(resolve, 200));
          return ${JSON.stringify(BUILT)};
        },
      });`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(other.stdout, 'data');

    const mine = await provide('one');

    expect(mine.cached).toBe(true);
    expect(builds).toEqual([]);
    expect(await readFile(join(mine.path, 'built'), 'utf8')).toBe('by the other');
  });

  it('stops waiting when it is told to', async () => {
    const building = provide('one');
    const aborted = provideBuild(cache, {
      key: keyOf('one'),
      exportInto: () => Promise.resolve([]),
      build: () => Promise.resolve(BUILT),
      signal: AbortSignal.abort(),
    });

    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    await building;
  });
});

describe('eviction', () => {
  it('removes what was used least recently, and nothing that is in use', async () => {
    cache.maxBuilds = 2;
    const one = await provide('one');
    for (const name of ['two', 'three', 'four', 'two']) {
      await (await provide(name)).release();
      await sleep(10);
    }

    expect((await entries()).sort()).toEqual([keyOf('one'), keyOf('two')].sort());
    expect(await readFile(join(one.path, 'built'), 'utf8')).toBe('one, built');

    await one.release();
    await (await provide('five')).release();
    expect((await entries()).sort()).toEqual([keyOf('two'), keyOf('five')].sort());
  });

  it('keeps the size of all builds below the limit', async () => {
    cache.maxBytes = 40;
    for (const name of ['one', 'two', 'three']) await (await provide(name)).release();

    expect(await entries()).toHaveLength(2);
  });

  it('does not count readers that died', async () => {
    cache.maxBuilds = 1;
    await (await provide('one')).release();
    const mark = join(cache.dataDir, 'builds/.uses', `${keyOf('one')}.dead`);
    await writeFile(mark, JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1, startTicks: 1 }));

    await (await provide('two')).release();

    expect(await entries()).toEqual([keyOf('two')]);
    expect(await readdir(join(cache.dataDir, 'builds/.uses'))).toEqual([]);
  });

  it('removes folders that a build has closed', async () => {
    cache.maxBuilds = 1;
    const one = await provide('one');
    await one.release();
    await mkdir(join(one.path, 'closed/inner'), { recursive: true });
    await chmod(join(one.path, 'closed'), 0o500);

    await (await provide('two')).release();

    expect(await entries()).toEqual([keyOf('two')]);
  });
});

describe('copyTo', () => {
  it('gives each slot a tree of its own, so that a service cannot poison the cache', async () => {
    const built = await provide('one');
    const [left, right] = [join(folder.path, 'left'), join(folder.path, 'right')];

    await Promise.all([built.copyTo(left), built.copyTo(right)]);
    await writeFile(join(left, 'built'), 'evil');

    expect(await readFile(join(right, 'built'), 'utf8')).toBe('one, built');
    expect(await provide('one')).toMatchObject({ cached: true });
  });

  it('copies links as links, and modes', async () => {
    const provided = await provideBuild(cache, {
      key: keyOf('linked'),
      exportInto: async (tree) => {
        await symlink('/etc/passwd', join(tree, 'link'));
        await writeFile(join(tree, 'run.sh'), '', { mode: 0o755 });
        return [];
      },
      build: () => Promise.resolve(BUILT),
    });
    const slot = join(folder.path, 'slot');

    await (provided as BuiltTree).copyTo(slot);

    expect(await readlink(join(slot, 'link'))).toBe('/etc/passwd');
    expect((await lstat(join(slot, 'run.sh'))).mode & 0o777).toBe(0o755);
  });

  it('refuses a folder that is not empty', async () => {
    const built = await provide('one');

    await expect(built.copyTo(folder.path)).rejects.toMatchObject({ code: 'folder-not-empty' });
  });

  it('says when it cannot copy', async () => {
    const built = await provide('one');
    await rm(built.path, { recursive: true });

    await expect(built.copyTo(join(folder.path, 'slot'))).rejects.toMatchObject({ code: 'copy-failed' });
  });

  it('stops when it is told to', async () => {
    const built = await provide('one');

    await expect(built.copyTo(join(folder.path, 'slot'), AbortSignal.abort())).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});
