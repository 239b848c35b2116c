import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseSchedstat, parseStat } from '../../../src/measure/accounts/proc-files.ts';

const numbers = '1 4242 4242 0 -1 4194560 100 200 0 0 31 7 11 5 20 0 3 0 987654 1000 50';

describe('/proc/PID/stat', () => {
  it('gives times and kinship by the fields of proc_pid_stat(5)', () => {
    expect(parseStat(`77 (node) S ${numbers}`)).toEqual({
      pid: 77,
      state: 'S',
      parent: 1,
      group: 4242,
      session: 4242,
      userTicks: 31,
      systemTicks: 7,
      childUserTicks: 11,
      childSystemTicks: 5,
      startTicks: 987654,
    });
  });

  it('is read right whatever a process calls itself', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 15 }), (name) => {
        expect(parseStat(`77 (${name}) S ${numbers}`)?.userTicks).toBe(31);
      }),
    );
    expect(parseStat(`77 (a) R 9 9 9 9) S ${numbers}`)?.startTicks).toBe(987654);
  });

  it.each(['', '77', '77 (node)', '77 (node) S 1 2 3', 'x (node) S '.concat(numbers), '77 (node) S a b c'])(
    'is nothing when it says %j',
    (text) => {
      expect(parseStat(text)).toBeUndefined();
    },
  );
});

describe('schedstat', () => {
  it.each([
    ['75152 47941 2\n', 75152],
    ['0 0 0\n', 0],
    ['', undefined],
    ['12 13', undefined],
    ['-5 1 2', undefined],
    [undefined, undefined],
  ])('%j is %j nanoseconds', (text, nanoseconds) => {
    expect(parseSchedstat(text)).toBe(nanoseconds);
  });
});
