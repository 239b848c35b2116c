import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { LEGAL_MOVES } from '../../src/domain/run.ts';
import { withTransaction } from '../../src/store/pool.ts';
import {
  createRun,
  latestRunOfPull,
  nextRerunNumber,
  resultOf,
  runByCheck,
  runById,
} from '../../src/store/runs.ts';
import { markSent, putDesired, takeOutboxItem } from '../../src/store/outbox.ts';
import { aPullRequest, aPush, sha } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { queuedRun, statesOf } from '../helpers/runs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => removeRows(database));
afterAll(() => database.drop());

test('the legal moves of the domain are those of the database', async () => {
  const { rows } = await database.pool.query<{ from_state: string; to_state: string }>(
    'select from_state, to_state from run_state_moves',
  );

  const inDatabase = rows.map((row) => `${row.from_state} -> ${row.to_state}`).sort();
  const inDomain = Object.entries(LEGAL_MOVES)
    .flatMap(([from, targets]) => targets.map((to) => `${from} -> ${to}`))
    .sort();

  expect(inDatabase).toEqual(inDomain);
});

test('the database refuses every move that is not legal, and a start in the middle', async () => {
  const run = await queuedRun(database.pool, aPullRequest(7).request());

  const illegal = database.pool.query(`update runs set state = 'done' where id = $1`, [run.id]);
  await expect(illegal).rejects.toMatchObject({ constraint: 'run_state_moves' });
  const headStart = database.pool.query(
    `insert into runs (kind, installation_id, repo_id, repo_full_name, head_sha, base_sha, base_ref, head_ref,
                       from_fork, priority, actor_id, actor_login, state)
     values ('push', 1, 1, 'a/b', $1, $1, 'main', 'main', false, 1, 1, 'ada', 'done')`,
    [sha('x')],
  );
  await expect(headStart).rejects.toMatchObject({ constraint: 'run_state_moves' });

  expect((await runById(database.pool, run.id))?.state).toBe('queued');
});

test('a created run comes back as it was asked for, and its moves begin at received', async () => {
  const request = aPullRequest(7).fromFork().by('mallory', '9007199254740993').request();

  const { run, created } = await withTransaction(database.pool, (tx) =>
    createRun(tx, request, 'awaiting_approval'),
  );

  expect(created).toBe(true);
  expect(run).toMatchObject({ ...request, state: 'awaiting_approval', attempt: 0, leaseEpoch: '0' });
  expect(await runById(database.pool, run.id)).toEqual(run);
  expect(await statesOf(database.pool, run.id)).toEqual(['received', 'awaiting_approval']);
});

test('a push run has no pull number at all', async () => {
  const run = await queuedRun(database.pool, aPush('merged').request());

  expect(run).not.toHaveProperty('pullNumber');
  expect(run).toMatchObject({ kind: 'push', priority: 50, headSha: sha('merged') });
});

test('the same meaning asked for twenty times at once is one run', async () => {
  const request = aPullRequest(7).request();

  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () =>
      withTransaction(database.pool, (tx) => createRun(tx, request, 'queued')),
    ),
  );

  expect(outcomes.filter((outcome) => outcome.created)).toHaveLength(1);
  expect(new Set(outcomes.map((outcome) => outcome.run.id)).size).toBe(1);
});

test('a run that is asked for again keeps the state that it has', async () => {
  const first = await queuedRun(database.pool, aPullRequest(7).request());

  const again = await withTransaction(database.pool, (tx) =>
    createRun(tx, aPullRequest(7).request(), 'awaiting_approval'),
  );

  expect(again).toEqual({ run: first, created: false });
});

test('rerun numbers count up for one head and begin at nought for another', async () => {
  const story = aPullRequest(7).withHead('first');
  await queuedRun(database.pool, story.request());
  await queuedRun(database.pool, story.rerun(1).request());

  const next = await nextRerunNumber(database.pool, story.request());
  const other = await nextRerunNumber(database.pool, story.withHead('second').request());
  const push = await nextRerunNumber(database.pool, aPush('first').request());

  expect([next, other, push]).toEqual([2, 0, 0]);
});

test('the latest run of a pull request is the one created last', async () => {
  await queuedRun(database.pool, aPullRequest(7).withHead('first').request());
  const second = await queuedRun(database.pool, aPullRequest(7).withHead('second').request());
  await queuedRun(database.pool, aPullRequest(8).request());

  expect(await latestRunOfPull(database.pool, '5001', 7)).toEqual(second);
  expect(await latestRunOfPull(database.pool, '5001', 9)).toBeUndefined();
});

test('a run is found by the check run that GitHub shows for it', async () => {
  const run = await queuedRun(database.pool, aPullRequest(7).request());
  await putDesired(database.pool, {
    kind: 'check',
    installationId: run.installationId,
    repoId: run.repoId,
    repoFullName: run.repoFullName,
    slot: `run/${run.id}`,
    runId: run.id,
    sourceSequence: run.sequence,
    desired: { status: 'queued' },
  });
  const item = await takeOutboxItem(database.pool, { claimedBy: 'reporter', claimMs: 1000 });
  if (item !== undefined) await markSent(database.pool, item, { externalId: '777', version: 1 });

  expect((await runByCheck(database.pool, '5001', '777'))?.id).toBe(run.id);
  expect(await runByCheck(database.pool, '5002', '777')).toBeUndefined();
});

test('text that Postgres refuses does not lose the run', async () => {
  const run = await queuedRun(database.pool, aPullRequest(7).by('nul\u0000', '1').request());

  expect(run.actor.login).toBe('nul\uFFFD');
});

test('an unknown run is an error in words', async () => {
  await expect(resultOf(database.pool, '00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({
    code: 'run-unknown',
  });
});
