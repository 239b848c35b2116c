import type { Octokit } from 'octokit';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GitHubDouble } from '../../src/github-double/contract.ts';
import { appFor, octokitWith, outcome, useDouble } from './setup.ts';

const current = useDouble();
let double: GitHubDouble;
let client: Octokit;
let installationId: number;
let count = 0;

beforeAll(async () => {
  double = current.double;
  const repository = await double.createRepository('acme/ranking');
  installationId = repository.installationId;
  client = await appFor(double).getInstallationOctokit(installationId);
});

/** A pull request of its own, in one repository. */
async function freshPull() {
  const head = `topic-${++count}`;
  await double.commit('acme/ranking', head, { files: { [`${head}.txt`]: 'x\n' } });
  const pull = await double.openPullRequest('acme/ranking', {
    head,
    base: 'main',
    title: head,
    author: 'dev',
  });
  return { owner: 'acme', repo: 'ranking', issue_number: pull.number };
}

async function withPermissions(permissions: Record<string, string>): Promise<Octokit> {
  const { data } = await appFor(double).octokit.rest.apps.createInstallationAccessToken({
    installation_id: installationId,
    permissions,
  });
  return octokitWith(double, data.token);
}

describe('comments of the app', () => {
  it('are created, read, changed, listed and deleted', async () => {
    const target = await freshPull();

    const { data: made } = await client.rest.issues.createComment({ ...target, body: 'first' });
    const one = { owner: 'acme', repo: 'ranking', comment_id: made.id };
    await client.rest.issues.updateComment({ ...one, body: 'second' });
    const { data: read } = await client.rest.issues.getComment(one);
    const { data: listed } = await client.rest.issues.listComments(target);
    await client.rest.issues.deleteComment(one);

    expect(read.body).toBe('second');
    expect(listed.map(({ id }) => id)).toEqual([made.id]);
    expect(await outcome(client.rest.issues.getComment(one))).toMatchObject({ status: 404 });
    expect(await outcome(client.rest.issues.updateComment({ ...one, body: 'x' }))).toMatchObject({
      status: 404,
    });
    expect(double.comments('acme/ranking', target.issue_number)).toEqual([]);
  });

  it('show the bot as author and the app behind it', async () => {
    const target = await freshPull();

    const { data: ours } = await client.rest.issues.createComment({ ...target, body: 'ours' });
    double.comment('acme/ranking', target.issue_number, 'dev', 'theirs');

    const { data } = await client.rest.issues.listComments(target);
    expect(ours.user).toMatchObject({ login: 'perf-ci[bot]', type: 'Bot' });
    expect(ours.performed_via_github_app).toMatchObject({ id: double.app.id, slug: 'perf-ci' });
    expect(data[0]?.user?.id).toBe(ours.user?.id);
    expect(data[1]).toMatchObject({ user: { login: 'dev', type: 'User' }, performed_via_github_app: null });
  });

  it('take 65,536 characters and not one more, on creation and on change', async () => {
    const target = await freshPull();
    const largest = '€'.repeat(65_536);

    const fits = await client.rest.issues.createComment({ ...target, body: largest });
    const tooLong = await outcome(client.rest.issues.createComment({ ...target, body: `${largest}.` }));
    const one = { owner: 'acme', repo: 'ranking', comment_id: fits.data.id };
    const grown = await outcome(client.rest.issues.updateComment({ ...one, body: `${largest}.` }));

    expect(tooLong.status).toBe(422);
    expect(tooLong.message).toContain('Body is too long (maximum is 65536 characters)');
    expect(grown.status).toBe(422);
    expect(double.comments('acme/ranking', target.issue_number)).toHaveLength(1);
  });

  it('cannot be blank', async () => {
    const target = await freshPull();

    expect(await outcome(client.rest.issues.createComment({ ...target, body: ' ' }))).toMatchObject({
      status: 422,
    });
  });

  it('need a pull request that exists', async () => {
    const target = { owner: 'acme', repo: 'ranking', issue_number: 9999, body: 'x' };

    expect(await outcome(client.rest.issues.createComment(target))).toMatchObject({ status: 404 });
  });
});

describe('lists of comments', () => {
  it('turn their pages by Link headers that octokit follows', async () => {
    const target = await freshPull();
    for (let at = 1; at <= 37; at++)
      double.comment('acme/ranking', target.issue_number, 'dev', `comment ${at}`);

    const first = await client.rest.issues.listComments({ ...target, per_page: 10 });
    const last = await client.rest.issues.listComments({ ...target, per_page: 10, page: 4 });
    const all = await client.paginate(client.rest.issues.listComments, { ...target, per_page: 10 });

    expect(first.data).toHaveLength(10);
    expect(first.headers.link).toMatch(
      /repositories\/\d+\/issues\/\d+\/comments\?per_page=10&page=2>; rel="next"/,
    );
    expect(first.headers.link).toContain('page=4>; rel="last"');
    expect(last.data).toHaveLength(7);
    expect(last.headers.link).toContain('rel="prev"');
    expect(last.headers.link).not.toContain('rel="next"');
    expect(all.map(({ body }) => body)).toEqual(Array.from({ length: 37 }, (_, at) => `comment ${at + 1}`));
  });

  it('hold 30 on a page, and 100 at most', async () => {
    const target = await freshPull();
    for (let at = 1; at <= 101; at++) double.comment('acme/ranking', target.issue_number, 'dev', 'x');

    const unasked = await client.rest.issues.listComments(target);
    const { data: capped } = await client.request(
      `GET /repos/acme/ranking/issues/{number}/comments?per_page=100`,
      {
        number: target.issue_number,
      },
    );

    expect(unasked.data).toHaveLength(30);
    expect(capped).toHaveLength(100);
  });

  it('begin at a time, if one is given', async () => {
    const target = await freshPull();
    double.comment('acme/ranking', target.issue_number, 'dev', 'x');

    const later = await client.rest.issues.listComments({ ...target, since: '2999-01-01T00:00:00Z' });
    const earlier = await client.rest.issues.listComments({ ...target, since: '2000-01-01T00:00:00Z' });

    expect([later.data.length, earlier.data.length]).toEqual([0, 1]);
  });
});

describe('permissions for comments', () => {
  it('are those of pull requests, read for reading and write for writing', async () => {
    const target = await freshPull();
    const reader = await withPermissions({ pull_requests: 'read' });
    const other = await withPermissions({ checks: 'write' });

    expect(await outcome(reader.rest.issues.listComments(target))).toMatchObject({ status: 200 });
    expect(await outcome(reader.rest.issues.createComment({ ...target, body: 'x' }))).toMatchObject({
      status: 403,
    });
    expect(await outcome(other.rest.issues.listComments(target))).toMatchObject({ status: 403 });
  });

  it('let anyone who sees a pull request comment, and change only what is theirs', async () => {
    const target = await freshPull();
    const guest = octokitWith(double, double.addUser('guest').token);
    const { data: bots } = await client.rest.issues.createComment({ ...target, body: 'by the bot' });

    const { data: own } = await guest.rest.issues.createComment({ ...target, body: 'by a guest' });
    const foreign = { owner: 'acme', repo: 'ranking', comment_id: bots.id, body: 'mine now' };

    expect(own).toMatchObject({ user: { login: 'guest' }, author_association: 'NONE' });
    expect(await outcome(guest.rest.issues.updateComment(foreign))).toMatchObject({ status: 403 });
    expect(await outcome(guest.rest.issues.updateComment({ ...foreign, comment_id: own.id }))).toMatchObject({
      status: 200,
    });
  });
});

describe('reactions', () => {
  it('are left once per person and kind', async () => {
    const target = await freshPull();
    const comment_id = double.comment('acme/ranking', target.issue_number, 'dev', '/perf run');
    const one = { owner: 'acme', repo: 'ranking', comment_id };

    const first = await client.rest.reactions.createForIssueComment({ ...one, content: 'eyes' });
    const again = await client.rest.reactions.createForIssueComment({ ...one, content: 'eyes' });
    const { data: listed } = await client.rest.reactions.listForIssueComment(one);
    const { data: comment } = await client.rest.issues.getComment(one);
    await client.rest.reactions.deleteForIssueComment({ ...one, reaction_id: first.data.id });
    const { data: after } = await client.rest.reactions.listForIssueComment(one);

    expect([first.status, again.status]).toEqual([201, 200]);
    expect(listed).toMatchObject([{ content: 'eyes', user: { login: 'perf-ci[bot]' } }]);
    expect(comment.reactions).toMatchObject({ total_count: 1, eyes: 1 });
    expect(after).toEqual([]);
  });

  it('are one of eight', async () => {
    const target = await freshPull();
    const comment_id = double.comment('acme/ranking', target.issue_number, 'dev', 'x');

    const answer = client.request('POST /repos/acme/ranking/issues/comments/{comment_id}/reactions', {
      comment_id,
      content: 'shrug',
    });

    expect(await outcome(answer)).toMatchObject({ status: 422 });
  });
});
