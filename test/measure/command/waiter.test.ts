import { describe, expect, it } from 'vitest';

import { accountBetween } from '../../../src/measure/command/account.ts';
import { parseReady, parseWaiterEnd } from '../../../src/measure/command/waiter.ts';

describe('what the waiting shell says', () => {
  it.each([
    ['ready 77\n', 77],
    ['ready 77', undefined],
    ['refused\n', undefined],
    ['', undefined],
    ['ready x\n', undefined],
  ])('%j: the guard is %j', (text, pid) => {
    expect(parseReady(text)).toBe(pid);
  });

  it.each([
    ['end 0 word\n', { status: 0, ownBytes: 11 }],
    [
      'time 0m1.234s 0m0.050s\nend 3 word\n',
      { status: 3, times: { userUs: 1_234_000, systemUs: 50_000 }, ownBytes: 34 },
    ],
    [
      'time 2m0,5s 0,001\nend 137 word\n',
      { status: 137, times: { userUs: 120_500_000, systemUs: 1000 }, ownBytes: 31 },
    ],
    ['time x y\nend 0 word\n', { status: 0, ownBytes: 20 }],
    [
      'time 0 0\nend 0\nend 0 other\ntime 1.5 0.5\nend 3 word\n',
      { status: 3, times: { userUs: 1_500_000, systemUs: 500_000 }, ownBytes: 51 },
    ],
    ['end 0\n', undefined],
    ['end 0 other\n', undefined],
    ['end 0 word', undefined],
    ['time 0.1 0.1\n', undefined],
    ['', undefined],
  ])('%j at the end is %j', (text, end) => {
    expect(parseWaiterEnd(text, 'word')).toEqual(end);
  });
});

describe('what a command used', () => {
  const stat = (user: number, system: number): never =>
    ({ childUserTicks: user, childSystemTicks: system }) as never;

  it('is what its group used less what the shell and its guard did', () => {
    const before = { group: { usageNs: 5e6 }, helpersNs: 1e6, writtenBytes: 10 };
    const after = { group: { usageNs: 105e6 }, helpersNs: 3e6, writtenBytes: 1016 };
    expect(accountBetween(before, after, { ownBytes: 6 })).toEqual({
      cpuUs: 98_000,
      cpuSource: 'cgroup',
      bytesWritten: 1000,
    });
  });

  it('is what bash was told where there is no group, and else in ticks', () => {
    const before = { helpersNs: 0, stat: stat(3, 4) };
    const after = { helpersNs: 0, stat: stat(13, 9), writtenBytes: 5 };
    const times = { userUs: 98_000, systemUs: 41_000 };
    expect(accountBetween(before, after, { times, ownBytes: 6 })).toEqual({
      cpuUs: 139_000,
      cpuSource: 'rusage',
    });
    expect(accountBetween(before, after, { ownBytes: 6 })).toEqual({ cpuUs: 150_000, cpuSource: 'ticks' });
  });
});
