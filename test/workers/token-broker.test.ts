import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { PerfCiError } from '../../src/domain/errors.ts';
import type { Run } from '../../src/domain/run.ts';
import { type GitHubClient, openGitHub } from '../../src/github/client.ts';
import type { DoubleRepository, GitHubDouble } from '../../src/github-double/contract.ts';
import { startGitHubDouble } from '../../src/github-double/start.ts';
import { createLog } from '../../src/log.ts';
import { obtainFetchToken } from '../../workers/fetch-token.ts';
import { startTokenBroker, type TokenBroker } from '../../workers/token-broker.ts';
import { aPullRequest } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun, letLeaseRunOut } from '../helpers/runs.ts';

const POLL_MS = 20;

let database: TestDatabase;
let folder: string;
let github: GitHubDouble;
let ours: DoubleRepository;
let theirs: DoubleRepository;
let broker: TokenBroker | undefined;
beforeAll(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(join(tmpdir(), 'perf-ci-broker-'));
  github = await startGitHubDouble({ folder, seed: 5 });
  const options = { private: true, files: { 'README.md': 'one\n' } };
  ours = await github.createRepository('acme/ranker', options);
  theirs = await github.createRepository('other/ranker', options);
});
beforeEach(() => removeRows(database));
afterEach(async () => {
  await broker?.stop();
  broker = undefined;
  github.faults.clear();
});
afterAll(async () => {
  await github.stop();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** A client of its own, so that no test waits for the rate limit of another. */
function start(client: Pick<GitHubClient, 'mintToken'> = openClient()): void {
  broker = startTokenBroker({
    pool: database.pool,
    client,
    pollMs: POLL_MS,
    log: createLog('test', 'silent'),
  });
}

function openClient(): GitHubClient {
  const { id: appId, privateKeyPem } = github.app;
  return openGitHub({ appId, privateKeyPem, apiUrl: github.url, version: '0', timeoutMs: 1_000 });
}

let pulls = 0;

/** A run of a repository that a worker holds. */
function heldRun(repository: DoubleRepository): Promise<Run> {
  const story = aPullRequest((pulls += 1)).inRepository(String(repository.id), repository.fullName);
  return leasedRun(
    database.pool,
    story.with({ installationId: String(repository.installationId) }).request(),
  );
}

async function ask(repository: DoubleRepository, deadlineMs = 10_000): Promise<string> {
  return obtainFetchToken(database.pool, await heldRun(repository), new AbortController().signal, deadlineMs);
}

async function mayRead(token: string, repository: DoubleRepository): Promise<boolean> {
  const address = `${github.url}/repos/${repository.fullName}/contents/README.md`;
  return (await fetch(address, { headers: { authorization: `Bearer ${token}` } })).ok;
}

/** Every token of the installation of `repository` is refused like this. */
function refuseTokensOf(repository: DoubleRepository, fault: { kind: '502' | '429'; times?: number }): void {
  const path = new RegExp(`/app/installations/${repository.installationId}/access_tokens$`);
  github.faults.add({ match: { path }, retryAfterSeconds: 60, ...fault });
}

describe('a worker that asks for a fetch token', () => {
  it('gets one that reads its repository and no other', async () => {
    start();

    const token = await ask(ours);

    expect([await mayRead(token, ours), await mayRead(token, theirs)]).toEqual([true, false]);
  });

  it('is told that GitHub gave none when the reporter tried and GitHub is down', async () => {
    refuseTokensOf(ours, { kind: '502' });
    start();

    await expect(ask(ours, 400)).rejects.toMatchObject({
      code: 'github-unavailable',
      retryable: true,
      message: expect.stringMatching(/^GitHub gave no token: GitHub answered 502/),
    });
  });

  it('is told that no reporter answered when none is there', async () => {
    await expect(ask(ours, 200)).rejects.toMatchObject({
      code: 'fetch-token-late',
      retryable: true,
      message: 'no reporter answered within 0.2 s',
      remedy: expect.stringContaining('perf-ci reporter'),
    });
  });

  it('is not told of a failure of ours as if it were one of GitHub', async () => {
    start({ mintToken: () => Promise.reject(new TypeError('a mistake')) });

    await expect(ask(ours, 300)).rejects.toMatchObject({ code: 'fetch-token-late' });
  });

  it('is refused at once what there will never be', async () => {
    const { installationId } = await github.createRepository('gone/ranker', { private: true });
    github.removeInstallation(installationId);
    start();

    await expect(ask({ ...ours, installationId })).rejects.toMatchObject({
      code: 'fetch-token-refused',
      message: expect.stringContaining('removed'),
    });
  });

  it('gets its token when GitHub is back before it gives up', async () => {
    const failures = [true, true];
    const client = openClient();
    start({
      mintToken: (installationId, scope) =>
        failures.pop() === undefined
          ? client.mintToken(installationId, scope)
          : Promise.resolve({
              ok: false,
              failure: { kind: 'unknown-outcome', message: 'reset', retryAfterMs: 50 },
            }),
    });

    expect(await mayRead(await ask(ours), ours)).toBe(true);
  });

  it('leaves no question behind, whatever came of it', async () => {
    refuseTokensOf(theirs, { kind: '502' });
    start();

    await ask(ours);
    await ask(theirs, 200).catch((error: unknown) => expect(error).toBeInstanceOf(PerfCiError));

    expect((await database.pool.query('select 1 from fetch_token_requests')).rowCount).toBe(0);
  });
});

describe('an installation for which there is no token now', () => {
  it.each(['502', '429'] as const)('does not keep others waiting (%s)', async (kind) => {
    refuseTokensOf(ours, { kind });
    const waiting = [ask(ours, 3_000), ask(ours, 3_000), ask(ours, 3_000)].map((answer) =>
      answer.catch((error: unknown) => (error as PerfCiError).code),
    );
    // All three are asked before the fourth.
    await expect
      .poll(async () => (await database.pool.query('select 1 from fetch_token_requests')).rowCount)
      .toBe(3);
    const before = github.requests.length;
    start();

    const token = await ask(theirs, 2_000);

    expect(await mayRead(token, theirs)).toBe(true);
    const askedFor = github.requests
      .slice(before)
      .filter(({ path }) => path.includes(`/${ours.installationId}/access_tokens`));
    expect(askedFor).toHaveLength(1);
    expect(await Promise.all(waiting)).toEqual(Array(3).fill('github-unavailable'));
  });

  it('is not asked about for a worker that holds its run no longer', async () => {
    const run = await heldRun(ours);
    await letLeaseRunOut(database.pool, run.id);
    const before = github.requests.length;
    start();

    const answer = obtainFetchToken(database.pool, run, new AbortController().signal, 200);

    await expect(answer).rejects.toMatchObject({ code: 'fetch-token-late' });
    expect(github.requests.slice(before)).toEqual([]);
  });
});

describe('a worker that is stopped while it asks', () => {
  it('asks no longer', async () => {
    const stopping = new AbortController();
    const answer = obtainFetchToken(database.pool, await heldRun(ours), stopping.signal);

    stopping.abort();

    await expect(answer).rejects.toThrow(/abort/i);
  });
});
