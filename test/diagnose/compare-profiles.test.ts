import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addStack, type CallNode, emptyTree, totalUs } from '../../src/diagnose/call-tree.ts';
import { allDifferences, compareProfiles } from '../../src/diagnose/compare-profiles.ts';
import { parseCpuProfile, treeOfCpuProfile } from '../../src/diagnose/cpuprofile.ts';
import { keptFiles } from '../../src/diagnose/kept-files.ts';
import { differenceFile, sideFile, type SpeedscopeProfile } from '../../src/diagnose/speedscope.ts';
import { anyProfile, aProfile, profileNode } from './cpuprofiles.ts';

/** A tree of stacks written `file name > file name`, each with its time and one sample per 100 us. */
function treeOf(stacks: Record<string, number>): CallNode {
  const tree = emptyTree();
  for (const [path, us] of Object.entries(stacks)) {
    const frames = path.split(' > ').map((part) => {
      const [file = '', name = ''] = part.split(' ');
      return { file, name, line: 3 };
    });
    addStack(tree, frames, us, us / 100);
  }
  return tree;
}

const BASE = treeOf({
  'a.ts handle': 100_000,
  'a.ts handle > b.ts score': 400_000,
  'node:http parse': 50_000,
});
const HEAD = treeOf({
  'a.ts handle': 200_000,
  'a.ts handle > b.ts score': 1_200_000,
  'a.ts handle > c.ts added': 300_000,
  'node:http parse': 101_000,
});

describe('the difference of two profiles', () => {
  it('is by request, largest first, with what the change touches marked and the line of the head', () => {
    const { frames: rows } = compareProfiles({ tree: BASE, requests: 1000 }, { tree: HEAD, requests: 2000 }, [
      'b.ts',
      'c.ts',
    ]);

    expect(rows).toEqual([
      { name: 'score', file: 'b.ts', line: 3, baseUs: 400, headUs: 600, touched: true },
      { name: 'added', file: 'c.ts', line: 3, baseUs: 0, headUs: 150, touched: true },
    ]);
  });

  it('leaves out what sampling alone can explain', () => {
    const base = treeOf({ 'a.ts f': 100_000, 'a.ts g': 100_000 });
    const head = treeOf({ 'a.ts f': 105_000, 'a.ts g': 160_000 });

    const { frames: rows } = compareProfiles(
      { tree: base, requests: 100 },
      { tree: head, requests: 100 },
      [],
    );

    // 1000 samples against 1050 differ by 1.1 standard errors, against 1600 by 11.8.
    expect(rows.map(({ name }) => name)).toEqual(['g']);
  });

  it('lists the largest with a warning where none is certain, and none where nothing differs', () => {
    const tree = treeOf({ 'a.ts f': 100_000, 'a.ts g': 90_000 });
    const other = treeOf({ 'a.ts f': 101_000, 'a.ts g': 93_000 });
    const empty = { tree: emptyTree(), requests: 1 };

    const { frames, why } = compareProfiles({ tree, requests: 10 }, { tree: other, requests: 10 }, []);

    expect(frames.map(({ name }) => name)).toEqual(['g', 'f']);
    expect(why).toMatch(/no function differs by more than sampling can explain/);
    expect(compareProfiles({ tree, requests: 10 }, { tree, requests: 10 }, ['a.ts'])).toEqual({ frames: [] });
    expect(compareProfiles(empty, empty, [])).toEqual({ frames: [] });
  });

  it('lists fifty at most', () => {
    const head = treeOf(
      Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`a.ts f${index}`, 1e6 + index])),
    );

    const { frames: rows } = compareProfiles(
      { tree: emptyTree(), requests: 1 },
      { tree: head, requests: 1 },
      [],
    );

    expect(rows).toHaveLength(50);
    expect(rows[0]).toMatchObject({ name: 'f79', headUs: 1_000_079 });
  });

  it('has differences whose sum is the difference of the totals', () => {
    fc.assert(
      fc.property(
        anyProfile,
        anyProfile,
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 1, max: 99 }),
        (one, other, n, m) => {
          const base = { tree: treeOfCpuProfile(one, '/t/s0'), requests: n };
          const head = { tree: treeOfCpuProfile(other, '/t/s0'), requests: m };

          const sum = allDifferences(base, head, new Set()).reduce(
            (all, { row }) => all + row.headUs - row.baseUs,
            0,
          );

          expect(sum).toBeCloseTo(totalUs(head.tree) / m - totalUs(base.tree) / n, 6);
        },
      ),
    );
  });
});

/** Checks what speedscope demands of an evented profile, and gives the self time of each path. */
function selfTimesOf(profile: SpeedscopeProfile): Map<string, number> {
  const open: number[] = [];
  const times = new Map<string, number>();
  let lastUs = profile.startValue;
  for (const { type, frame, at } of profile.events) {
    expect(at).toBeGreaterThanOrEqual(lastUs);
    const path = open.join('>');
    times.set(path, (times.get(path) ?? 0) + at - lastUs);
    lastUs = at;
    if (type === 'O') open.push(frame);
    else expect(open.pop()).toBe(frame);
  }
  expect(open).toEqual([]);
  expect(profile.endValue).toBe(lastUs);
  return times;
}

describe('a speedscope file', () => {
  it('shows first what grew in the head, path by path', () => {
    const file = differenceFile('rank', { tree: BASE, requests: 1000 }, { tree: HEAD, requests: 1000 });

    const [more, less, base, head] = file.profiles;
    expect(file.profiles.map(({ name, endValue }) => [name, endValue])).toEqual([
      ['more in head', 1251],
      ['less in head', 0],
      ['base', 550],
      ['head', 1801],
    ]);
    const names = file.shared.frames.map(({ name }) => name);
    const path = (...of: string[]): string => of.map((name) => names.indexOf(name)).join('>');
    const grown = selfTimesOf(more as SpeedscopeProfile);
    expect(grown.get(path('(all)', 'handle', 'score'))).toBeCloseTo(800, 6);
    expect(grown.get(path('(all)', 'handle', 'added'))).toBeCloseTo(300, 6);
    for (const profile of [less, base, head]) selfTimesOf(profile as SpeedscopeProfile);
  });

  it('is well formed for any two profiles: more minus less is head minus base', () => {
    fc.assert(
      fc.property(anyProfile, anyProfile, (one, other) => {
        const base = { tree: treeOfCpuProfile(one, '/t/s0'), requests: 3 };
        const head = { tree: treeOfCpuProfile(other, '/t/s0'), requests: 2 };

        const { profiles, shared } = differenceFile('x', base, head);

        for (const profile of profiles) {
          selfTimesOf(profile);
          for (const { frame } of profile.events) expect(shared.frames[frame]).toBeDefined();
        }
        const [more, less, ofBase, ofHead] = profiles.map(({ endValue }) => endValue) as [
          number,
          number,
          number,
          number,
        ];
        expect(more - less).toBeCloseTo(ofHead - ofBase, 1);
        expect(sideFile('head', head).profiles[0]?.endValue).toBe(ofHead);
      }),
    );
  });
});

describe('the files that are kept', () => {
  it('are both sides as V8 gave them and the difference, packed', () => {
    const profile = aProfile(
      [profileNode(1, '(root)', '', [2]), profileNode(2, 'f', 'file:///t/s0/a.ts')],
      [2, 2],
    );
    const side = {
      tree: treeOfCpuProfile(profile, '/t/s0'),
      requests: 1,
      cpuProfile: { profile, root: '/t/s0' },
    };

    const files = keptFiles('rank', { base: side, head: { tree: side.tree, requests: 1 } });

    expect(files.map(({ name, format }) => `${name} ${format}`)).toEqual([
      'base cpuprofile',
      'head speedscope',
      'difference speedscope',
    ]);
    const texts = files.map(({ gzip }) => gunzipSync(gzip).toString());
    expect(parseCpuProfile(texts[0] as string).samples).toEqual([2, 2]);
    expect(JSON.parse(texts[2] as string)).toMatchObject({ exporter: 'perf-ci', name: 'rank' });
  });
});
