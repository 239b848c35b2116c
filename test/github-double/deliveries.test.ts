import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GitHubDouble } from '../../src/github-double/contract.ts';
import { type Receiver, SECRET, appFor, octokitWith, startReceiver, useDouble } from './setup.ts';

const current = useDouble({ webhookTimeoutMs: 1_000 });
let double: GitHubDouble;
let receiver: Receiver;
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
  receiver.answerWith(202);
});

/** A repository with one pull request and an empty list of what was received. */
async function quietPull() {
  const repository = await double.createRepository(`acme/repo-${++count}`);
  await double.commit(repository, 'topic', { files: { a: 'b' } });
  const pull = await double.openPullRequest(repository, {
    head: 'topic',
    base: 'main',
    title: 'x',
    author: 'dev',
  });
  await double.deliveriesSettled();
  receiver.received.length = 0;
  return { repository, pull };
}

describe('a delivery', () => {
  it('is signed and carries the headers of GitHub', async () => {
    const { repository, pull } = await quietPull();

    double.comment(repository, pull.number, 'dev', '/perf run — ü 漢');

    await double.deliveriesSettled();
    const [delivery] = receiver.received;
    expect(delivery?.isSignatureRight).toBe(true);
    expect(delivery?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-github-event': 'issue_comment',
      'x-github-hook-installation-target-type': 'integration',
      'x-github-hook-installation-target-id': String(double.app.id),
    });
    expect(delivery?.headers['user-agent']).toMatch(/^GitHub-Hookshot\/[0-9a-f]{7}$/);
    expect(delivery?.headers['x-github-delivery']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(delivery?.payload).toMatchObject({
      action: 'created',
      comment: { body: '/perf run — ü 漢', user: { login: 'dev' } },
      issue: { number: pull.number },
      repository: { id: repository.id },
      installation: { id: repository.installationId },
      sender: { login: 'dev' },
    });
  });

  it('passes the check of octokit itself', async () => {
    const { repository, pull } = await quietPull();
    double.comment(repository, pull.number, 'dev', 'hello');
    await double.deliveriesSettled();
    const last = double.deliveries.at(-1);
    const signature = String(receiver.received[0]?.headers['x-hub-signature-256']);

    const isRight = await appFor(double).webhooks.verify(last?.requestBody ?? '', signature);

    expect(isRight).toBe(true);
  });

  it('is not repeated by itself when the receiver fails, and keeps its id when sent again', async () => {
    const { repository, pull } = await quietPull();
    receiver.answerWith(500);
    double.comment(repository, pull.number, 'dev', 'lost');
    await double.deliveriesSettled();
    const failed = double.deliveries.at(-1);

    receiver.answerWith(202);
    double.redeliver(failed?.id ?? '');
    await double.deliveriesSettled();

    expect(failed).toMatchObject({ status: 500, attempts: 1 });
    expect(double.deliveries.at(-1)).toMatchObject({ id: failed?.id, status: 202, attempts: 2 });
    const ids = receiver.received.map(({ headers }) => headers['x-github-delivery']);
    expect(ids).toEqual([failed?.id, failed?.id]);
  });

  it('has status 0 when nobody listens or nobody answers', async () => {
    const { repository, pull } = await quietPull();
    const dead = await startReceiver();
    await dead.stop();

    double.webhookTarget(dead.url, SECRET);
    double.comment(repository, pull.number, 'dev', 'to nobody');
    await double.deliveriesSettled();
    double.webhookTarget(receiver.url, SECRET);

    expect(double.deliveries.at(-1)).toMatchObject({ status: 0, attempts: 1 });
  });
});

describe('the order of deliveries', () => {
  async function threeComments(release: () => void): Promise<unknown[]> {
    const { repository, pull } = await quietPull();
    double.holdDeliveries();
    for (const body of ['one', 'two', 'three']) double.comment(repository, pull.number, 'dev', body);
    await double.deliveriesSettled();
    expect(receiver.received).toEqual([]);

    release();
    await double.deliveriesSettled();

    return receiver.received.map(({ payload }) => (payload['comment'] as { body: string }).body);
  }

  it('is that of the events', async () => {
    const order = await threeComments(() => double.releaseDeliveries());

    expect(order).toEqual(['one', 'two', 'three']);
  });

  it('may be turned round', async () => {
    const order = await threeComments(() => double.releaseDeliveries({ order: 'reversed' }));

    expect(order).toEqual(['three', 'two', 'one']);
  });

  it('may be shuffled, with copies', async () => {
    const order = await threeComments(() => double.releaseDeliveries({ order: 'shuffled', copies: 2 }));

    const times = (body: string) => order.filter((one) => one === body).length;
    expect(['one', 'two', 'three'].map(times)).toEqual([2, 2, 2]);
  });

  it('may be nothing at all', async () => {
    const order = await threeComments(() => double.releaseDeliveries({ order: 'dropped' }));

    expect(order).toEqual([]);
  });
});

describe('the list of deliveries', () => {
  it('is read by the app page by page, attempt by attempt, and sends one again', async () => {
    const { repository, pull } = await quietPull();
    for (const body of ['one', 'two', 'three']) double.comment(repository, pull.number, 'dev', body);
    await double.deliveriesSettled();
    const { octokit } = appFor(double);

    const first = await octokit.rest.apps.listWebhookDeliveries({ per_page: 2 });
    const next = /cursor=([^&>]+)/.exec(first.headers.link ?? '')?.[1] ?? '';
    const second = await octokit.rest.apps.listWebhookDeliveries({ per_page: 2, cursor: next });
    const newest = first.data[0];
    const { data: whole } = await octokit.rest.apps.getWebhookDelivery({ delivery_id: newest?.id ?? 0 });
    const again = await octokit.rest.apps.redeliverWebhookDelivery({ delivery_id: newest?.id ?? 0 });
    await double.deliveriesSettled();
    const { data: after } = await octokit.rest.apps.listWebhookDeliveries({ per_page: 1 });

    const ids = [...first.data, ...second.data].map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    expect(ids).toEqual(ids.toSorted((one, other) => other - one));
    expect(newest).toMatchObject({
      status: 'OK',
      status_code: 202,
      event: 'issue_comment',
      redelivery: false,
    });
    expect(whole.request.payload).toMatchObject({ comment: { body: 'three' } });
    expect(again.status).toBe(202);
    expect(after[0]).toMatchObject({ guid: newest?.guid, redelivery: true });
  });
});

describe('events', () => {
  it('tell of the app being installed, with the first repository and with the next', async () => {
    await double.createRepository('newcomer/one');
    await double.createRepository('newcomer/two');

    await double.deliveriesSettled();

    expect(receiver.names()).toEqual(['installation.created', 'installation_repositories.added']);
    expect(receiver.received[1]?.payload).toMatchObject({
      repositories_added: [{ full_name: 'newcomer/two' }],
    });
  });

  it('tell of nothing but the installation while it is suspended', async () => {
    const { repository, pull } = await quietPull();

    double.suspendInstallation(repository.installationId);
    double.comment(repository, pull.number, 'dev', 'unheard');
    double.unsuspendInstallation(repository.installationId);

    await double.deliveriesSettled();
    expect(receiver.names()).toEqual(['installation.suspend', 'installation.unsuspend']);
  });

  it('tell of what the app itself writes, with the bot as sender', async () => {
    const { repository, pull } = await quietPull();
    const client = await appFor(double).getInstallationOctokit(repository.installationId);
    const [owner = '', repo = ''] = repository.fullName.split('/');

    await client.rest.issues.createComment({ owner, repo, issue_number: pull.number, body: 'x' });
    await client.rest.checks.create({
      owner,
      repo,
      name: 'perf',
      head_sha: pull.headSha,
      conclusion: 'success',
    });

    await double.deliveriesSettled();
    expect(receiver.names()).toEqual(['issue_comment.created', 'check_run.created', 'check_run.completed']);
    expect(receiver.received[0]?.payload).toMatchObject({
      sender: { login: 'perf-ci[bot]', type: 'Bot' },
      comment: { performed_via_github_app: { id: double.app.id } },
    });
  });

  it('tell of a check run that a person wants again', async () => {
    const { repository, pull } = await quietPull();
    const client = await appFor(double).getInstallationOctokit(repository.installationId);
    const [owner = '', repo = ''] = repository.fullName.split('/');
    const { data } = await client.rest.checks.create({ owner, repo, name: 'perf', head_sha: pull.headSha });

    double.requestCheckRerun(data.id, 'dev');

    await double.deliveriesSettled();
    expect(receiver.received.at(-1)?.payload).toMatchObject({
      action: 'rerequested',
      check_run: { id: data.id, app: { id: double.app.id }, check_suite: { head_sha: pull.headSha } },
      sender: { login: 'dev' },
    });
  });

  it('tell of comments edited and deleted, with what stood there before', async () => {
    const { repository, pull } = await quietPull();
    const id = double.comment(repository, pull.number, 'dev', 'before');

    double.editComment(id, 'dev', 'after');
    double.deleteComment(id, 'dev');

    await double.deliveriesSettled();
    expect(receiver.names()).toEqual([
      'issue_comment.created',
      'issue_comment.edited',
      'issue_comment.deleted',
    ]);
    expect(receiver.received[1]?.payload).toMatchObject({
      changes: { body: { from: 'before' } },
      comment: { body: 'after' },
    });
  });

  it('tell of a repository that was renamed, hidden and deleted', async () => {
    const { repository } = await quietPull();

    const renamed = double.renameRepository(repository, `acme/renamed-${count}`);
    double.setPrivate(renamed, true);
    await double.deleteRepository(renamed);

    await double.deliveriesSettled();
    expect(receiver.names()).toEqual([
      'repository.renamed',
      'repository.privatized',
      'repository.deleted',
      'installation_repositories.removed',
    ]);
  });

  it('are none for a person who only looks', async () => {
    const { repository } = await quietPull();

    await octokitWith(double, double.addUser('dev').token).request(`GET /repos/${repository.fullName}`);

    await double.deliveriesSettled();
    expect(receiver.received).toEqual([]);
  });
});
