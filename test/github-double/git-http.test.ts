import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoubleRepository, GitHubDouble } from '../../src/github-double/contract.ts';
import {
  SECRET,
  appFor,
  git,
  startReceiver,
  temporaryFolder,
  useDouble,
  withToken,
  type Receiver,
} from './setup.ts';

const current = useDouble();
let double: GitHubDouble;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let receiver: Receiver;
let hidden: DoubleRepository;
let open: DoubleRepository;
let devToken: string;
let count = 0;

beforeAll(async () => {
  double = current.double;
  folder = await temporaryFolder();
  receiver = await startReceiver();
  double.webhookTarget(receiver.url, SECRET);
  hidden = await double.createRepository('acme/hidden', { private: true, files: { 'a.txt': '1\n' } });
  open = await double.createRepository('acme/open', { files: { 'a.txt': '1\n' } });
  devToken = double.addUser('dev').token;
  double.setPermission(hidden, 'dev', 'write');
  double.setPermission(open, 'dev', 'write');
});

afterAll(async () => {
  await receiver.stop();
  await folder.remove();
});

async function emptyFolder(): Promise<string> {
  const path = join(folder.path, `work-${++count}`);
  await mkdir(path);
  return path;
}

async function installationToken(
  more: { repository_ids?: number[]; permissions?: Record<string, string> } = {},
) {
  const { data } = await appFor(double).octokit.rest.apps.createInstallationAccessToken({
    installation_id: hidden.installationId,
    ...more,
  });
  return data.token;
}

/** What git says when it is refused. */
async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return '';
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

const lsRemote = async (url: string) => git(await emptyFolder(), 'ls-remote', url);

describe('reading with git', () => {
  it('is open to everyone for a public repository', async () => {
    expect(await lsRemote(open.cloneUrl)).toContain('refs/heads/main');
  });

  it('needs credentials for a private one, which then does not exist for strangers', async () => {
    const stranger = double.addUser('stranger').token;

    expect(await refusal(lsRemote(hidden.cloneUrl))).toContain('could not read Username');
    expect(await refusal(lsRemote(withToken(hidden.cloneUrl, stranger)))).toContain('not found');
    expect(await refusal(lsRemote(withToken(hidden.cloneUrl, 'ghs_wrong')))).toContain(
      'Authentication failed',
    );
    expect(await lsRemote(withToken(hidden.cloneUrl, devToken))).toContain('refs/heads/main');
  });

  it('takes installation tokens that may read the contents of this repository', async () => {
    const narrow = await installationToken({
      repository_ids: [hidden.id],
      permissions: { contents: 'read' },
    });
    const elsewhere = await installationToken({ repository_ids: [open.id] });
    const checksOnly = await installationToken({ permissions: { checks: 'write' } });

    expect(await lsRemote(withToken(hidden.cloneUrl, narrow))).toContain('refs/heads/main');
    expect(await refusal(lsRemote(withToken(hidden.cloneUrl, elsewhere)))).toContain('not found');
    expect(await refusal(lsRemote(withToken(hidden.cloneUrl, checksOnly)))).toContain('403');
  });

  it('takes the token in a header too, and nothing after its hour', async () => {
    const token = await installationToken();
    const header = `http.extraHeader=Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
    const ask = async () => git(await emptyFolder(), '-c', header, 'ls-remote', hidden.cloneUrl);

    const before = await ask();
    double.expireTokens();
    const after = await refusal(ask());

    expect(before).toContain('refs/heads/main');
    // git then asks for another name and password, which nobody gives.
    expect(after).toContain('could not read Username');
  });

  it('finds a repository under its old name', async () => {
    const repository = await double.createRepository('acme/old-name');

    double.renameRepository(repository, 'acme/new-name');

    expect(await lsRemote(repository.cloneUrl)).toContain('refs/heads/main');
  });

  it('finds nothing of a repository that was deleted', async () => {
    const repository = await double.createRepository('acme/deleted');

    await double.deleteRepository(repository);

    expect(await refusal(lsRemote(withToken(repository.cloneUrl, devToken)))).toContain('not found');
  });

  it('gives any commit by its sha, also one that no branch has any more', async () => {
    const lost = await double.commit(open, 'lost', { files: { 'lost.txt': 'x\n' } });
    await double.deleteBranch(open, 'lost');
    const work = await emptyFolder();
    await git(work, 'init', '--quiet', '--bare');

    await git(work, 'fetch', '--quiet', '--depth=1', open.cloneUrl, lost);

    expect(await git(work, 'rev-parse', 'FETCH_HEAD')).toBe(lost);
  });

  it('speaks no dumb protocol', async () => {
    const response = await fetch(`${open.cloneUrl}/info/refs`);

    expect(response.status).toBe(403);
    expect((await fetch(`${open.cloneUrl}/HEAD`)).status).toBe(404);
  });
});

describe('the refs of a pull request', () => {
  it('are its head and the test merge, and stay when it is closed and its branch is gone', async () => {
    const repository = await double.createRepository('acme/refs', { files: { 'a.txt': '1\n' } });
    await double.commit(repository, 'topic', { files: { 'b.txt': '2\n' } });
    const pull = await double.openPullRequest(repository, {
      head: 'topic',
      base: 'main',
      title: 'x',
      author: 'dev',
    });
    await double.closePullRequest(repository, pull.number);
    await double.deleteBranch(repository, 'topic');
    const work = await emptyFolder();
    await git(work, 'init', '--quiet', '--bare');

    await git(work, 'fetch', '--quiet', repository.cloneUrl, '+refs/pull/1/*:refs/pull/1/*');

    expect(await git(work, 'rev-parse', 'refs/pull/1/head')).toBe(pull.headSha);
    expect(await git(work, 'rev-parse', 'refs/pull/1/merge^2')).toBe(pull.headSha);
  });

  it('come from a fork without showing the rest of it', async () => {
    const repository = await double.createRepository('acme/parent', { files: { 'a.txt': '1\n' } });
    const fork = await double.fork(repository, 'guest');
    const impostor = await double.commit(fork, 'secret', { files: { 'c.txt': '3\n' } });
    const headSha = await double.commit(fork, 'topic', { files: { 'b.txt': '2\n' } });
    await double.openPullRequest(repository, {
      head: 'guest:topic',
      base: 'main',
      title: 'x',
      author: 'guest',
    });
    const work = await emptyFolder();
    await git(work, 'init', '--quiet', '--bare');

    const refs = await lsRemote(repository.cloneUrl);
    await git(work, 'fetch', '--quiet', repository.cloneUrl, impostor);

    expect(refs).toContain(`${headSha}\trefs/pull/1/head`);
    expect(refs).not.toContain('secret');
    expect(await git(work, 'rev-parse', 'FETCH_HEAD')).toBe(impostor);
  });

  it('cannot be pushed to', async () => {
    const work = await emptyFolder();
    await git(work, 'clone', '--quiet', withToken(open.cloneUrl, devToken), '.');

    const answer = await refusal(git(work, 'push', 'origin', 'HEAD:refs/pull/1/head'));

    expect(answer).toContain('deny updating a hidden ref');
  });
});

describe('pushing with git', () => {
  it('moves the pull request, and the events are out when it returns', async () => {
    const work = await emptyFolder();
    await git(work, 'clone', '--quiet', withToken(hidden.cloneUrl, devToken), '.');
    await writeFile(join(work, 'a.txt'), '2\n');
    await git(work, 'checkout', '--quiet', '-b', 'change');
    await git(work, 'commit', '--quiet', '-am', 'Two');
    await git(work, 'push', '--quiet', 'origin', 'change');
    const pull = await double.openPullRequest(hidden, {
      head: 'change',
      base: 'main',
      title: 'x',
      author: 'dev',
    });
    await writeFile(join(work, 'a.txt'), '3\n');
    await git(work, 'commit', '--quiet', '--amend', '-am', 'Three');
    await double.deliveriesSettled();
    receiver.received.length = 0;

    await git(work, 'push', '--quiet', '--force', 'origin', 'change');

    await double.deliveriesSettled();
    expect(receiver.names()).toEqual(['push', 'pull_request.synchronize']);
    const [push, moved] = receiver.received;
    const after = await git(work, 'rev-parse', 'HEAD');
    expect(push?.payload).toMatchObject({
      ref: 'refs/heads/change',
      forced: true,
      after,
      sender: { login: 'dev' },
    });
    expect(push?.payload['head_commit']).toMatchObject({ id: after, message: 'Three', modified: ['a.txt'] });
    expect(moved?.payload).toMatchObject({
      before: pull.headSha,
      after,
      pull_request: { head: { sha: after } },
    });
  });

  it('takes packs larger than the buffer of git, in chunks', async () => {
    const work = await emptyFolder();
    await git(work, 'clone', '--quiet', withToken(open.cloneUrl, devToken), '.');
    const noise = Array.from({ length: 200_000 }, (_, at) => Math.imul(at, 2654435761).toString(36)).join(
      '\n',
    );
    await writeFile(join(work, 'large.txt'), noise);
    await git(work, 'add', '.');
    await git(work, 'commit', '--quiet', '-m', 'Large');

    await git(work, 'push', '--quiet', 'origin', 'HEAD:large');

    expect(await lsRemote(open.cloneUrl)).toContain(
      `${await git(work, 'rev-parse', 'HEAD')}\trefs/heads/large`,
    );
  });

  it.each([
    { title: 'a reader', role: 'read' as const, says: 'denied to reader' },
    { title: 'nobody in particular', role: undefined, says: 'denied to reader' },
  ])('is not for $title', async ({ role, says }) => {
    const { token } = double.addUser('reader');
    if (role !== undefined) double.setPermission(open, 'reader', role);
    const work = await emptyFolder();
    await git(work, 'clone', '--quiet', open.cloneUrl, '.');

    const answer = await refusal(git(work, 'push', withToken(open.cloneUrl, token), 'HEAD:refs/heads/mine'));

    expect(answer).toContain(says);
  });

  it('is not for an installation that may only read', async () => {
    const work = await emptyFolder();
    await git(work, 'clone', '--quiet', open.cloneUrl, '.');
    const url = withToken(open.cloneUrl, await installationToken());

    expect(await refusal(git(work, 'push', url, 'HEAD:refs/heads/mine'))).toContain('403');
  });

  it('also works from a folder, without HTTP', async () => {
    const work = await emptyFolder();
    await git(work, 'init', '--quiet', '--initial-branch=anything');
    await writeFile(join(work, 'b.txt'), 'from a folder\n');
    await git(work, 'add', '.');
    await git(work, 'commit', '--quiet', '-m', 'Elsewhere');
    const repository = await double.createRepository('acme/from-folder', { files: {} });
    await double.deliveriesSettled();
    receiver.received.length = 0;

    const sha = await double.push(repository, 'main', work, 'dev');

    await double.deliveriesSettled();
    expect(sha).toBe(await git(work, 'rev-parse', 'HEAD'));
    expect(receiver.received[0]?.payload).toMatchObject({
      created: true,
      after: sha,
      sender: { login: 'dev' },
    });
    expect(await lsRemote(repository.cloneUrl)).toContain(`${sha}\trefs/heads/main`);
  });
});
