import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GitHubDouble } from '../../src/github-double/contract.ts';
import { type Receiver, SECRET, appFor, outcome, startReceiver, useDouble } from './setup.ts';

const current = useDouble();
let receiver: Receiver;
let double: GitHubDouble;
let count = 0;

beforeAll(async () => {
  double = current.double;
  receiver = await startReceiver();
  double.webhookTarget(receiver.url, SECRET);
});

afterAll(() => receiver.stop());

beforeEach(async () => {
  await double.deliveriesSettled();
  receiver.received.length = 0;
});

/** A repository of its own with one pull request. */
async function withPull(options: { draft?: boolean } = {}) {
  const repo = `repo-${++count}`;
  const repository = await double.createRepository(`acme/${repo}`, { files: { 'a.txt': '1\n2\n3\n' } });
  await double.commit(repository, 'topic', { files: { 'a.txt': '1\n2\n3\n4\n' }, author: 'dev' });
  const pull = await double.openPullRequest(repository, {
    head: 'topic',
    base: 'main',
    title: 'Four',
    author: 'dev',
    ...options,
  });
  const client = await appFor(double).getInstallationOctokit(repository.installationId);
  return { repository, pull, client, target: { owner: 'acme', repo, pull_number: pull.number } };
}

async function eventNames(): Promise<string[]> {
  await double.deliveriesSettled();
  return receiver.names();
}

describe('a pull request', () => {
  it('shows its two sides, its size and whether it merges', async () => {
    const { client, target, pull, repository } = await withPull();

    const { data } = await client.rest.pulls.get(target);

    expect(data).toMatchObject({
      state: 'open',
      draft: false,
      mergeable: true,
      commits: 1,
      additions: 1,
      deletions: 0,
      changed_files: 1,
      user: { login: 'dev' },
      head: { ref: 'topic', sha: pull.headSha, label: 'acme:topic', repo: { id: repository.id } },
      base: { ref: 'main', repo: { id: repository.id } },
    });
    expect(data.html_url).toBe(pull.url);
  });

  it('lists its files with patches, and its commits', async () => {
    const { client, target, pull } = await withPull();

    const files = await client.rest.pulls.listFiles(target);
    const commits = await client.rest.pulls.listCommits(target);

    expect(files.data).toMatchObject([{ filename: 'a.txt', status: 'modified', additions: 1, deletions: 0 }]);
    expect(files.data[0]?.patch).toBe('@@ -1,3 +1,4 @@\n 1\n 2\n 3\n+4');
    expect(commits.data.map(({ sha }) => sha)).toEqual([pull.headSha]);
  });

  it('is listed by state, head and base', async () => {
    const { client, target, repository } = await withPull();
    const list = async (more: { state?: 'open' | 'closed' | 'all'; head?: string; base?: string }) =>
      (await client.rest.pulls.list({ ...target, ...more })).data.map(({ number }) => number);

    expect(await list({})).toEqual([1]);
    expect(await list({ head: 'acme:topic' })).toEqual([1]);
    expect(await list({ head: 'acme:other' })).toEqual([]);
    expect(await list({ base: 'other' })).toEqual([]);
    await double.closePullRequest(repository, 1);
    expect(await list({})).toEqual([]);
    expect(await list({ state: 'closed' })).toEqual([1]);
    expect(await list({ state: 'all' })).toEqual([1]);
  });

  it('tells of a conflict', async () => {
    const { repository, client, target } = await withPull();
    await double.commit(repository, 'main', { files: { 'a.txt': 'other\n' } });
    await double.commit(repository, 'topic', { files: { 'b.txt': 'x\n' } });

    const { data } = await client.rest.pulls.get(target);

    expect(data).toMatchObject({ mergeable: false, mergeable_state: 'dirty', merge_commit_sha: null });
  });

  it('is not found under another number', async () => {
    const { client, target } = await withPull();

    expect(await outcome(client.rest.pulls.get({ ...target, pull_number: 99 }))).toMatchObject({
      status: 404,
    });
  });

  it('cannot be opened for a branch with nothing new', async () => {
    const repository = await double.createRepository('acme/nothing-new');

    const opening = double.openPullRequest(repository, {
      head: 'main',
      base: 'main',
      title: 'x',
      author: 'dev',
    });

    await expect(opening).rejects.toThrow('no commits between main and main');
  });
});

describe('the life of a pull request', () => {
  it('is announced step by step', async () => {
    const { repository, pull } = await withPull({ draft: true });

    await double.readyForReview(repository, pull.number);
    await double.commit(repository, 'topic', { files: { 'b.txt': 'x\n' } });
    await double.closePullRequest(repository, pull.number);
    await double.reopenPullRequest(repository, pull.number);

    expect((await eventNames()).filter((name) => name.startsWith('pull_request'))).toEqual([
      'pull_request.opened',
      'pull_request.ready_for_review',
      'pull_request.synchronize',
      'pull_request.closed',
      'pull_request.reopened',
    ]);
  });

  it('moves on with pushes, forced ones too, and says from where to where', async () => {
    const { repository, pull, client, target } = await withPull();

    const next = await double.commit(repository, 'topic', { files: { b: 'x' }, from: 'main', author: 'dev' });

    await double.deliveriesSettled();
    const push = receiver.received.findLast(({ event }) => event === 'push');
    const moved = receiver.received.findLast(({ payload }) => payload['action'] === 'synchronize');
    expect(push?.payload).toMatchObject({ before: pull.headSha, after: next, forced: true, created: false });
    expect(moved?.payload).toMatchObject({ before: pull.headSha, after: next, sender: { login: 'dev' } });
    expect((await client.rest.pulls.get(target)).data.head.sha).toBe(next);
  });

  it('ends with the deletion of its branch', async () => {
    const { repository, client, target } = await withPull();

    await double.deleteBranch(repository, 'topic', 'dev');

    expect((await client.rest.pulls.get(target)).data).toMatchObject({ state: 'closed', merged: false });
    expect((await eventNames()).slice(-2)).toEqual(['push', 'pull_request.closed']);
  });

  it('ends with its merge, which pushes to the base branch', async () => {
    const { repository, client, target, pull } = await withPull();

    const sha = await double.mergePullRequest(repository, pull.number, 'maintainer');

    const { data } = await client.rest.pulls.get(target);
    expect(data).toMatchObject({ state: 'closed', merged: true, merge_commit_sha: sha });
    expect(data.merged_by).toMatchObject({ login: 'maintainer' });
    expect((await eventNames()).slice(-2)).toEqual(['push', 'pull_request.closed']);
    const push = receiver.received.findLast(({ event }) => event === 'push');
    expect(push?.payload).toMatchObject({ ref: 'refs/heads/main', after: sha, forced: false });
  });
});

describe('a pull request from a fork', () => {
  async function withFork() {
    const repo = `forked-${++count}`;
    const repository = await double.createRepository(`acme/${repo}`, { files: { 'a.txt': '1\n' } });
    const fork = await double.fork(repository, 'guest');
    const headSha = await double.commit(fork, 'topic', { files: { 'b.txt': 'x\n' }, author: 'guest' });
    const client = await appFor(double).getInstallationOctokit(repository.installationId);
    return { repository, fork, headSha, client, target: { owner: 'acme', repo } };
  }
  const wanted = { head: 'guest:topic', base: 'main', title: 'From outside', author: 'guest' };

  it('names the fork as its head, and the app is not installed there', async () => {
    const { repository, fork, client, target, headSha } = await withFork();

    const pull = await double.openPullRequest(repository, wanted);

    const { data } = await client.rest.pulls.get({ ...target, pull_number: pull.number });
    expect(data.head).toMatchObject({
      sha: headSha,
      label: 'guest:topic',
      repo: { id: fork.id, fork: true },
    });
    expect(data.base.repo.id).toBe(repository.id);
    expect(fork.installationId).toBe(0);
    expect((await eventNames()).at(-1)).toBe('pull_request.opened');
    const pushes = receiver.received.filter(({ event }) => event === 'push');
    expect(pushes).toEqual([]);
  });

  it('follows pushes to the fork', async () => {
    const { repository, fork, client, target } = await withFork();
    const pull = await double.openPullRequest(repository, wanted);

    const next = await double.commit(fork, 'topic', { files: { 'c.txt': 'y\n' }, author: 'guest' });

    const { data } = await client.rest.pulls.get({ ...target, pull_number: pull.number });
    expect(data.head.sha).toBe(next);
    expect((await eventNames()).at(-1)).toBe('pull_request.synchronize');
  });

  it('stays without a head repository when the fork is deleted', async () => {
    const { repository, fork, client, target, headSha } = await withFork();
    const pull = await double.openPullRequest(repository, wanted);

    await double.deleteRepository(fork);

    const response = await client.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
      ...target,
      pull_number: pull.number,
    });
    expect(response.data.state).toBe('open');
    expect(response.data.head.sha).toBe(headSha);
    expect(response.data.head.repo).toBeNull();
  });

  it('lets the commits of a fork be found in its parent, even without a pull request', async () => {
    const { client, target, headSha } = await withFork();
    await double.commit(`guest/${target.repo}`, 'more', { files: { d: 'z' } });
    await double.openPullRequest(`acme/${target.repo}`, wanted);

    const { data } = await client.rest.repos.getCommit({ ...target, ref: headSha });

    expect(data.sha).toBe(headSha);
  });
});
