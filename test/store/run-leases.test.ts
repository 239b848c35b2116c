import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunResult } from '../../src/domain/run.ts';
import { passOn } from '../../src/store/pass-on.ts';
import { withTransaction } from '../../src/store/pool.ts';
import {
  cancelOpenRuns,
  claimRun,
  finishRun,
  publishResult,
  reapExpiredLeases,
  renewLease,
  resultOf,
  runById,
  runsToDispatch,
  setPhase,
  supersedeOlder,
} from '../../src/store/runs.ts';
import { aPullRequest, aPush } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun, letLeaseRunOut, queuedRun, statesOf } from '../helpers/runs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => removeRows(database));
afterAll(() => database.drop());

const claim = { pool: 'default', workerId: 'worker-1', leaseMs: 60_000 };
const skipped: RunResult = { kind: 'skipped', reason: 'only documents changed' };

test('a named run is claimed once, however many workers ask', async () => {
  const { id } = await queuedRun(database.pool, aPullRequest(7).request());

  const claims = await Promise.all(
    Array.from({ length: 8 }, (_, no) =>
      claimRun(database.pool, { ...claim, runId: id, workerId: `worker-${no}` }),
    ),
  );

  const won = claims.filter((run) => run !== undefined);
  expect(won).toHaveLength(1);
  expect(won[0]).toMatchObject({ id, state: 'leased', phase: 'preparing', attempt: 1, leaseEpoch: '1' });
});

test('without a name the most urgent run goes first, then the oldest, and only of the own pool', async () => {
  const push = await queuedRun(database.pool, aPush('merged').request());
  const older = await queuedRun(database.pool, aPullRequest(7).request());
  const newer = await queuedRun(database.pool, aPullRequest(8).request());

  const elsewhere = await claimRun(database.pool, { ...claim, pool: 'big-machines' });
  const order: (string | undefined)[] = [];
  for (let no = 0; no < 4; no += 1) order.push((await claimRun(database.pool, claim))?.id);

  expect(elsewhere).toBeUndefined();
  expect(order).toEqual([older.id, newer.id, push.id, undefined]);
});

test('a lease is renewed while it is held', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request(), { leaseMs: 1000 });

  const renewed = await renewLease(database.pool, { ...run, leaseMs: 3_600_000 });

  expect(renewed).toEqual({ held: true, state: 'leased' });
  const { rows } = await database.pool.query<{ longer: boolean }>(
    `select lease_until > now() + interval '50 minutes' as longer from runs`,
  );
  expect(rows).toEqual([{ longer: true }]);
});

test('a lease that ran out cannot be renewed, even when nobody has taken the run yet', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  await letLeaseRunOut(database.pool, run.id);

  expect(await renewLease(database.pool, { ...run, leaseMs: 60_000 })).toEqual({
    held: false,
    state: 'leased',
  });
});

test('a worker learns at its heartbeat who cancelled its run', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  await cancelOpenRuns(database.pool, { repoId: run.repoId, pullNumber: 7, by: 'grace' });

  expect(await renewLease(database.pool, { ...run, leaseMs: 60_000 })).toEqual({
    held: false,
    state: 'cancelled',
    cancelledBy: 'grace',
  });
});

test('a leased run tells its phase, progress and what was found out', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());

  const built = await setPhase(database.pool, run, 'building', undefined, {
    mergeBaseSha: 'b'.repeat(40),
    configHash: 'c0ffee',
  });
  const measuring = await setPhase(database.pool, run, 'measuring', { pairsDone: 3, stage: 'explore' });

  expect([built, measuring]).toEqual([true, true]);
  const found = await resultOf(database.pool, run.id);
  expect(found.run).toMatchObject({
    phase: 'measuring',
    mergeBaseSha: 'b'.repeat(40),
    configHash: 'c0ffee',
  });
  expect(found.progress).toEqual({ pairsDone: 3, stage: 'explore' });
});

test('a finished run keeps its result and timings and gives up its lease', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());

  const finished = await finishRun(database.pool, run, {
    state: 'reporting',
    result: skipped,
    timings: { preparingMs: 12.5 },
  });

  expect(finished).toBe(true);
  const found = await resultOf(database.pool, run.id);
  expect(found).toMatchObject({ result: skipped, timings: { preparingMs: 12.5 } });
  expect(found.run.state).toBe('reporting');
  expect(found.run).not.toHaveProperty('phase');
  const { rows } = await database.pool.query('select lease_owner, lease_until from runs');
  expect(rows).toEqual([{ lease_owner: null, lease_until: null }]);
});

test('a zombie changes nothing after its run went to another worker', async () => {
  const zombie = await leasedRun(database.pool, aPullRequest(7).request());
  await letLeaseRunOut(database.pool, zombie.id);
  await withTransaction(database.pool, (tx) => reapExpiredLeases(tx));
  const heir = await claimRun(database.pool, { ...claim, workerId: 'worker-2' });

  const writes = [
    (await renewLease(database.pool, { ...zombie, leaseMs: 60_000 })).held,
    await setPhase(database.pool, zombie, 'analysing', { pairsDone: 99 }),
    await finishRun(database.pool, zombie, { state: 'failed', result: skipped, timings: {} }),
    await passOn(database.pool, zombie, { countAttempt: false }),
  ];

  expect(writes).toEqual([false, false, false, false]);
  expect(heir).toMatchObject({ id: zombie.id, attempt: 2, leaseEpoch: '2' });
  expect(await runById(database.pool, zombie.id)).toEqual(heir);
});

test('a worker whose lease ran out cannot finish, although nobody else has the run', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  await letLeaseRunOut(database.pool, run.id);

  const finished = await finishRun(database.pool, run, { state: 'reporting', result: skipped, timings: {} });

  expect(finished).toBe(false);
});

test('a run that is handed back waits again and its attempt does not count', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());

  const back = await passOn(database.pool, run, { countAttempt: false });

  expect(back).toBe(true);
  expect(await runById(database.pool, run.id)).toMatchObject({
    state: 'queued',
    attempt: 0,
    leaseEpoch: '1',
  });
  expect(await claimRun(database.pool, claim)).toMatchObject({ attempt: 1, leaseEpoch: '2' });
});

test('a run is passed on to the pool that its project names, fenced like every other write', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());

  const passed = await passOn(database.pool, run, { pool: 'big-machines', countAttempt: false });
  const again = await passOn(database.pool, run, { countAttempt: true });
  const heir = await claimRun(database.pool, { ...claim, pool: 'big-machines' });

  expect([passed, again]).toEqual([true, false]);
  expect(heir).toMatchObject({ id: run.id, pool: 'big-machines', attempt: 1, leaseEpoch: '2' });
});

test('a run that waits for its next try is taken by nobody before its time', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());

  await passOn(database.pool, run, { countAttempt: true, delayMs: 60_000 });

  expect(await claimRun(database.pool, claim)).toBeUndefined();
  expect(await runsToDispatch(database.pool, 0)).toEqual([]);
  await database.pool.query(`update runs set not_before = now()`);
  expect(await claimRun(database.pool, claim)).toMatchObject({ id: run.id, attempt: 2 });
});

test('a run that kills its worker is tried three times and then lost, with the reason', async () => {
  const { id } = await queuedRun(database.pool, aPullRequest(7).request());

  const requeuedOrLost: string[] = [];
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await claimRun(database.pool, claim);
    await letLeaseRunOut(database.pool, id);
    const { requeued, lost } = await withTransaction(database.pool, (tx) => reapExpiredLeases(tx));
    requeuedOrLost.push(...requeued.map((run) => run.state), ...lost.map((run) => run.state));
  }

  expect(requeuedOrLost).toEqual(['queued', 'queued', 'lost']);
  expect((await resultOf(database.pool, id)).result).toMatchObject({
    kind: 'failed',
    blame: 'infra',
    code: 'worker-lost',
    phase: 'preparing',
  });
  expect((await statesOf(database.pool, id)).join(' ')).toBe(
    'received queued leased queued leased queued leased lost',
  );
});

test('a published result is never withdrawn: no way leads back into the queue', async () => {
  const result = { kind: 'judged', gate: 'fail' } as RunResult;
  const run = await leasedRun(database.pool, aPullRequest(7).request());

  const published = await publishResult(database.pool, run, result);
  const back = await passOn(database.pool, run, { countAttempt: false });
  await letLeaseRunOut(database.pool, run.id);
  const { requeued, lost, judged } = await withTransaction(database.pool, (tx) => reapExpiredLeases(tx));

  expect([published, back, requeued, lost]).toEqual([true, false, [], []]);
  expect(judged).toMatchObject([{ id: run.id, state: 'reporting', leaseEpoch: '1' }]);
  expect((await resultOf(database.pool, run.id)).result).toEqual(result);
  expect((await statesOf(database.pool, run.id)).at(-1)).toBe('reporting');
});

test('two reapers at once take each run back once, and leave living leases alone', async () => {
  const alive = await leasedRun(database.pool, aPullRequest(6).request());
  const dead = await leasedRun(database.pool, aPullRequest(7).request());
  await letLeaseRunOut(database.pool, dead.id);

  const outcomes = await Promise.all(
    [1, 2, 3].map(() => withTransaction(database.pool, (tx) => reapExpiredLeases(tx))),
  );

  expect(outcomes.flatMap((outcome) => outcome.requeued.map((run) => run.id))).toEqual([dead.id]);
  expect((await runById(database.pool, alive.id))?.state).toBe('leased');
});

test('a newer head supersedes what is open of the older one, a measured run too, and says by which', async () => {
  const waiting = await queuedRun(database.pool, aPullRequest(7).withHead('one').request());
  const measured = await leasedRun(database.pool, aPullRequest(7).withHead('two').request());
  const otherPull = await queuedRun(database.pool, aPullRequest(8).request());
  const newest = await queuedRun(database.pool, aPullRequest(7).withHead('three').request());

  const superseded = await withTransaction(database.pool, (tx) => supersedeOlder(tx, newest));

  expect(new Set(superseded.map((run) => run.id))).toEqual(new Set([waiting.id, measured.id]));
  expect(superseded.map((run) => run.state)).toEqual(['superseded', 'superseded']);
  expect((await resultOf(database.pool, measured.id)).result).toEqual({
    kind: 'superseded',
    bySha: newest.headSha,
  });
  expect((await runById(database.pool, otherPull.id))?.state).toBe('queued');
  expect((await runById(database.pool, newest.id))?.state).toBe('queued');
  expect(await renewLease(database.pool, { ...measured, leaseMs: 1 })).toMatchObject({
    held: false,
    state: 'superseded',
  });
});

test('a run that is being reported is neither superseded nor cancelled', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).withHead('one').request());
  await finishRun(database.pool, run, { state: 'reporting', result: skipped, timings: {} });
  const newer = await queuedRun(database.pool, aPullRequest(7).withHead('two').request());

  const superseded = await supersedeOlder(database.pool, newer);
  const cancelled = await cancelOpenRuns(database.pool, { repoId: '5001', pullNumber: 7, by: 'grace' });

  expect(superseded).toEqual([]);
  expect(cancelled.map((one) => one.id)).toEqual([newer.id]);
});

test('of a finish and a cancel at the same moment exactly one ends the run', async () => {
  for (let round = 0; round < 5; round += 1) {
    const run = await leasedRun(database.pool, aPullRequest(100 + round).request());

    const [finished, cancelled] = await Promise.all([
      finishRun(database.pool, run, { state: 'failed', result: skipped, timings: {} }),
      cancelOpenRuns(database.pool, { repoId: run.repoId, pullNumber: 100 + round, by: 'grace' }),
    ]);

    expect(Number(finished) + cancelled.length).toBe(1);
  }
});
