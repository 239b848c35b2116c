import type { Octokit } from 'octokit';
import { beforeAll, describe, expect, it } from 'vitest';
import { appFor, octokitWith, outcome, useDouble } from './setup.ts';

const current = useDouble();
const target = { owner: 'acme', repo: 'ranking' };
let client: Octokit;
let firstSha: string;
let secondSha: string;

beforeAll(async () => {
  const { double } = current;
  const repository = await double.createRepository('acme/ranking', {
    private: true,
    files: { 'README.md': '# Ranking\n', 'src/rank.ts': 'one\ntwo\nthree\n', 'run.sh': '#!/bin/sh\n' },
  });
  client = await appFor(double).getInstallationOctokit(repository.installationId);
  firstSha = (await client.rest.git.getRef({ ...target, ref: 'heads/main' })).data.object.sha;
  secondSha = await double.commit(repository, 'main', {
    files: { 'src/rank.ts': 'one\n2\nthree\nfour\n', 'notes.txt': 'new\n', 'run.sh': null },
    message: 'Second',
    author: 'dev',
  });
  await double.commit(repository, 'feature/fast', { files: { 'fast.txt': 'x\n' }, from: firstSha });
});

describe('a repository', () => {
  it('is found by name and by number', async () => {
    const byName = await client.rest.repos.get(target);
    const byNumber = await client.request('GET /repositories/{id}', { id: byName.data.id });

    expect(byName.data).toMatchObject({ full_name: 'acme/ranking', private: true, default_branch: 'main' });
    expect(byNumber.data).toEqual(byName.data);
  });

  it('redirects from its old name, also below it', async () => {
    const { double } = current;
    const repository = await double.createRepository('acme/before');

    double.renameRepository(repository, 'acme/after');

    const old = { owner: 'acme', repo: 'before' };
    expect((await client.rest.repos.get(old)).data.full_name).toBe('acme/after');
    expect((await client.rest.repos.listBranches(old)).data).toHaveLength(1);
  });

  it('is gone for good when deleted', async () => {
    const { double } = current;
    const repository = await double.createRepository('acme/short-lived');

    await double.deleteRepository(repository);

    expect(await outcome(client.request('GET /repositories/{id}', { id: repository.id }))).toMatchObject({
      status: 404,
    });
  });

  it('may be empty', async () => {
    const { double } = current;
    await double.createRepository('acme/empty', { files: {} });

    const { data } = await client.rest.repos.listBranches({ owner: 'acme', repo: 'empty' });

    expect(data).toEqual([]);
  });
});

describe('history', () => {
  it('shows branches, one by one also with a slash in the name', async () => {
    const all = await client.rest.repos.listBranches(target);
    const one = await client.rest.repos.getBranch({ ...target, branch: 'feature/fast' });
    const missing = await outcome(client.rest.repos.getBranch({ ...target, branch: 'nowhere' }));

    expect(all.data.map(({ name }) => name)).toEqual(['feature/fast', 'main']);
    expect(one.data.commit.parents[0]?.sha).toBe(firstSha);
    expect(missing.status).toBe(404);
  });

  it('shows refs as git has them', async () => {
    const one = await client.rest.git.getRef({ ...target, ref: 'heads/main' });
    const some = await client.rest.git.listMatchingRefs({ ...target, ref: 'heads/feature' });

    expect(one.data.object).toMatchObject({ type: 'commit', sha: secondSha });
    expect(some.data.map(({ ref }) => ref)).toEqual(['refs/heads/feature/fast']);
  });

  it('lists commits newest first, page by page', async () => {
    const first = await client.rest.repos.listCommits({ ...target, per_page: 1 });
    const second = await client.rest.repos.listCommits({ ...target, per_page: 1, page: 2 });
    const ofOneFile = await client.rest.repos.listCommits({ ...target, path: 'README.md' });

    expect(first.data.map(({ sha }) => sha)).toEqual([secondSha]);
    expect(first.headers.link).toContain('rel="next"');
    expect(second.data.map(({ sha }) => sha)).toEqual([firstSha]);
    expect(second.headers.link).not.toContain('rel="next"');
    expect(ofOneFile.data.map(({ sha }) => sha)).toEqual([firstSha]);
  });

  it('shows a commit with its author and files', async () => {
    const { data } = await client.rest.repos.getCommit({ ...target, ref: 'main' });

    expect(data.author).toMatchObject({ login: 'dev' });
    expect(data.files?.map(({ filename, status }) => [filename, status])).toEqual([
      ['notes.txt', 'added'],
      ['run.sh', 'removed'],
      ['src/rank.ts', 'modified'],
    ]);
    expect(data.files?.every(({ sha }) => /^[0-9a-f]{40}$/.test(sha ?? ''))).toBe(true);
    expect(data.stats).toMatchObject({ additions: 3, deletions: 2 });
  });

  it('answers 422 for a commit that is not there, as GitHub does', async () => {
    const answer = await outcome(client.rest.repos.getCommit({ ...target, ref: 'f'.repeat(40) }));

    expect(answer.status).toBe(422);
  });

  it('compares from the merge base', async () => {
    const { data } = await client.rest.repos.compareCommitsWithBasehead({
      ...target,
      basehead: 'main...feature/fast',
    });

    expect(data).toMatchObject({ status: 'diverged', ahead_by: 1, behind_by: 1, total_commits: 1 });
    expect(data.merge_base_commit.sha).toBe(firstSha);
    expect(data.files?.map(({ filename }) => filename)).toEqual(['fast.txt']);
  });

  it('says so when two commits have no history in common', async () => {
    const orphan = await current.double.commit('acme/ranking', 'orphan', { files: { a: 'b' }, from: null });

    const answer = await outcome(
      client.rest.repos.compareCommitsWithBasehead({ ...target, basehead: `main...${orphan}` }),
    );

    expect(answer).toMatchObject({
      status: 404,
      message: expect.stringContaining('No common ancestor') as string,
    });
  });

  it.each(['--upload-pack=touch /tmp/x', '-main', 'main\nHEAD', '$(id)', 'main..feature', '^main'])(
    'finds no commit named %j',
    async (ref) => {
      const answer = await outcome(client.rest.repos.getCommit({ ...target, ref }));

      expect(answer.status).toBe(422);
    },
  );
});

describe('contents', () => {
  it('give a file in base64 and raw, and the entries of a folder', async () => {
    const file = { ...target, path: 'src/rank.ts', ref: firstSha };

    const coded = await client.rest.repos.getContent(file);
    const raw = await client.rest.repos.getContent({ ...file, mediaType: { format: 'raw' } });
    const folder = await client.rest.repos.getContent({ ...target, path: '', ref: firstSha });

    const { content } = coded.data as { content: string };
    expect(Buffer.from(content, 'base64').toString()).toBe('one\ntwo\nthree\n');
    expect(raw.data).toBe('one\ntwo\nthree\n');
    expect((folder.data as { path: string }[]).map(({ path }) => path)).toEqual([
      'README.md',
      'run.sh',
      'src',
    ]);
  });
});

describe('people', () => {
  it.each([
    { role: 'admin', permission: 'admin' },
    { role: 'maintain', permission: 'write' },
    { role: 'write', permission: 'write' },
    { role: 'triage', permission: 'read' },
    { role: 'read', permission: 'read' },
    { role: 'none', permission: 'none' },
  ] as const)('with role $role have the permission $permission', async ({ role, permission }) => {
    const username = `person-${role}`;
    const { id } = current.double.addUser(username);
    current.double.setPermission('acme/ranking', username, role);

    const { data } = await client.rest.repos.getCollaboratorPermissionLevel({ ...target, username });

    expect(data).toMatchObject({ permission, role_name: role, user: { id, login: username } });
  });

  it('who are strangers may read what is public and nothing else', async () => {
    current.double.addUser('stranger');
    await current.double.createRepository('acme/public');
    const ask = async (repo: string) =>
      (await client.rest.repos.getCollaboratorPermissionLevel({ owner: 'acme', repo, username: 'stranger' }))
        .data;

    expect(await ask('public')).toMatchObject({ permission: 'read' });
    expect(await ask('ranking')).toMatchObject({ permission: 'none' });
  });

  it('who do not exist have no permission at all', async () => {
    const ask = client.rest.repos.getCollaboratorPermissionLevel({ ...target, username: 'no-such-user' });

    expect(await outcome(ask)).toMatchObject({ status: 404 });
  });

  it('are found by login and keep the id they were given', async () => {
    current.double.addUser('numbered', { id: 4711 });

    const { data } = await client.rest.users.getByUsername({ username: 'Numbered' });

    expect(data).toMatchObject({ id: 4711, login: 'numbered', type: 'User' });
  });

  it('see with their own token what their role lets them see', async () => {
    const { double } = current;
    const reader = double.addUser('reader');
    double.setPermission('acme/ranking', 'reader', 'read');
    const outsider = double.addUser('outsider');

    const inside = await outcome(octokitWith(double, reader.token).rest.repos.get(target));
    const outside = await outcome(octokitWith(double, outsider.token).rest.repos.get(target));

    expect([inside.status, outside.status]).toEqual([200, 404]);
  });
});

describe('every answer', () => {
  it('carries a request id and a rate limit that goes down', async () => {
    const first = await client.rest.repos.get(target);
    const second = await client.rest.repos.get(target);

    expect(first.headers['x-github-request-id']).toMatch(/^[0-9A-F]{4}:[0-9A-F]{6}:[0-9A-F]{7}$/);
    expect(first.headers['x-ratelimit-limit']).toBe('5000');
    const left = [first, second].map(({ headers }) => Number(headers['x-ratelimit-remaining']));
    expect(left[0]).toBe((left[1] ?? 0) + 1);
  });

  it('has an ETag, and 304 follows for who knows it', async () => {
    const first = await client.rest.repos.get(target);

    const again = client.rest.repos.get({
      ...target,
      headers: { 'if-none-match': first.headers.etag ?? '' },
    });

    expect(await outcome(again)).toMatchObject({ status: 304 });
  });

  it('is 404 for what the double does not serve', async () => {
    expect(await outcome(client.request('GET /repos/acme/ranking/stargazers'))).toMatchObject({
      status: 404,
    });
  });

  it('is 400 for a body that is not JSON', async () => {
    const { token } = current.double.addUser('writer-of-nonsense');
    const response = await fetch(`${current.double.url}/repos/acme/public/issues/1/comments`, {
      method: 'POST',
      headers: { authorization: `token ${token}` },
      body: '{"body":',
    });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ message: 'Problems parsing JSON' });
  });
});
