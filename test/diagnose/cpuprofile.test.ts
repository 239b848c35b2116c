import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { frameKey, selfTimes, totalUs } from '../../src/diagnose/call-tree.ts';
import {
  type CpuProfile,
  cpuProfileText,
  parseCpuProfile,
  sampleTimes,
  sumOfTrees,
  treeOfCpuProfile,
} from '../../src/diagnose/cpuprofile.ts';
import { anyProfile, aProfile, profileNode } from './cpuprofiles.ts';

const ROOT = '/t/s0';
const key = (name: string, file: string): string => frameKey({ name, file });

describe('a V8 profile', () => {
  it('becomes self times by function, relative to the tree, without the time in which nothing was to do', () => {
    const profile = aProfile(
      [
        profileNode(1, '(root)', '', [2, 4, 5]),
        profileNode(2, 'handle', 'file:///t/s0/src/server.ts', [3], 9),
        profileNode(3, 'score', 'file:///t/s0/src/score.ts', [], 41),
        profileNode(4, '(idle)'),
        profileNode(5, '(garbage collector)'),
      ],
      [2, 3, 3, 4, 4, 4, 5],
    );

    const tree = treeOfCpuProfile(parseCpuProfile(JSON.stringify(profile)), ROOT);

    const times = [...selfTimes(tree).values()].map(({ frame, us, samples }) => [
      `${frame.file}:${frame.line ?? '-'} ${frame.name}`,
      us,
      samples,
    ]);
    expect(times).toEqual([
      ['src/server.ts:10 handle', 100, 1],
      ['src/score.ts:42 score', 200, 2],
      [':- (garbage collector)', 100, 1],
    ]);
    expect(totalUs(tree)).toBe(400);
  });

  it('makes one function of all its places, with the line of the slowest', () => {
    const profile = aProfile(
      [
        profileNode(1, '(root)', '', [2, 3]),
        profileNode(2, '', 'file:///t/s0/a.ts', [], 6),
        profileNode(3, 'outer', 'file:///t/s0/a.ts', [4], 1),
        profileNode(4, '', 'file:///t/s0/a.ts', [], 20),
      ],
      [2, 4, 4, 4],
    );

    const times = selfTimes(treeOfCpuProfile(profile, ROOT));

    expect(times.get(key('(anonymous)', 'a.ts'))).toEqual({
      frame: { name: '(anonymous)', file: 'a.ts', line: 21 },
      us: 400,
      samples: 4,
    });
  });

  it('has self times whose sum is the time of all samples but the idle ones, as counted the slow way', () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const tree = treeOfCpuProfile(parseCpuProfile(JSON.stringify(profile)), ROOT);
        const selfSum = [...selfTimes(tree).values()].reduce((sum, { us }) => sum + us, 0);

        expect(selfSum).toBeCloseTo(busyUsTheSlowWay(profile), 6);
        expect(totalUs(tree)).toBeCloseTo(selfSum, 6);
      }),
    );
  });

  it('is scaled down to the CPU time of its thread, which a busy host made wait, and never up', () => {
    const profile = aProfile(
      [
        profileNode(1, '(root)', '', [2, 3, 4]),
        profileNode(2, 'f'),
        profileNode(3, 'g'),
        profileNode(4, '(idle)'),
      ],
      [2, 2, 2, 3, 4, 4],
    );
    const times = (cpuUs?: number): [string, number, number][] =>
      [...selfTimes(treeOfCpuProfile(profile, ROOT, cpuUs)).values()].map(({ frame, us, samples }) => [
        frame.name,
        us,
        samples,
      ]);

    expect(times(100)).toEqual([
      ['f', 75, 3],
      ['g', 25, 1],
    ]);
    for (const cpuUs of [400, 900, undefined]) {
      expect(times(cpuUs)).toEqual([
        ['f', 300, 3],
        ['g', 100, 1],
      ]);
    }
  });

  it('lasts from its first sample to its end when no clock steps back', () => {
    const profile = aProfile([profileNode(1, '(root)')], [1, 1, 1, 1], 250);

    expect(sampleTimes(profile)).toEqual([250, 250, 250, 250]);
  });

  it('of two processes is the sum of both', () => {
    fc.assert(
      fc.property(anyProfile, anyProfile, (one, other) => {
        const trees = [treeOfCpuProfile(one, ROOT), treeOfCpuProfile(other, ROOT)] as const;

        const sum = sumOfTrees(trees);

        expect(totalUs(sum)).toBeCloseTo(totalUs(trees[0]) + totalUs(trees[1]), 6);
      }),
    );
  });

  it('is kept without the place where it was measured, and can be read again', () => {
    const profile = aProfile(
      [profileNode(1, '(root)', '', [2]), profileNode(2, 'f', 'file:///t/s0/a.ts')],
      [2],
    );

    const text = cpuProfileText(profile, ROOT);

    expect(text).not.toContain('/t/s0');
    expect(parseCpuProfile(text).nodes[1]?.callFrame.url).toBe('a.ts');
  });
});

/** Walks up from every sample to look for an idle caller. */
function busyUsTheSlowWay(profile: CpuProfile): number {
  const { nodes, samples, timeDeltas, startTime, endTime } = profile;
  const parentOf = (id: number) => nodes.find((node) => node.children?.includes(id));
  const isIdle = (id: number): boolean => {
    for (let at = nodes.find((node) => node.id === id); at !== undefined; at = parentOf(at.id)) {
      if (at.callFrame.functionName === '(idle)') return true;
    }
    return false;
  };
  let sum = 0;
  for (let index = 0; index < samples.length; index += 1) {
    const startUs = timeDeltas.slice(0, index + 1).reduce((a, b) => a + b, startTime);
    const nextDelta = timeDeltas[index + 1];
    const lastsUs = nextDelta ?? endTime - startUs;
    if (lastsUs > 0 && !isIdle(samples[index] as number)) sum += lastsUs;
  }
  return sum;
}

describe('a hostile profile', () => {
  const good = aProfile([profileNode(1, '(root)', '', [2]), profileNode(2, 'f')], [1, 2]);
  const changed = (changes: object): string => JSON.stringify({ ...good, ...changes });

  it.each([
    ['no JSON', '{', /no JSON/],
    ['another JSON', '[]', /expected object/],
    ['nothing in it', changed({ nodes: [] }), /nodes/],
    [
      'a circle',
      changed({ nodes: [profileNode(1, 'r', '', [2]), profileNode(2, 'a', '', [2])] }),
      /circle|two parents|roots/,
    ],
    [
      'a circle beside the tree',
      changed({ nodes: [profileNode(1, 'r'), profileNode(2, 'a', '', [3]), profileNode(3, 'b', '', [2])] }),
      /circle/,
    ],
    [
      'nothing but a circle',
      changed({ nodes: [profileNode(1, 'a', '', [2]), profileNode(2, 'b', '', [1])] }),
      /0 roots/,
    ],
    [
      'two parents',
      changed({ nodes: [profileNode(1, 'r', '', [2, 2]), profileNode(2, 'a')] }),
      /two parents/,
    ],
    ['two roots', changed({ nodes: [profileNode(1, 'r'), profileNode(2, 'a')] }), /2 roots/],
    [
      'one id twice',
      changed({ nodes: [profileNode(1, 'r', '', [2]), profileNode(2, 'a'), profileNode(2, 'b')] }),
      /one id/,
    ],
    [
      'a child from nowhere',
      changed({ nodes: [profileNode(1, 'r', '', [7]), profileNode(2, 'a')] }),
      /no node/,
    ],
    ['a sample from nowhere', changed({ samples: [1, 9] }), /no node/],
    ['more samples than times', changed({ samples: [1, 2, 2] }), /3 samples with 2 times/],
    ['a time that is no number', changed({ timeDeltas: [0, null] }), /timeDeltas/],
    ['an endless time', JSON.stringify(good).replace('"endTime":1000200', '"endTime":1e999'), /endTime/],
    ['a half id', changed({ samples: [1, 1.5] }), /samples/],
    [
      'a name that is no text',
      changed({ nodes: [{ ...profileNode(1, 'r'), callFrame: { functionName: {} } }] }),
      /nodes/,
    ],
  ])('with %s is refused', (_what, text, message) => {
    expect(() => parseCpuProfile(text)).toThrow(expect.objectContaining({ code: 'profile-broken' }));
    expect(() => parseCpuProfile(text)).toThrow(message);
  });

  it('with calls too deep to follow is refused, and one at the limit is read', () => {
    const chain = (length: number): string =>
      JSON.stringify(
        aProfile(
          Array.from({ length }, (_, index) =>
            profileNode(index, 'f', '', index + 1 < length ? [index + 1] : []),
          ),
          [length - 1],
        ),
      );

    expect(totalUs(treeOfCpuProfile(parseCpuProfile(chain(1001)), ROOT))).toBe(100);
    expect(() => parseCpuProfile(chain(1002))).toThrow(/more than 1000 calls/);
    expect(() => parseCpuProfile(chain(100_000))).toThrow(/more than 1000 calls/);
  });

  it('has names that are cut and cannot turn a page around', () => {
    const profile = aProfile(
      [
        profileNode(1, '(root)', '', [2]),
        profileNode(2, `\u202eevil\u0000${'x'.repeat(9000)}\uD800`, 'file:///t/s0/%00'),
      ],
      [2],
    );

    const [time] = selfTimes(treeOfCpuProfile(profile, ROOT)).values();

    expect(time?.frame.name.length).toBeLessThanOrEqual(160);
    expect(`${time?.frame.name}${time?.frame.file}`).not.toMatch(/\p{Cc}|\u202e|\p{Cs}/u);
  });
});
