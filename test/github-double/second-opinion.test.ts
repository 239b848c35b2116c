// The same client and the same expectations against our double and against `emulate`, written by other people: what
// both agree on is likely how GitHub is.
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { octokitFor, outcome } from './setup.ts';
import { type Subject, appAt, startEmulate, startOurs } from './subjects.ts';

const target = { owner: 'acme', repo: 'ranking' };

describe.each([
  { name: 'the double', start: startOurs },
  { name: 'emulate', start: startEmulate },
])('$name', ({ start }) => {
  let subject: Subject;

  beforeAll(async () => {
    subject = await start();
  });

  afterAll(() => subject.stop());

  const onPull = () => ({ ...target, pull_number: subject.pullNumber });
  const onIssue = () => ({ ...target, issue_number: subject.pullNumber });
  const headSha = async () => (await subject.client.rest.pulls.get(onPull())).data.head.sha;

  it('knows the app by its JWT', async () => {
    const { data } = await subject.app.octokit.rest.apps.getAuthenticated();

    expect(data).toMatchObject({ id: subject.appId, slug: 'perf-ci' });
  });

  it('refuses a JWT signed by another key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    const stranger = appAt(subject.url, subject.appId, privateKey);

    expect(await outcome(stranger.octokit.rest.apps.getAuthenticated())).toMatchObject({ status: 401 });
  });

  it('finds the installation of a repository', async () => {
    const { data } = await subject.app.octokit.rest.apps.getRepoInstallation(target);

    expect(data).toMatchObject({ id: subject.installationId, account: { login: 'acme' } });
  });

  it('makes tokens with narrower permissions and holds to them', async () => {
    const { data: token } = await subject.app.octokit.rest.apps.createInstallationAccessToken({
      installation_id: subject.installationId,
      permissions: { contents: 'read' },
    });
    const Client = octokitFor(subject.url);
    const narrow = new Client({ auth: token.token });

    expect(token.token).toMatch(/^ghs_/);
    expect(token.permissions).toMatchObject({ contents: 'read' });
    expect(await outcome(narrow.rest.git.getRef({ ...target, ref: 'heads/main' }))).toMatchObject({
      status: 200,
    });
    const head_sha = await headSha();
    expect(await outcome(narrow.rest.checks.create({ ...target, name: 'x', head_sha }))).toMatchObject({
      status: 403,
    });
  });

  it('shows the repository, its branches and their refs', async () => {
    const { data: repository } = await subject.client.rest.repos.get(target);
    const { data: branches } = await subject.client.rest.repos.listBranches(target);
    const { data: ref } = await subject.client.rest.git.getRef({ ...target, ref: 'heads/topic' });

    expect(repository).toMatchObject({ full_name: 'acme/ranking', default_branch: 'main', private: false });
    expect(branches.map(({ name }) => name).toSorted()).toEqual(['main', 'topic']);
    expect(ref.object.sha).toBe(await headSha());
  });

  it('answers 404 for a ref and a repository that are not there', async () => {
    const ref = subject.client.rest.git.getRef({ ...target, ref: 'heads/nowhere' });
    const repository = subject.client.rest.repos.get({ owner: 'acme', repo: 'nothing' });

    expect(await outcome(ref)).toMatchObject({ status: 404 });
    expect(await outcome(repository)).toMatchObject({ status: 404 });
  });

  it('gives files in base64', async () => {
    const { data } = await subject.client.rest.repos.getContent({ ...target, path: 'a.txt', ref: 'topic' });

    const { content, encoding } = data as { content: string; encoding: string };
    expect(encoding).toBe('base64');
    expect(Buffer.from(content, 'base64').toString()).toBe('hello\n');
  });

  it('compares two branches', async () => {
    const { data } = await subject.client.rest.repos.compareCommitsWithBasehead({
      ...target,
      basehead: 'main...topic',
    });

    expect(data).toMatchObject({ status: 'ahead', ahead_by: 1, behind_by: 0, total_commits: 1 });
    expect(data.files?.map(({ filename, status }) => [filename, status])).toEqual([['a.txt', 'added']]);
  });

  it('shows the pull request, alone, in the list and with its commits', async () => {
    const { data: one } = await subject.client.rest.pulls.get(onPull());
    const { data: all } = await subject.client.rest.pulls.list({ ...target, state: 'open' });
    const { data: commits } = await subject.client.rest.pulls.listCommits(onPull());

    expect(one).toMatchObject({
      state: 'open',
      title: 'Topic',
      head: { ref: 'topic' },
      base: { ref: 'main' },
    });
    expect(all.map(({ number }) => number)).toEqual([subject.pullNumber]);
    // emulate lists a commit of the base as well.
    expect(commits.at(-1)?.sha).toBe(one.head.sha);
  });

  it('keeps comments of the bot, and changes them in place', async () => {
    const { data: made } = await subject.client.rest.issues.createComment({ ...onIssue(), body: 'before' });
    const { data: changed } = await subject.client.rest.issues.updateComment({
      ...target,
      comment_id: made.id,
      body: 'after',
    });
    const { data: all } = await subject.client.rest.issues.listComments(onIssue());

    expect(made.user).toMatchObject({ login: 'perf-ci[bot]', type: 'Bot' });
    expect(changed).toMatchObject({ id: made.id, body: 'after' });
    expect(all.filter(({ id }) => id === made.id).map(({ body }) => body)).toEqual(['after']);
  });

  it('answers 404 for a comment that is not there', async () => {
    const missing = { ...target, comment_id: 999_999_999 };

    expect(await outcome(subject.client.rest.issues.getComment(missing))).toMatchObject({ status: 404 });
    expect(await outcome(subject.client.rest.issues.updateComment({ ...missing, body: 'x' }))).toMatchObject({
      status: 404,
    });
  });

  it('turns the pages of a long list by Link', async () => {
    const { data: before } = await subject.client.rest.issues.listComments({ ...onIssue(), per_page: 100 });
    for (let at = before.length; at < 37; at++) {
      await subject.client.rest.issues.createComment({ ...onIssue(), body: `comment ${at}` });
    }

    const first = await subject.client.rest.issues.listComments({ ...onIssue(), per_page: 10 });
    const all = await subject.client.paginate(subject.client.rest.issues.listComments, {
      ...onIssue(),
      per_page: 10,
    });

    expect(first.data).toHaveLength(10);
    expect(first.headers.link).toContain('rel="next"');
    expect(first.headers.link).toContain('rel="last"');
    expect(new Set(all.map(({ id }) => id)).size).toBe(37);
  });

  it('takes a check run from queued to its conclusion', async () => {
    const head_sha = await headSha();
    const { data: made } = await subject.client.rest.checks.create({ ...target, name: 'perf', head_sha });
    const one = { ...target, check_run_id: made.id };

    await subject.client.rest.checks.update({ ...one, status: 'in_progress' });
    const { data: running } = await subject.client.rest.checks.get(one);
    const annotation = {
      path: 'a.txt',
      start_line: 1,
      end_line: 1,
      annotation_level: 'notice' as const,
      message: 'm',
    };
    await subject.client.rest.checks.update({
      ...one,
      status: 'completed',
      conclusion: 'neutral',
      output: { title: 't', summary: 's', annotations: [annotation] },
    });
    const { data: listed } = await subject.client.rest.checks.listForRef({ ...target, ref: head_sha });

    expect(made).toMatchObject({ status: 'queued', conclusion: null, head_sha });
    expect(running.status).toBe('in_progress');
    expect(listed.total_count).toBe(1);
    expect(listed.check_runs[0]).toMatchObject({
      id: made.id,
      status: 'completed',
      conclusion: 'neutral',
      output: { title: 't', summary: 's', annotations_count: 1 },
    });
  });

  it('counts requests in its headers', async () => {
    const { headers } = await subject.client.rest.repos.get(target);

    expect(Number(headers['x-ratelimit-limit'])).toBeGreaterThan(0);
    expect(Number(headers['x-ratelimit-remaining'])).toBeLessThan(Number(headers['x-ratelimit-limit']));
    expect(Number(headers['x-ratelimit-reset'])).toBeGreaterThan(Date.now() / 1000);
  });

  it('announces the pull request and a comment in signed deliveries that name the installation', async () => {
    await subject.client.rest.issues.createComment({ ...onIssue(), body: 'announced' });

    const opened = await subject.heard('pull_request.opened');
    const commented = await subject.heard('issue_comment.created');

    expect(subject.receiver.received.every(({ isSignatureRight }) => isSignatureRight)).toBe(true);
    expect(opened).toMatchObject({
      pull_request: {
        number: subject.pullNumber,
        head: { ref: 'topic', sha: await headSha() },
        base: { ref: 'main' },
      },
      repository: { full_name: 'acme/ranking' },
      installation: { id: subject.installationId },
    });
    expect(commented).toMatchObject({
      issue: { number: subject.pullNumber },
      comment: { user: { login: 'perf-ci[bot]' } },
      installation: { id: subject.installationId },
    });
  });
});
