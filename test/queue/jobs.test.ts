import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobIdOf, parseRunJob, queueNameOf } from '../../src/queue/jobs.ts';

test('a job id names run and attempt, and is of a form that the queue takes', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: 99 }), (runId, attempt) => {
      const id = jobIdOf({ runId, attempt });
      expect(id).toBe(`run-${runId}-a${attempt}`);
      // BullMQ keeps ids with a colon, and ids of digits only, for itself.
      expect(id).not.toMatch(/:|^\d+$/);
    }),
  );
});

test('only data of the right shape counts as a job', () => {
  const job = { runId: '0b0e7d57-2a2f-4c55-9f0f-3a4f2a9d6f10', attempt: 1 };

  expect(parseRunJob({ ...job, more: 'ignored' })).toEqual(job);
  for (const wrong of [
    undefined,
    null,
    'run',
    [],
    {},
    { ...job, runId: "' or 1=1" },
    { ...job, runId: 7 },
    { ...job, attempt: 0 },
    { ...job, attempt: '1' },
    { ...job, attempt: 1.5 },
  ]) {
    expect(parseRunJob(wrong)).toBeUndefined();
  }
});

test('no data whatever makes the parser throw', () => {
  fc.assert(
    fc.property(fc.anything(), (data) => {
      parseRunJob(data);
    }),
  );
});

test('pools have queues of their own', () => {
  expect(queueNameOf('default')).toBe('runs-default');
  expect(queueNameOf('big-machines_2')).toBe('runs-big-machines_2');
});
