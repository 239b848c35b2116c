import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type CpuReading, cpuBetween, cpuOfPair, openCpuMeter } from '../../../src/measure/accounts/cpu.ts';
import {
  cpuBetween as betweenSnapshots,
  type CpuSnapshot,
  type ProcessCpu,
  takeCpuSnapshot,
} from '../../../src/measure/accounts/cpu-snapshot.ts';
import { cpuSourcesHere } from '../../../src/measure/accounts/cpu-sources.ts';

const MS = 1e6;

interface Told {
  parent?: number;
  start?: number;
  user?: number;
  system?: number;
  children?: number;
  threads?: Record<number, number>;
}

function told({ parent = 1, start = 5, user = 0, system = 0, children = 0, threads = {} }: Told): ProcessCpu {
  return {
    stat: {
      parent,
      startTicks: start,
      userTicks: user,
      systemTicks: system,
      childUserTicks: children,
      childSystemTicks: 0,
    },
    threads: new Map(Object.entries(threads).map(([id, nanoseconds]) => [Number(id), nanoseconds])),
  };
}

function snapshot(processes: Record<number, Told>): CpuSnapshot {
  return new Map(Object.entries(processes).map(([pid, process]) => [Number(pid), told(process)]));
}

describe('CPU time between two snapshots', () => {
  it('is that of the living threads, in nanoseconds', () => {
    const before = snapshot({ 1: { user: 10, threads: { 1: 100 * MS, 2: 7 } } });
    const after = snapshot({ 1: { user: 13, threads: { 1: 130 * MS + 5, 2: 7, 3: 2000 } } });

    expect(betweenSnapshots(before, after)).toMatchObject({
      cpuUs: 30_002.005,
      source: 'schedstat',
      exitedUs: 0,
    });
  });

  it('is by ticks for a process that lost a thread, since schedstat forgets it', () => {
    const before = snapshot({ 1: { user: 600, threads: { 1: 1e9, 2: 5e9 } } });
    const after = snapshot({ 1: { user: 750, threads: { 1: 2e9 } } });

    expect(betweenSnapshots(before, after)).toMatchObject({
      cpuUs: 1_500_000,
      source: 'ticks',
      exitedUs: 1_500_000,
    });
  });

  it('is by ticks where threads came and went unseen, and not for a rounding of ticks', () => {
    const before = snapshot({ 1: { user: 100, system: 100, threads: { 1: 2000 * MS } } });
    const unseen = snapshot({ 1: { user: 110, system: 100, threads: { 1: 2010 * MS } } });
    const rounded = snapshot({ 1: { user: 101, system: 101, threads: { 1: 2001 * MS } } });

    expect(betweenSnapshots(before, unseen)).toMatchObject({ cpuUs: 100_000, source: 'ticks' });
    expect(betweenSnapshots(before, rounded)).toMatchObject({ cpuUs: 1000, source: 'schedstat' });
  });

  it('adds children that were born and ended meanwhile', () => {
    const before = snapshot({ 1: { children: 50, threads: { 1: 0 } } });
    const after = snapshot({ 1: { children: 80, threads: { 1: 0 } } });

    expect(betweenSnapshots(before, after)).toMatchObject({
      cpuUs: 300_000,
      source: 'schedstat',
      exitedUs: 300_000,
    });
  });

  it('does not count the earlier life of a child that ended meanwhile, nor of its own children', () => {
    const before = snapshot({
      1: { threads: { 1: 0 } },
      2: { parent: 1, user: 400, children: 70, threads: { 2: 4000 * MS } },
      3: { parent: 2, user: 30, threads: { 3: 300 * MS } },
    });
    // 3 ended and gave its 35 ticks to 2, which ended with 410 of its own and gave all to 1.
    const after = snapshot({ 1: { children: 410 + 70 + 35, threads: { 1: 0 } } });

    expect(betweenSnapshots(before, after).cpuUs).toBe(150_000);
  });

  it('takes a pid that was given to a new process for a new process', () => {
    const before = snapshot({ 7: { start: 5, user: 900, threads: { 7: 9000 * MS } } });
    const after = snapshot({ 7: { start: 6, user: 1, threads: { 7: 12 * MS } } });

    expect(betweenSnapshots(before, after)).toMatchObject({ cpuUs: 12_000, source: 'schedstat' });
  });

  it('is all by ticks where the kernel has no schedstat, or when asked to', () => {
    const before = snapshot({ 1: { user: 100 } });
    const after = snapshot({ 1: { user: 140, system: 10 } });
    expect(betweenSnapshots(before, after)).toEqual({
      cpuUs: 500_000,
      userTicks: 40,
      systemTicks: 10,
      source: 'ticks',
      exitedUs: 0,
    });

    const fine = snapshot({ 1: { user: 140, system: 10, threads: { 1: 497 * MS } } });
    expect(betweenSnapshots(new Map(), fine, 'ticks')).toMatchObject({ cpuUs: 1_500_000, source: 'ticks' });
  });

  it('is zero between a snapshot and itself, and never negative', () => {
    const own = takeCpuSnapshot(process.pid);
    expect(betweenSnapshots(own, own)).toMatchObject({ cpuUs: 0, source: 'schedstat' });

    const ticks = fc.nat(1000);
    const process1 = fc.record({ user: ticks, system: ticks, children: ticks });
    fc.assert(
      fc.property(
        fc.array(process1, { maxLength: 4 }),
        fc.array(process1, { maxLength: 4 }),
        (first, grown) => {
          const before = snapshot(Object.fromEntries(first.entries()));
          const after = new Map(before);
          for (const [index, more] of grown.entries()) {
            const was = first[index] ?? { user: 0, system: 0, children: 0 };
            after.set(
              index,
              told({
                user: was.user + more.user,
                system: was.system + more.system,
                children: was.children + more.children,
              }),
            );
          }
          const expected = grown.reduce(
            (sum, { user, system, children }) => sum + user + system + children,
            0,
          );
          expect(betweenSnapshots(before, after).cpuUs).toBe(expected * 10_000);
        },
      ),
    );
  });
});

describe('CPU time between two readings', () => {
  const reading = (
    group: CpuReading['group'] | undefined,
    processes: Record<number, Told> = {},
  ): CpuReading => ({
    ...(group === undefined ? {} : { group }),
    processes: snapshot(processes),
  });

  it('is the group’s, split by the ratio of the kernel’s samples', () => {
    const before = reading({ usageNs: 1000 * MS, userNs: 600 * MS, systemNs: 400 * MS });
    const after = reading({ usageNs: 2000 * MS, userNs: 1500 * MS, systemNs: 700 * MS });

    expect(cpuBetween(before, after)).toEqual({
      cpuUs: 1_000_000,
      userUs: 750_000,
      systemUs: 250_000,
      source: 'cgroup',
    });
  });

  it('has no split where there was too little to sample', () => {
    const before = reading({ usageNs: 1000 });
    expect(cpuBetween(before, reading({ usageNs: 2000 }))).toEqual({ cpuUs: 1, source: 'cgroup' });
    expect(cpuBetween(before, before)).toEqual({ cpuUs: 0, source: 'cgroup' });

    const nothing = reading({ usageNs: 0, userNs: 0, systemNs: 0 });
    const short = reading({ usageNs: 199 * MS, userNs: 120 * MS, systemNs: 80 * MS });
    const unseen = reading({ usageNs: 900 * MS, userNs: 900 * MS, systemNs: 0 });
    for (const after of [short, unseen]) expect(cpuBetween(nothing, after).userUs).toBeUndefined();
  });

  it('says what was counted in steps', () => {
    const before = reading(undefined, { 1: { user: 0, threads: { 1: 0 } } });
    const fine = reading(undefined, { 1: { user: 60, system: 20, threads: { 1: 800 * MS } } });
    const ended = reading(undefined, { 1: { user: 60, system: 0, children: 20, threads: { 1: 600 * MS } } });
    const coarse = reading(undefined, { 1: { user: 60, system: 20 } });

    expect(cpuBetween(before, fine)).toEqual({
      cpuUs: 800_000,
      userUs: 600_000,
      systemUs: 200_000,
      source: 'schedstat',
    });
    expect(cpuBetween(before, ended).note).toMatch(/^25 % of the CPU time was counted in steps of 10 ms/);
    expect(cpuBetween(reading(undefined, { 1: { user: 0 } }), coarse).note).toMatch(
      /kernel keeps no schedstat/,
    );
  });

  it('is by one source on both sides of a pair', () => {
    const process = { 1: { threads: { 1: 0 } } };
    const later = { 1: { user: 10, threads: { 1: 101 * MS } } };
    const before = { base: reading({ usageNs: 0 }, process), head: reading(undefined, process) };
    const after = { base: reading({ usageNs: 103 * MS }, later), head: reading(undefined, later) };

    const spent = cpuOfPair(before, after);
    expect(spent.base).toMatchObject({ cpuUs: 101_000, source: 'schedstat' });
    expect(spent.head).toMatchObject({ cpuUs: 101_000, source: 'schedstat' });

    const lost = { base: after.base, head: reading(undefined, { 1: { user: 10 } }) };
    const coarse = cpuOfPair(before, lost);
    expect(coarse.base).toMatchObject({ cpuUs: 100_000, source: 'ticks' });
    expect(coarse.head).toMatchObject({ cpuUs: 100_000, source: 'ticks' });
  });
});

/** A process that starts burners when told: one that it waits for, one that leaves it by forking twice. */
async function startParent(): Promise<ChildProcessByStdio<Writable, Readable, null>> {
  const burn = 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done';
  const script = `echo up; while read -r word; do case $word in
    waited) sh -c '${burn}' ;;
    left) (sh -c '${burn}; echo left' &) ; continue ;;
  esac; echo done; done`;
  const parent = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  await says(parent, 'up');
  return parent;
}

function says(child: ChildProcessByStdio<Writable, Readable, null>, word: string): Promise<void> {
  return new Promise((resolve) => {
    const hear = (text: Buffer): void => {
      if (!text.toString().includes(word)) return;
      child.stdout.off('data', hear);
      resolve();
    };
    child.stdout.on('data', hear);
  });
}

describe('a meter on a living service', () => {
  it('counts a child that it waited for and that is gone, with and without a group', async () => {
    const parent = await startParent();
    const stop: (() => Promise<void>)[] = [];
    const service = {
      pid: parent.pid ?? 0,
      afterStop: (action: () => Promise<void>) => void stop.push(action),
    };
    const meters = { best: openCpuMeter(service), plain: openCpuMeter(service, {}) };
    const before = { best: meters.best.read(), plain: meters.plain.read() };
    const heard = says(parent, 'done');
    parent.stdin.write('waited\n');
    await heard;
    const best = cpuBetween(before.best, meters.best.read());
    const plain = cpuBetween(before.plain, meters.plain.read());
    expect(meters.best.peakMemoryBytes()).toBeGreaterThan(100_000);
    parent.kill('SIGKILL');
    for (const action of stop) await action();

    expect(best.source).toBe(cpuSourcesHere().source);
    // Two accounts of the same work: the plain one is up to two ticks off.
    expect(best.cpuUs).toBeGreaterThan(10_000);
    expect(Math.abs(best.cpuUs - plain.cpuUs)).toBeLessThan(25_000);
  });

  it.skipIf(cpuSourcesHere().place === undefined)(
    'counts in a group what left its parents, and removes the group',
    async () => {
      const parent = await startParent();
      const meter = openCpuMeter({ pid: parent.pid ?? 0 });
      const before = meter.read();
      const heard = says(parent, 'left');
      parent.stdin.write('left\n');
      await heard;
      const spent = cpuBetween(before, meter.read());
      expect(meter.members()).toContain(parent.pid);
      parent.kill('SIGKILL');
      await meter.close();

      expect(spent.cpuUs).toBeGreaterThan(10_000);
      const left = readdirSync(cpuSourcesHere().place?.folder ?? '').filter((name) =>
        name.startsWith(`perf-ci-${process.pid}-`),
      );
      expect(left).toEqual([]);
    },
  );
});
