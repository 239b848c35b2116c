import { describe, expect, it } from 'vitest';

import type { Environment } from '../../../src/domain/trial.ts';
import { describeEnvironment, whyNoHugePages } from '../../../src/measure/host/environment.ts';
import { hostFlags } from '../../../src/measure/host/host-flags.ts';
import { anEnvironment } from '../../helpers/builders.ts';

const kind: Environment = anEnvironment({
  pinning: 'services 0, generator 1',
  malloc: 'huge-pages',
  cpuSource: 'cgroup',
});
const limits = { usableCpus: 2, wantsHugePages: true };

describe('what is second best about a machine', () => {
  it('is nothing on one that has everything', () => {
    expect(hostFlags(kind, limits)).toEqual([]);
  });

  it.each<[Partial<Environment>, Partial<Parameters<typeof hostFlags>[1]>, RegExp]>([
    [{ pinning: 'none' }, { usableCpus: 1 }, /share one CPU/],
    [{ pinning: 'none' }, {}, /not pinned to CPUs: taskset is missing/],
    [{ cpuSource: 'ticks' }, {}, /steps of 10 ms/],
    [{ cpuSource: 'schedstat' }, { cpuNote: 'CPU time of processes that end is lost' }, /processes that end/],
    [{ malloc: 'default', libc: 'musl' }, {}, /no huge pages: musl has no switch/],
    [{ malloc: 'default', libc: 'glibc 2.31' }, {}, /no huge pages: glibc 2\.31 is older than 2\.35/],
    [{ malloc: 'default', hugePages: 'never' }, {}, /no huge pages: the kernel's are set to never/],
    [{ malloc: 'default', hugePages: '' }, {}, /no huge pages: this kernel has none/],
  ])('%j with %j is said once', (changes, others, words) => {
    expect(hostFlags({ ...kind, ...changes }, { ...limits, ...others })).toEqual([
      expect.stringMatching(words),
    ]);
  });

  it('does not miss huge pages that nobody wants', () => {
    expect(hostFlags({ ...kind, malloc: 'default' }, { ...limits, wantsHugePages: false })).toEqual([]);
  });
});

it.each([
  ['glibc 2.35', 'madvise', true],
  ['glibc 2.36', 'always', true],
  ['glibc 3.0', 'always', true],
  ['glibc 2.34', 'always', false],
  ['musl', 'always', false],
  ['glibc 2.36', 'never', false],
])('%s with %s has huge pages for malloc: %s', (libc, mode, has) => {
  expect(whyNoHugePages(libc, mode) === undefined).toBe(has);
});

it('describes this machine alike each time, and tells unlike set-ups apart by their fingerprint', () => {
  const pinned = describeEnvironment({ pinning: { services: '0', generator: '1' }, hugePages: true });

  expect(describeEnvironment({ pinning: { services: '0', generator: '1' }, hugePages: true })).toEqual(
    pinned,
  );
  expect(describeEnvironment({ pinning: undefined, hugePages: true }).fingerprint).not.toBe(
    pinned.fingerprint,
  );
  expect(['cgroup', 'schedstat', 'ticks']).toContain(pinned.cpuSource);
});
