import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { readGroupUsage, removeStaleGroups, ServiceGroup } from '../../../src/measure/accounts/cgroup.ts';
import { groupPlaces } from '../../../src/measure/accounts/cgroup-places.ts';
import { readFact } from '../../../src/measure/accounts/proc-files.ts';
import { cpuSourcesHere, findCpuSources } from '../../../src/measure/accounts/cpu-sources.ts';

const scratch = mkdtempSync(join(tmpdir(), 'perf-ci-cgroup-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A folder with these files; stands in for one of the kernel's. */
function folderWith(name: string, files: Record<string, string>): string {
  const folder = join(scratch, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const mount = (root: string, at: string, type: string, options: string): string =>
  `35 24 0:30 ${root} ${at} rw,nosuid - ${type} ${type} rw,${options}`;

describe('where control groups can be made', () => {
  it('is below the own group of version 2', () => {
    const mounts = mount('/', '/sys/fs/cgroup', 'cgroup2', 'nsdelegate');
    expect(groupPlaces(mounts, '0::/user.slice/user-1000.slice/app\n')).toEqual([
      { version: 2, folder: '/sys/fs/cgroup/user.slice/user-1000.slice/app' },
    ]);
  });

  it('is version 2 before version 1 where a machine has both', () => {
    const mounts = [
      mount('/', '/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'cpu,cpuacct'),
      mount('/', '/sys/fs/cgroup/unified', 'cgroup2', ''),
    ].join('\n');
    expect(groupPlaces(mounts, '4:cpu,cpuacct:/jobs/7\n0::/\n')).toEqual([
      { version: 2, folder: '/sys/fs/cgroup/unified' },
      { version: 1, folder: '/sys/fs/cgroup/cpu,cpuacct/jobs/7' },
    ]);
  });

  it('is not version 1 without its accounting', () => {
    expect(groupPlaces(mount('/', '/sys/fs/cgroup/memory', 'cgroup', 'memory'), '4:memory:/\n')).toEqual([]);
  });

  it('is the root of what a container sees, whose own group lies above it', () => {
    const mounts = mount('/docker/abc', '/sys/fs/cgroup', 'cgroup2', '');
    expect(groupPlaces(mounts, '0::/docker/abc\n')).toEqual([{ version: 2, folder: '/sys/fs/cgroup' }]);
    expect(groupPlaces(mounts, '0::/docker/abc/child\n')).toEqual([
      { version: 2, folder: '/sys/fs/cgroup/child' },
    ]);
    expect(groupPlaces(mounts, '0::/../elsewhere\n')).toEqual([{ version: 2, folder: '/sys/fs/cgroup' }]);
    expect(groupPlaces(mounts, '0::/docker/abcdef\n')).toEqual([{ version: 2, folder: '/sys/fs/cgroup' }]);
  });

  it('knows blanks in paths', () => {
    const mounts = mount('/', String.raw`/mnt/my\040groups`, 'cgroup2', '');
    expect(groupPlaces(mounts, '0::/\n')).toEqual([{ version: 2, folder: '/mnt/my groups' }]);
  });

  it.each([
    ['', ''],
    ['nonsense', '0::/'],
    [mount('/', '/sys/fs/cgroup', 'cgroup2', ''), ''],
  ])('is nowhere when the kernel says %j and %j', (mounts, own) => {
    expect(groupPlaces(mounts, own)).toEqual([]);
  });
});

describe('the account of a group', () => {
  it('of version 2 is cpu.stat', () => {
    const folder = folderWith('v2', {
      'cpu.stat': 'usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnice_usec 0\n',
    });
    expect(readGroupUsage({ version: 2, folder })).toEqual({ usageNs: 1.5e6, userNs: 1e6, systemNs: 5e5 });
  });

  it('of version 1 is in nanoseconds, its split in nanoseconds or ticks', () => {
    const exact = { 'cpuacct.usage': '1500\n', 'cpuacct.usage_user': '900\n', 'cpuacct.usage_sys': '550\n' };
    expect(readGroupUsage({ version: 1, folder: folderWith('v1', exact) })).toEqual({
      usageNs: 1500,
      userNs: 900,
      systemNs: 550,
    });
    const ticks = { 'cpuacct.usage': '25000000\n', 'cpuacct.stat': 'user 2\nsystem 1\n' };
    expect(readGroupUsage({ version: 1, folder: folderWith('v1-ticks', ticks) })).toEqual({
      usageNs: 25e6,
      userNs: 2e7,
      systemNs: 1e7,
    });
    expect(readGroupUsage({ version: 1, folder: folderWith('v1-bare', { 'cpuacct.usage': '7\n' }) })).toEqual(
      {
        usageNs: 7,
      },
    );
  });

  it.each(['', 'usage_usec\n', 'usage_usec -3\n', 'usage_usec 99999999999999999999\n', 'user_usec 1\n'])(
    'is none when cpu.stat says %j',
    (text) => {
      const folder = folderWith(`bad-${text.length}`, { 'cpu.stat': text });
      expect(readGroupUsage({ version: 2, folder })).toBeUndefined();
    },
  );

  it('leaves no folder behind where a made group has no account', () => {
    const folder = folderWith('no-accounts', { 'cgroup.procs': '' });
    expect(ServiceGroup.make({ version: 2, folder })).toBeUndefined();
    expect(readdirSync(folder)).toEqual(['cgroup.procs']);
  });

  it('is not made where this user may not', () => {
    expect(ServiceGroup.make({ version: 2, folder: join(scratch, 'missing') })).toBeUndefined();
  });
});

describe('groups of runners that are gone', () => {
  it('are removed, those of living ones and strangers stay', () => {
    const proc = folderWith('proc-stale', {
      '50/stat': `50 (node) S 1 50 50 0 -1 0 0 0 0 0 1 1 1 1 20 0 1 0 777 0`,
    });
    const folder = folderWith('stale', { 'cgroup.procs': '' });
    for (const name of [
      'perf-ci-50-777-0',
      'perf-ci-50-776-3',
      'perf-ci-51-9-0',
      'other-51-9-0',
      'perf-ci-x',
    ]) {
      mkdirSync(join(folder, name));
    }
    // In use: a folder that is not empty cannot be removed.
    mkdirSync(join(folder, 'perf-ci-52-1-0', 'member'), { recursive: true });

    expect(removeStaleGroups({ version: 2, folder }, proc).toSorted()).toEqual([
      'perf-ci-50-776-3',
      'perf-ci-51-9-0',
    ]);
    expect(existsSync(join(folder, 'perf-ci-50-777-0'))).toBe(true);
    expect(existsSync(join(folder, 'perf-ci-52-1-0'))).toBe(true);
  });
});

describe('the source of CPU time', () => {
  const machine = (name: string, files: Record<string, string>): string =>
    folderWith(name, { 'self/stat': '9 (n) S 1 9 9 0 -1 0 0 0 0 0 1 1 1 1 20 0 1 0 1 0', ...files });
  const two = { 'self/mountinfo': mount('/', '/nowhere', 'cgroup2', ''), 'self/cgroup': '0::/\n' };
  const schedstat = { 'self/schedstat': '5 5 5\n' };

  it('is a group that works', () => {
    const place = { version: 2, folder: '/nowhere' };
    expect(findCpuSources(machine('m1', two), () => true)).toEqual({ source: 'cgroup', place });
  });

  it('is the next best where none works, and says so', () => {
    expect(findCpuSources(machine('m2', { ...two, ...schedstat }), () => false)).toEqual({
      source: 'schedstat',
      note: 'CPU time of processes that end is counted in steps of 10 ms: this user may not make control groups',
    });
    expect(findCpuSources(machine('m3', schedstat)).note).toMatch(/there is no control group file system/);
  });

  it('is ticks where the kernel keeps no schedstat either', () => {
    expect(findCpuSources(machine('m4', { 'self/schedstat': '0 0 0\n' }))).toMatchObject({ source: 'ticks' });
    expect(findCpuSources(machine('m5', {}))).toMatchObject({ source: 'ticks' });
  });
});

/** Of this machine, as far as this user may make groups: version 1 and 2 where it has both. */
const realPlaces = groupPlaces(
  readFact('/proc/self/mountinfo') ?? '',
  readFact('/proc/self/cgroup') ?? '',
).filter((place) => {
  const group = ServiceGroup.make(place);
  void group?.remove();
  return group !== undefined;
});

describe.skipIf(cpuSourcesHere().place === undefined)('a control group of this machine', () => {
  it.each(realPlaces)(
    'of version $version counts a process that joined it, also after its end, and is removed',
    async (place) => {
      const group = ServiceGroup.make(place);
      if (group === undefined) throw new Error('no group');
      const child = spawn('sh', ['-c', 'read -r go; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'], {
        stdio: ['pipe', 'ignore', 'ignore'],
      });

      expect(group.add(child.pid ?? 0)).toBe(true);
      expect(group.members()).toEqual([child.pid]);
      child.stdin.end('go\n');
      await once(child, 'exit');

      expect(group.usage()?.usageNs).toBeGreaterThan(1_000_000);
      expect(await group.remove()).toBe(true);
      expect(existsSync(group.place.folder)).toBe(false);
      expect(group.add(process.pid)).toBe(false);
    },
  );
});
