import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { runDemo } from '../../../src/cli/demo/demo.ts';
import { findMistake } from '../../../src/cli/demo/expected.ts';
import { createPhases } from '../../../src/cli/demo/phases.ts';
import { CHANGES } from '../../../src/cli/demo/repository.ts';
import { waitForPull } from '../../../src/cli/demo/wait.ts';
import type { RunResult } from '../../../src/domain/run.ts';
import type { DoubleRepository } from '../../../src/github-double/contract.ts';
import { freshDatabase } from '../../helpers/database.ts';
import { perfCi } from '../helpers.ts';

describe('perf-ci demo', () => {
  let printed: string;
  beforeEach(() => {
    printed = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('gives up after its deadline: what it was waiting for, and how long each phase took', async () => {
    await expect(runDemo({ seed: '7' }, 1)).rejects.toMatchObject({
      code: 'demo-timed-out',
      message: expect.stringMatching(/; still waiting for (the GitHub double|perf-ci to listen)$/),
    });

    expect(printed).toMatch(/start \d+\.\d s · stop \d+\.\d s · total \d+\.\d s\n$/);
  });

  it.each(['x', '-1', '1.5', '', '4294967296'])(
    'refuses the seed %j before it starts anything',
    async (seed) => {
      await expect(runDemo({ seed })).rejects.toMatchObject({ code: 'bad-seed', blame: 'usage' });

      expect(printed).toBe('');
    },
  );
});

it('a wrong seed is exit code 3', async () => {
  const { code, stdout, stderr } = await perfCi(['demo', '--seed', 'x']);

  expect(stderr).toContain('--seed: a whole number from 0 to 4294967295 expected, found "x"');
  expect([code, stdout]).toEqual([3, '']);
});

it('the phases are told in their order, with their sum', () => {
  let nowMs = 5000;
  const phases = createPhases(() => nowMs);
  for (const [name, ms] of [
    ['start', 2500],
    ['push and open', 1000],
    ['#1 to its verdict', 61_040],
  ] as const) {
    phases.begin(name);
    nowMs += ms;
  }

  expect(phases.summary()).toBe(
    'start 2.5 s · push and open 1.0 s · #1 to its verdict 61.0 s · total 64.5 s',
  );
});

it('waiting for a verdict tells how far all are, until it is told to stop', async () => {
  const database = await freshDatabase();
  const repository = { id: 5001, fullName: 'demo-org/ranking-service' } as DoubleRepository;
  const watched = { github: { checkRuns: () => [] }, pool: database.pool, repository };
  const abort = new AbortController();
  const told: string[] = [];

  const waiting = waitForPull(
    watched,
    [1, 2],
    { number: 1, until: 'verdict' },
    {
      tell: (states) => {
        told.push(states);
        if (told.length === 2) abort.abort(new Error('enough'));
      },
      signal: abort.signal,
    },
  );

  await expect(waiting).rejects.toThrow('enough');
  expect(told).toEqual(['#1 delivered  ·  #2 delivered', '#1 delivered  ·  #2 delivered']);
  await database.drop();
});

describe('what the demo expects', () => {
  const [neutral, slower] = CHANGES;
  const judged = (word: string, effect: number): RunResult =>
    ({ kind: 'judged', verdicts: [{ metric: 'cpu_per_request', verdict: word, effect }] }) as RunResult;

  it.each([
    [neutral, 'success', judged('unchanged', 0.001), undefined],
    [neutral, 'neutral', judged('inconclusive', 0.02), 'expected the neutral change to pass, found neutral'],
    [neutral, null, undefined, 'expected a verdict, found none'],
    [slower, 'failure', judged('regressed', 0.05), undefined],
    [slower, 'failure', judged('regressed', 0.09), 'expected 3 to 7 % slower, found 9.0 %'],
    [slower, 'success', judged('unchanged', 0.01), 'called slower, found unchanged and success'],
    [slower, 'failure', { kind: 'fork' }, 'expected a verdict, found fork'],
  ] as const)('of %o with %j', (change, conclusion, result, mistake) => {
    const found = findMistake(change, conclusion, result);

    if (mistake === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(mistake);
  });
});
