import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { withTransaction } from '../../src/store/pool.ts';
import { claimRun, finishRun, reapExpiredLeases } from '../../src/store/runs.ts';
import { logsOf, saveLog } from '../../src/store/logs.ts';
import { pairsOf, saveEnvironment, savePair } from '../../src/store/trials.ts';
import { saveVerdicts, verdictsOf } from '../../src/store/verdicts.ts';
import { aFailedTrial, anEnvironment, aPair, aPullRequest, aTrial, aVerdict } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun, letLeaseRunOut } from '../helpers/runs.ts';

let database: TestDatabase;
const environment = anEnvironment();
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(async () => {
  await removeRows(database);
  await saveEnvironment(database.pool, environment);
});
afterAll(() => database.drop());

test('pairs come back exactly as they were measured, failures and histograms too', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  const histogram = Buffer.from(Array.from({ length: 300 }, (_, byte) => byte % 256)).toString('base64');
  const good = aPair(1, 1.0512345678901234, {
    stealShare: 0.0125,
    base: aTrial(99.87654321, { histogram, memoryPeakBytes: 9_007_199_254_740_991 }),
  });
  const bad = aPair(2, 1, {
    stage: 'confirm',
    seed: 4_294_967_295,
    head: aFailedTrial('died-under-load', 'FATAL\u0000 \uD800 <script>'),
    answers: { compared: 5, different: 1, example: { request: 'GET /', base: 'a', head: 'b' } },
  });

  await savePair(database.pool, run, good, environment.fingerprint);
  await savePair(database.pool, run, bad, environment.fingerprint, 'head died under load');

  const stored = await pairsOf(database.pool, run.id, run.leaseEpoch);
  const head = aFailedTrial('died-under-load', 'FATAL\uFFFD \uFFFD <script>');
  expect(stored).toEqual([{ pair: good }, { pair: { ...bad, head }, droppedWhy: 'head died under load' }]);
});

test('further figures, their counts, the generator and notes of a trial come back too', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  const full = aPair(1, 1, {
    base: aTrial(100, {
      figures: { throughput: 512.25, memory_growth: -3.5, latency_over_50ms: 0.01, custom_rows: 1e-9 },
      counts: { latency_over_50ms: { hits: 5, of: 500 } },
      generator: { keptUp: true, offered: 500, sent: 500, lateP99Ms: 0.25, lateMaxMs: 1.5 },
      notes: ['memory after GC is not to be had: no inspector'],
      openHistogram: Buffer.from('an open histogram').toString('base64'),
    }),
    head: aTrial(101, { notes: ['a \u0000 and half a pair \uD800'] }),
  });
  const failed = aPair(2, 1, { head: aFailedTrial('exited') });

  await savePair(database.pool, run, full, environment.fingerprint);
  await savePair(database.pool, run, failed, environment.fingerprint);

  const stored = await pairsOf(database.pool, run.id, run.leaseEpoch);
  const head = aTrial(101, { notes: ['a \uFFFD and half a pair \uFFFD'] });
  expect(stored.map(({ pair }) => pair)).toEqual([{ ...full, head }, failed]);
});

test('a worker without its lease stores no pair, no log and no verdict', async () => {
  const zombie = await leasedRun(database.pool, aPullRequest(7).request());
  await letLeaseRunOut(database.pool, zombie.id);
  const afterItRanOut = await savePair(database.pool, zombie, aPair(1), environment.fingerprint);
  await withTransaction(database.pool, (tx) => reapExpiredLeases(tx));
  await claimRun(database.pool, { pool: 'default', workerId: 'worker-2', leaseMs: 60_000 });

  const afterItWentOn = [
    await savePair(database.pool, zombie, aPair(1), environment.fingerprint),
    await saveLog(database.pool, zombie, 'build base', 'late', false),
    await saveVerdicts(database.pool, zombie, [aVerdict('regressed')]),
  ];

  expect([afterItRanOut, ...afterItWentOn]).toEqual([false, false, false, false]);
  const { rows } = await database.pool.query(
    'select (select count(*) from pairs) + (select count(*) from trials) + (select count(*) from run_logs) as n',
  );
  expect(rows).toEqual([{ n: '0' }]);
});

test('the pairs of two leases of one run are never mixed', async () => {
  const first = await leasedRun(database.pool, aPullRequest(7).request());
  await savePair(database.pool, first, aPair(1, 1.5), environment.fingerprint);
  await letLeaseRunOut(database.pool, first.id);
  await withTransaction(database.pool, (tx) => reapExpiredLeases(tx));
  const second = await claimRun(database.pool, { pool: 'default', workerId: 'worker-2', leaseMs: 60_000 });
  if (second === undefined) throw new Error('the run could not be claimed again');
  await savePair(database.pool, { ...second, runId: second.id }, aPair(1, 1.01), environment.fingerprint);

  const ofFirst = await pairsOf(database.pool, first.id, first.leaseEpoch);
  const ofSecond = await pairsOf(database.pool, second.id, second.leaseEpoch);

  expect(ofFirst).toEqual([{ pair: aPair(1, 1.5) }]);
  expect(ofSecond).toEqual([{ pair: aPair(1, 1.01) }]);
});

test('verdicts are stored with the end of their run and come back as judged', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  const { effect: _effect, interval: _interval, ...withoutFigures } = aVerdict('inconclusive');
  const verdicts = [
    aVerdict('regressed'),
    { ...withoutFigures, metric: 'startup' as const, smallestVisible: 0.08 },
  ];

  const saved = await withTransaction(database.pool, async (tx) => {
    await finishRun(tx, run, {
      state: 'reporting',
      result: { kind: 'skipped', reason: 'test' },
      timings: {},
    });
    return saveVerdicts(tx, run, verdicts);
  });

  expect(saved).toBe(true);
  expect(await verdictsOf(database.pool, run.id)).toEqual(verdicts);
});

test('of two analyses of one run the newer one counts', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  await saveVerdicts(database.pool, run, [aVerdict('regressed')]);
  await saveVerdicts(database.pool, run, [aVerdict('unchanged', { analysisVersion: 2 })]);

  expect(await verdictsOf(database.pool, run.id)).toEqual([aVerdict('unchanged', { analysisVersion: 2 })]);
});

test('logs are kept for the newest attempt, and the same step again replaces its text', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  await saveLog(database.pool, run, 'build base', 'half', false);
  await saveLog(database.pool, run, 'build base', 'all of it\u0000', true);
  await saveLog(database.pool, run, 'build head', 'ok', false);

  const logs = await logsOf(database.pool, run.id);

  expect(logs.map(({ name, content, truncated }) => [name, content, truncated])).toEqual([
    ['build base', 'all of it\uFFFD', true],
    ['build head', 'ok', false],
  ]);
});

test('the facts of a machine are kept once for each fingerprint', async () => {
  await saveEnvironment(database.pool, environment);
  await saveEnvironment(database.pool, anEnvironment({ fingerprint: 'other' }));

  const { rows } = await database.pool.query<{ facts: unknown }>('select facts from environments order by 1');
  expect(rows).toHaveLength(2);
  expect(rows.map((row) => row.facts)).toContainEqual(environment);
});
