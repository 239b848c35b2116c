import { expect, it } from 'vitest';

import type { CommandSpec, LoadSpec, Scenario } from '../../../src/domain/benchmark.ts';
import { longestPairMs } from '../../../src/measure/pair-deadline.ts';
import { tinyConfig, tinyScenario } from '../helpers.ts';

function deadlineOf(load: Partial<LoadSpec>, scenario: Partial<Scenario> = {}): number {
  const tiny = tinyScenario(scenario);
  return longestPairMs(tinyConfig().service, { ...tiny, load: { ...tiny.load, ...load } });
}

it('the deadline of a pair leaves each phase the time that it may take', () => {
  const plain = deadlineOf({});
  const open = { ratePerSecond: 1, arrivals: 'fixed' as const, durationMs: 60_000 };

  // Both sides for the whole duration, and eight slices that each wait for a last answer.
  expect(deadlineOf({ open }) - plain).toBeGreaterThanOrEqual(2 * 60_000 + 8 * 1000);
  // Eight slices that are cut off at ten seconds.
  expect(deadlineOf({ closed: { connections: 1, requests: 1 } }) - plain).toBeGreaterThanOrEqual(8 * 10_000);
  expect(deadlineOf({ warmUpMs: 10_050 }) - plain).toBeGreaterThanOrEqual(4 * 10_000);

  // Set-up, four to compare answers, two each at the ends of warm-up, of the measured phase and of the batch for growth.
  expect(deadlineOf({ requestTimeoutMs: 60_000 }) - deadlineOf({ requestTimeoutMs: 0 })).toBe(11 * 60_000);

  const command: CommandSpec = { command: ['x'], env: {}, prepare: ['y'], timeoutMs: 100_000, outputs: [] };
  // Prepare and run, two sides, once to warm the page cache and once more.
  expect(deadlineOf({}, { kind: 'command', command })).toBeGreaterThan(8 * 100_000);
});
