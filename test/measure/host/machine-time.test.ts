import { describe, expect, it } from 'vitest';

import { parseMachineTime, sharesBetween } from '../../../src/measure/host/machine-time.ts';

describe('/proc/stat', () => {
  it('is read by its first line, guest time not counted twice', () => {
    const stat = 'cpu  100 20 30 1000 40 5 6 7 50 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n';

    expect(parseMachineTime(stat)).toEqual({ total: 1208, busy: 161, steal: 7 });
  });

  it.each(['', 'cpu  1 2 3', 'cpu0 1 2 3 4 5 6 7 8', 'cpu  1 2 x 4 5 6 7 8'])(
    'is not made up: %j',
    (stat) => {
      expect(parseMachineTime(stat)).toBeUndefined();
    },
  );
});

describe('what happened meanwhile', () => {
  const before = { total: 1000, busy: 100, steal: 10 };

  it('leaves out what the look itself used', () => {
    const after = { total: 1100, busy: 150, steal: 15 };

    expect(sharesBetween(before, after, 300_000)).toEqual({ stealShare: 0.05, othersShare: 0.2 });
  });

  it('takes one tick for the grain of the clock', () => {
    const after = { total: 1100, busy: 101, steal: 11 };

    expect(sharesBetween(before, after, 0)).toEqual({ stealShare: 0, othersShare: 0 });
  });

  it('says nothing when no time passed, or when clocks ran backwards', () => {
    expect(sharesBetween(before, before, 0)).toBeUndefined();
    expect(sharesBetween(before, { total: 900, busy: 0, steal: 0 }, 0)).toBeUndefined();
  });
});
