import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  answerFetchToken,
  askFetchToken,
  forgetFetchTokenRequests,
  putOffFetchTokens,
  readFetchTokenAnswer,
  takeFetchTokenRequest,
} from '../../src/store/fetch-tokens.ts';
import { withTransaction } from '../../src/store/pool.ts';
import {
  installationState,
  repositoryById,
  upsertInstallation,
  upsertPullRequest,
  upsertRepository,
} from '../../src/store/repositories.ts';
import { settingOrMake } from '../../src/store/settings.ts';
import { heartbeatWorker, liveWorkers } from '../../src/store/workers.ts';
import { aPullRequest, sha } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun, letLeaseRunOut } from '../helpers/runs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => removeRows(database));
afterAll(() => database.drop());

test('a repository keeps its id through a rename and a move to another installation', async () => {
  const repository = {
    repoId: '9007199254740993',
    installationId: '1',
    fullName: 'acme/ranking',
    defaultBranch: 'main',
    isPrivate: true,
  };
  await upsertRepository(database.pool, repository);
  const renamed = { ...repository, installationId: '2', fullName: 'acme/rank', defaultBranch: 'trunk' };
  await upsertRepository(database.pool, { ...renamed, state: 'removed' });

  expect(await repositoryById(database.pool, repository.repoId)).toEqual({ ...renamed, state: 'removed' });
  expect(await repositoryById(database.pool, '1')).toBeUndefined();
});

test('an installation has the state that was heard last', async () => {
  const installation = { installationId: '900', accountLogin: 'acme' };
  await upsertInstallation(database.pool, { ...installation, state: 'active' });
  await upsertInstallation(database.pool, { ...installation, state: 'suspended' });

  expect(await installationState(database.pool, '900')).toBe('suspended');
  expect(await installationState(database.pool, '901')).toBeUndefined();
});

test('a pull request has the head that was heard last', async () => {
  const pull = { repoId: '5001', number: 7 };
  await upsertPullRequest(database.pool, { ...pull, headSha: sha('one'), state: 'open' });
  await upsertPullRequest(database.pool, { ...pull, headSha: sha('two'), state: 'closed' });

  const { rows } = await database.pool.query('select number, head_sha, state from pull_requests');
  expect(rows).toEqual([{ number: 7, head_sha: sha('two'), state: 'closed' }]);
});

test('twenty processes that make the same setting all get one value, and it stays', async () => {
  let made = 0;
  const makeNext = (): string => `value ${(made += 1)}`;

  const values = await Promise.all(
    Array.from({ length: 20 }, () => settingOrMake(database.pool, 'marker-key', makeNext)),
  );
  const later = await settingOrMake(database.pool, 'marker-key', () => 'another');

  expect(new Set([...values, later]).size).toBe(1);
});

test('a worker is live while its heartbeat is young, in its own pool', async () => {
  const worker = { workerId: 'w1', pool: 'default', machineId: 'm1', capabilities: { cores: 2 } };
  await heartbeatWorker(database.pool, worker);
  await heartbeatWorker(database.pool, { ...worker, capabilities: { cores: 4 } });
  await heartbeatWorker(database.pool, { ...worker, workerId: 'w2', pool: 'big' });
  await heartbeatWorker(database.pool, { ...worker, workerId: 'w3' });
  await database.pool.query(
    `update workers set seen_at = now() - interval '2 minutes' where worker_id = 'w3'`,
  );

  const live = await liveWorkers(database.pool, 'default');

  expect(live).toMatchObject([{ workerId: 'w1', machineId: 'm1', capabilities: { cores: 4 } }]);
});

test('a sealed token reaches the worker that asked, and is forgotten after', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  const publicKey = Buffer.from([1, 2, 3]);
  const id = await askFetchToken(database.pool, { runId: run.id, leaseEpoch: run.leaseEpoch, publicKey });
  const before = await readFetchTokenAnswer(database.pool, id);

  await withTransaction(database.pool, async (tx) => {
    const request = await takeFetchTokenRequest(tx);
    expect(request).toEqual({
      requestId: id,
      runId: run.id,
      publicKey,
      repoId: '5001',
      repoFullName: 'acme/ranking',
      installationId: '900',
    });
    await answerFetchToken(tx, id, { sealed: Buffer.from([9]) });
    await answerFetchToken(tx, id, { refusal: 'too late' });
  });
  const after = await readFetchTokenAnswer(database.pool, id);
  const open = await withTransaction(database.pool, takeFetchTokenRequest);
  await forgetFetchTokenRequests(database.pool, run.id);

  expect(before).toEqual({ state: 'waiting' });
  expect(after).toEqual({ state: 'sealed', sealed: Buffer.from([9]) });
  expect(open).toBeUndefined();
  expect(await readFetchTokenAnswer(database.pool, id)).toMatchObject({ state: 'refused' });
});

test('only the holder of a living lease is served: not an old epoch, not a lease that ran out', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  const publicKey = Buffer.from([1]);
  await askFetchToken(database.pool, { runId: run.id, leaseEpoch: '0', publicKey });
  const oldEpoch = await withTransaction(database.pool, takeFetchTokenRequest);
  await askFetchToken(database.pool, { runId: run.id, leaseEpoch: run.leaseEpoch, publicKey });
  await letLeaseRunOut(database.pool, run.id);
  const ranOut = await withTransaction(database.pool, takeFetchTokenRequest);

  expect([oldEpoch, ranOut]).toEqual([undefined, undefined]);
});

test('a refusal reaches the worker in words', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  const ask = { runId: run.id, leaseEpoch: run.leaseEpoch, publicKey: Buffer.from([1]) };
  const id = await askFetchToken(database.pool, ask);

  await answerFetchToken(database.pool, id, { refusal: 'the App is suspended' });

  expect(await readFetchTokenAnswer(database.pool, id)).toEqual({
    state: 'refused',
    refusal: 'the App is suspended',
  });
});

test('what one installation cannot be given now waits with the reason, and others are served', async () => {
  const ask = async (pullNumber: number, installationId: string): Promise<string> => {
    const run = await leasedRun(database.pool, aPullRequest(pullNumber).with({ installationId }).request());
    const publicKey = Buffer.from([pullNumber]);
    return askFetchToken(database.pool, { runId: run.id, leaseEpoch: run.leaseEpoch, publicKey });
  };
  const [first, second, other] = [await ask(1, '900'), await ask(2, '900'), await ask(3, '901')];

  await putOffFetchTokens(database.pool, '900', { reason: 'GitHub answered 502', retryAfterMs: 60_000 });
  const taken = await withTransaction(database.pool, takeFetchTokenRequest);
  await putOffFetchTokens(database.pool, '900', { retryAfterMs: 0 });
  const later = await withTransaction(database.pool, async (tx) => {
    const request = await takeFetchTokenRequest(tx);
    await answerFetchToken(tx, request?.requestId ?? '', { refusal: 'no' });
    return [request?.requestId, (await takeFetchTokenRequest(tx))?.requestId];
  });

  expect(taken?.requestId).toBe(other);
  expect(later).toEqual([other, first]);
  expect(await readFetchTokenAnswer(database.pool, second)).toEqual({
    state: 'waiting',
    reason: 'GitHub answered 502',
  });
});
