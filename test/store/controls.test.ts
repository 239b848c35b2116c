import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import type { Plant } from '../../src/domain/control.ts';
import { controlOutcomes, saveControlOutcomes, type StoredOutcome } from '../../src/store/controls.ts';
import { findViolations } from '../../src/store/fsck.ts';
import { withTransaction } from '../../src/store/pool.ts';
import { closeReported, createRun, finishRun, nextRerunNumber, runById } from '../../src/store/runs.ts';
import { aControl, aPullRequest, sha } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun, queuedRun } from '../helpers/runs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => removeRows(database));
afterAll(() => database.drop());

const STALL: Plant = { kind: 'stall', share: 0.01, delayMs: 20 };
const outcome = (changes: Partial<StoredOutcome> = {}): StoredOutcome => ({
  scenario: 'everyday mix',
  metric: 'cpu_per_request',
  plant: { kind: 'none' },
  verdict: 'unchanged',
  logRatio: 0.0012345678901234,
  alarmed: false,
  finishedAt: new Date().toISOString(),
  ...changes,
});

async function ended(rerun: number): Promise<string> {
  const run = await leasedRun(database.pool, aControl('main').rerun(rerun).request());
  await withTransaction(database.pool, (tx) =>
    finishRun(tx, run, { state: 'reporting', result: { kind: 'skipped', reason: 'test' }, timings: {} }),
  );
  return run.id;
}

function sought(machineId = 'machine-1', scenarios = ['everyday mix']) {
  return controlOutcomes(database.pool, { repoId: '5001', machineId, scenarios });
}

test('a control run comes back as it was asked for, and the same commit can be controlled again and again', async () => {
  const request = aControl('main').with({ plant: STALL }).request();
  const first = await queuedRun(database.pool, request);
  const { plant: _plant, ...bare } = request;
  const push = await queuedRun(database.pool, { ...bare, kind: 'push' });
  const next = await nextRerunNumber(database.pool, request);
  const second = await queuedRun(database.pool, { ...request, rerunNumber: next });

  expect(first).toMatchObject(request);
  expect(await runById(database.pool, first.id)).toEqual(first);
  expect(push).not.toHaveProperty('plant');
  expect(next).toBe(1);
  expect(new Set([first.id, push.id, second.id]).size).toBe(3);
});

test('the database takes no control run without its plant, and no plant for others', async () => {
  const { plant: _plant, ...bare } = aControl('main').request();
  const plain = aPullRequest(7).request();

  for (const request of [bare, { ...plain, plant: STALL }]) {
    const creating = withTransaction(database.pool, (tx) => createRun(tx, request, 'queued'));
    await expect(creating).rejects.toMatchObject({ constraint: 'runs_plant_check' });
  }
});

test('outcomes come back as they were stored, newest first, of the machine and scenarios that are asked for', async () => {
  const [first, second, third] = [await ended(0), await ended(1), await ended(2)];
  const save = (runId: string, machineId: string, outcomes: StoredOutcome[]): Promise<void> =>
    saveControlOutcomes(database.pool, { runId, repoId: '5001', machineId }, outcomes);
  const old = outcome({ finishedAt: new Date(Date.now() - 60_000).toISOString() });
  const { logRatio: _logRatio, ...unknown } = outcome({
    plant: STALL,
    verdict: 'inconclusive',
    alarmed: true,
  });
  const share = outcome({ metric: 'latency_over_50ms', logRatio: -0.5 });
  await save(first, 'machine-1', [old, share, outcome({ scenario: 'another' })]);
  await save(second, 'machine-1', [unknown]);
  await save(third, 'machine-2', [outcome()]);

  const found = await sought();

  expect(found).toHaveLength(3);
  expect(found).toEqual(expect.arrayContaining([old, share, unknown]));
  expect(found.at(-1)).toEqual(old);
  expect(await sought('machine-2', ['everyday mix', 'another'])).toHaveLength(1);
  expect(await sought('machine-3')).toEqual([]);
  expect(
    await controlOutcomes(database.pool, { repoId: '1', machineId: 'machine-1', scenarios: ['another'] }),
  ).toEqual([]);
});

test('an outcome that is stored twice stays what it was', async () => {
  const runId = await ended(0);
  const at = { runId, repoId: '5001', machineId: 'machine-1' };
  const first = outcome();

  await saveControlOutcomes(database.pool, at, [first]);
  await saveControlOutcomes(database.pool, at, [outcome({ verdict: 'regressed', alarmed: true })]);

  expect(await sought()).toEqual([first]);
});

test('of each kind a hundred are read, and none that is older than four months', async () => {
  const runId = await ended(0);
  await database.pool.query(
    `with made as (
       insert into runs (kind, installation_id, repo_id, repo_full_name, head_sha, base_sha, base_ref, head_ref,
                         from_fork, priority, actor_id, actor_login, plant, rerun_number)
       select 'control', 1, 5001, 'acme/ranking', $1, $1, 'main', 'main', false, 90, 0, 'perf-ci', '{"kind": "none"}', n
       from generate_series(100, 250) n returning id, rerun_number
     )
     insert into control_outcomes (run_id, repo_id, machine_id, scenario, metric, plant, verdict, alarmed, finished_at)
     select id, 5001, 'machine-1', 'everyday mix', 'cpu_per_request',
            case when rerun_number < 105 then '{"kind": "cpu", "share": 0.02}' else '{"kind": "none"}' end::jsonb,
            'unchanged', false, now() - rerun_number * interval '1 hour'
     from made`,
    [sha('main')],
  );
  const ancient = outcome({
    metric: 'startup',
    finishedAt: new Date(Date.now() - 121 * 86_400_000).toISOString(),
  });
  await saveControlOutcomes(database.pool, { runId, repoId: '5001', machineId: 'machine-1' }, [ancient]);

  const found = await sought();

  expect(found.filter(({ plant }) => plant.kind === 'none')).toHaveLength(100);
  expect(found.filter(({ plant }) => plant.kind === 'cpu')).toHaveLength(5);
  expect(found.some(({ metric }) => metric === 'startup')).toBe(false);
});

test('fsck asks no check of a control run, and notices one that wants something at GitHub', async () => {
  const id = await ended(0);
  await withTransaction(database.pool, (tx) => closeReported(tx));
  expect(await findViolations(database.pool, { graceMs: 0 })).toEqual([]);

  await database.pool.query(
    `insert into outbox (kind, installation_id, repo_id, repo_full_name, slot, run_id, source_sequence, desired)
     values ('check', 1, 5001, 'acme/ranking', 'run/x', $1, 1, '{"status": "completed"}')`,
    [id],
  );

  const found = await findViolations(database.pool, { graceMs: 60_000 });
  expect(found.map(({ invariant }) => invariant)).toEqual(['a-control-run-shows-nothing-at-github']);
});
