import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { HostFacts } from '../../src/measure/host/host-facts.ts';
import {
  checkHostForCompare,
  checkHostForRun,
  HOST_UNSTEADY,
  modeForRun,
  storedHistory,
} from '../../workers/check-host.ts';
import { whenAgain } from '../../workers/measure-run.ts';
import { aPullRequest } from '../helpers/builders.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { leasedRun } from '../helpers/runs.ts';

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(join(tmpdir(), 'perf-ci-check-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

describe('how strict a look is', () => {
  const hour = 3_600_000;

  it.each([
    ['refuse', undefined, 'refuse'],
    ['refuse', 0, 'refuse'],
    ['refuse', hour, 'refuse'],
    ['refuse', hour + 1, 'flag'],
    ['flag', hour + 1, 'flag'],
    ['off', hour + 1, 'off'],
  ] as const)('%s, for a run first taken %s ms ago, is %s', (mode, agoMs, expected) => {
    const nowMs = Date.parse('2026-01-02T00:00:00Z');

    expect(modeForRun(mode, agoMs === undefined ? undefined : nowMs - agoMs, nowMs)).toBe(expected);
  });
});

it('a run that met an unfit machine comes back in a minute and has used up no attempt', () => {
  const refused = { code: HOST_UNSTEADY, retryable: true };

  expect(whenAgain(refused, { attempt: 3, createdAt: new Date(0) })).toEqual({
    countAttempt: false,
    delayMs: 60_000,
  });
});

it('the past in the database gives back what it was told, and leaves out what it does not understand', async () => {
  const facts: HostFacts = { cpuCount: 2, lookMs: 500, load1: 0.1, missing: ['no CPU pressure'] };
  const history = storedHistory(database.pool, 'some machine');
  await database.pool.query(
    `insert into host_checks (machine_id, facts, outcome) values ('some machine', '{"steady": true, "load": 7}', 'accepted')`,
  );
  await history.add({ facts, outcome: 'flagged', steady: true });
  await history.add({ facts, outcome: 'refused', steady: false });

  expect(await history.steadyChecks()).toEqual([facts]);
});

it('a worker looks at its machine and remembers it; the run is told what was found', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());

  const readiness = await checkHostForRun(database.pool, run, { installationMode: 'flag' });

  expect(readiness.facts?.cpuCount).toBeGreaterThan(0);
  expect(readiness.notes).toContainEqual(expect.stringContaining('0 of 5 looks are known'));
  const { rows } = await database.pool.query(`select 1 from host_checks where facts ->> 'probe' is not null`);
  expect(rows).toHaveLength(1);
});

it('perf-ci compare remembers in its data folder', async () => {
  await checkHostForCompare(folder, { mode: undefined });
  const second = await checkHostForCompare(folder, { mode: 'flag' });

  expect(second.facts?.randomRead?.medianUs).toBeGreaterThan(0);
  expect(second.notes.some((note) => /[01] of 5 looks are known/.test(note))).toBe(true);
});
