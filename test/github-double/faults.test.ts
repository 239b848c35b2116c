import type { Octokit } from 'octokit';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DoubleRepository, GitHubDouble } from '../../src/github-double/contract.ts';
import { startGitHubDouble } from '../../src/github-double/start.ts';
import { appFor, git, outcome, temporaryFolder, useDouble } from './setup.ts';

const current = useDouble();
const COMMENTS = /\/issues\/\d+\/comments$/;
let double: GitHubDouble;
let repository: DoubleRepository;
let client: Octokit;
let count = 0;

beforeAll(async () => {
  double = current.double;
  repository = await double.createRepository('acme/ranking');
  client = await appFor(double).getInstallationOctokit(repository.installationId);
});

afterEach(() => double.faults.clear());

async function freshPull() {
  const head = `topic-${++count}`;
  await double.commit(repository, head, { files: { [`${head}.txt`]: 'x\n' } });
  const pull = await double.openPullRequest(repository, { head, base: 'main', title: head, author: 'dev' });
  const target = { owner: 'acme', repo: 'ranking', issue_number: pull.number };
  return {
    comment: (signal?: AbortSignal) =>
      outcome(
        client.rest.issues.createComment({
          ...target,
          body: 'x',
          request: signal === undefined ? {} : { signal },
        }),
      ),
    list: async () => (await client.rest.issues.listComments(target)).data,
    kept: () => double.comments(repository, pull.number).length,
  };
}

describe('a fault after the work was done', () => {
  it.each(['commit-then-502', 'commit-then-reset'] as const)('%s leaves the comment behind', async (kind) => {
    const { comment, kept } = await freshPull();
    double.faults.add({ match: { method: 'POST', path: COMMENTS }, kind, times: 1 });

    const first = await comment();
    const second = await comment();

    expect(first.status).toBe(kind === 'commit-then-502' ? 502 : 500);
    expect(second.status).toBe(201);
    expect(kept()).toBe(2);
    expect(
      double.requests.filter(({ method, path }) => method === 'POST' && COMMENTS.test(path)).slice(-2),
    ).toMatchObject([
      { status: kind === 'commit-then-502' ? 502 : 0 },
      { status: 201, tokenKind: 'installation' },
    ]);
  });

  it('commit-then-timeout leaves the comment behind and the client waiting', async () => {
    const { comment, kept } = await freshPull();
    double.faults.add({ match: { method: 'POST' }, kind: 'commit-then-timeout', times: 1 });

    const answer = await comment(AbortSignal.timeout(100));

    expect(answer.status).not.toBe(201);
    expect(kept()).toBe(1);
  });
});

describe('a fault before the work', () => {
  it.each([
    { kind: '502' as const, status: 502 },
    { kind: 'reset' as const, status: 500 },
    { kind: '401' as const, status: 401 },
  ])('$kind leaves nothing behind', async ({ kind, status }) => {
    const { kept } = await freshPull();
    double.faults.add({ match: { path: COMMENTS }, kind, times: 1 });
    // Not the app's own client, which asks again for five seconds after a 401.
    const { token } = double.addUser('dev');
    const request = fetch(`${double.url}/repos/acme/ranking/issues/${count}/comments`, {
      method: 'POST',
      headers: { authorization: `token ${token}` },
      body: '{"body":"x"}',
    });

    const seen = await request.then((response) => response.status).catch(() => 500);

    expect(seen).toBe(status);
    expect(kept()).toBe(0);
  });

  it('timeout leaves nothing behind and the client waiting', async () => {
    const { comment, kept } = await freshPull();
    double.faults.add({ match: { method: 'POST', path: COMMENTS }, kind: 'timeout', times: 1 });

    const answer = await comment(AbortSignal.timeout(100));

    expect(answer.status).not.toBe(201);
    expect(kept()).toBe(0);
  });

  it('slow only delays', async () => {
    const { comment, kept } = await freshPull();
    double.faults.add({ match: { method: 'POST' }, kind: 'slow', durationMs: 50, times: 1 });

    expect((await comment()).status).toBe(201);
    expect(kept()).toBe(1);
  });
});

describe('rate limits', () => {
  const ask = async () => {
    const response = await fetch(`${double.url}/app`);
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as { message: string },
    };
  };

  it('of the second kind say how long to wait, or not', async () => {
    double.faults.add({ match: {}, kind: '403-secondary', retryAfterSeconds: 7, times: 1 });
    double.faults.add({ match: {}, kind: '403-secondary', times: 1 });

    const [told, untold] = [await ask(), await ask()];

    expect([told.status, untold.status]).toEqual([403, 403]);
    expect(told.body.message).toContain('secondary rate limit');
    expect([told.headers.get('retry-after'), untold.headers.get('retry-after')]).toEqual(['7', null]);
    expect(Number(told.headers.get('x-ratelimit-remaining'))).toBeGreaterThan(0);
  });

  it('of the first kind show nothing left and when it begins anew', async () => {
    double.faults.add({ match: {}, kind: '403-primary', retryAfterSeconds: 30, times: 1 });

    const { status, headers } = await ask();

    expect(status).toBe(403);
    expect(headers.get('x-ratelimit-remaining')).toBe('0');
    expect(Number(headers.get('x-ratelimit-reset')) - Date.now() / 1000).toBeGreaterThan(25);
  });

  it('may be 429 as well', async () => {
    double.faults.add({ match: {}, kind: '429', retryAfterSeconds: 1, times: 1 });

    const { status, headers } = await ask();

    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('1');
  });
});

describe('a stale list', () => {
  it('hides what is new, while the thing itself is there', async () => {
    const { comment, list } = await freshPull();
    await comment();
    double.faults.add({ match: { method: 'GET', path: COMMENTS }, kind: 'stale-list', times: 1 });

    const stale = await list();
    const fresh = await list();

    expect(stale).toEqual([]);
    expect(fresh).toHaveLength(1);
  });

  it('shows what is older than it is stale', async () => {
    const { comment, list } = await freshPull();
    await comment();
    double.faults.add({ match: { path: COMMENTS }, kind: 'stale-list', durationMs: 0 });

    expect(await list()).toHaveLength(1);
  });

  it('hides new check runs too', async () => {
    const head_sha = await double.commit(repository, 'main', { files: { 'check.txt': String(count) } });
    const target = { owner: 'acme', repo: 'ranking' };
    await client.rest.checks.create({ ...target, name: 'perf', head_sha });
    double.faults.add({ match: { path: /check-runs$/ }, kind: 'stale-list', times: 1 });
    const list = async () =>
      (await client.rest.checks.listForRef({ ...target, ref: head_sha })).data.total_count;

    expect([await list(), await list()]).toEqual([0, 1]);
  });
});

describe('a rule', () => {
  it('strikes as often as it says, in the order the rules were made', async () => {
    double.faults.add({ match: { path: /^\/app$/ }, kind: '502', times: 2 });
    double.faults.add({ match: {}, kind: '429', times: 1 });
    const statuses: number[] = [];

    for (let at = 0; at < 4; at++) statuses.push((await fetch(`${double.url}/app`)).status);

    expect(statuses).toEqual([502, 502, 429, 401]);
    expect(double.faults.struck.slice(-3).map(({ kind }) => kind)).toEqual(['502', '502', '429']);
  });

  it('with a probability strikes by the seed', async () => {
    const pattern = async (seed: number): Promise<string> => {
      const folder = await temporaryFolder();
      const other = await startGitHubDouble({ folder: folder.path, seed });
      other.faults.add({ match: {}, kind: '502', probability: 0.3 });
      const statuses: number[] = [];
      for (let at = 0; at < 40; at++) statuses.push((await fetch(`${other.url}/app`)).status);
      await other.stop();
      await folder.remove();
      return statuses.map((status) => (status === 502 ? 'x' : '.')).join('');
    };

    const [one, same, other] = [await pattern(5), await pattern(5), await pattern(6)];

    expect(one).toBe(same);
    expect(one).not.toBe(other);
    expect(one).toContain('x');
    expect(one).toContain('.');
  });

  it('meets git as well', async () => {
    const folder = await temporaryFolder();
    double.faults.add({ match: { path: /^\/acme\/ranking\.git\// }, kind: '502', times: 1 });
    const ask = () => git(folder.path, 'ls-remote', repository.cloneUrl);

    await expect(ask()).rejects.toThrow('502');
    expect(await ask()).toContain('refs/heads/main');
    await folder.remove();
  });
});
