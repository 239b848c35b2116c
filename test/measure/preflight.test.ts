import { expect, it } from 'vitest';

import { describePreflight, readPreflight } from '../../src/measure/preflight.ts';

it('reads the load and the number of CPUs of this machine', () => {
  const preflight = readPreflight();

  expect(preflight.cpuCount).toBeGreaterThan(0);
  expect(preflight.load1).toBeGreaterThanOrEqual(0);
});

it.each([
  [{ load1: 0.4, cpuCount: 2, cpuPressure: 0.01 }, 0],
  [{ load1: 1.7, cpuCount: 2 }, 1],
  [{ load1: 1.7, cpuCount: 2, cpuPressure: 0.5 }, 2],
])('a machine like %j is worth %i notes', (preflight, count) => {
  expect(describePreflight(preflight)).toHaveLength(count);
});
