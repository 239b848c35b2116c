import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { SECRET, appFor, startReceiver, useDouble } from './setup.ts';

type Json = Record<string, unknown>;

interface Definition {
  name: string;
  examples: Json[];
}

// Recorded payloads of GitHub, collected by the community.
const definitions = createRequire(import.meta.url)('@octokit/webhooks-examples') as Definition[];
const current = useDouble();
const ours = new Map<string, Json>();

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/**
 * Paths that every recorded payload has and ours lacks, or holds as another kind of value. Null says nothing about
 * the kind of a field, and lists are compared by their first items.
 */
function differences(recorded: unknown[], made: unknown, path = ''): string[] {
  const known = recorded.filter((one) => one !== null);
  if (known.length === 0 || made === null) return [];
  const kinds = new Set(known.map(kindOf));
  if (!kinds.has(kindOf(made))) return [`${path}: ${kindOf(made)} instead of ${[...kinds].join(' or ')}`];
  if (Array.isArray(made)) {
    const items = known.filter((one) => Array.isArray(one)).flatMap((list) => list.slice(0, 1) as unknown[]);
    return items.length === 0 || made.length === 0 ? [] : differences(items, made[0], `${path}[0]`);
  }
  if (!isJson(made)) return [];
  const objects = known.filter(isJson);
  const [first] = objects;
  // Which permissions an app asks for is its own affair.
  const always = Object.keys(path.endsWith('permissions') ? {} : (first ?? {})).filter((name) =>
    objects.every((one) => name in one),
  );
  return always.flatMap((name) =>
    name in made
      ? differences(
          objects.map((one) => one[name]),
          made[name],
          `${path}.${name}`,
        )
      : [`${path}.${name}: missing`],
  );
}

beforeAll(async () => {
  const { double } = current;
  const receiver = await startReceiver();
  double.webhookTarget(receiver.url, SECRET);
  const repository = await double.createRepository('acme/one');
  const second = await double.createRepository('acme/two');
  await double.commit(repository, 'main', { files: { a: '1\n' }, author: 'dev' });
  await double.commit(repository, 'topic', { files: { a: '2\n' }, author: 'dev' });
  const pull = await double.openPullRequest(repository, {
    head: 'topic',
    base: 'main',
    title: 'Two',
    author: 'dev',
    body: 'Why',
    draft: true,
  });
  const client = await appFor(double).getInstallationOctokit(repository.installationId);
  const target = { owner: 'acme', repo: 'one' };
  await double.readyForReview(repository, pull.number);
  await double.commit(repository, 'topic', { files: { a: '3\n' }, author: 'dev' });
  const { data: check } = await client.rest.checks.create({
    ...target,
    name: 'perf',
    head_sha: pull.headSha,
    conclusion: 'success',
    output: { title: 't', summary: 's' },
  });
  double.requestCheckRerun(check.id);
  const comment = double.comment(repository, pull.number, 'dev', 'hello');
  double.editComment(comment, 'dev', 'hello again');
  double.deleteComment(comment, 'dev');
  await double.closePullRequest(repository, pull.number);
  await double.reopenPullRequest(repository, pull.number);
  double.renameRepository(second, 'acme/three');
  await double.deleteRepository('acme/three');
  double.suspendInstallation(repository.installationId);
  double.unsuspendInstallation(repository.installationId);
  double.removeInstallation(repository.installationId);
  await double.deliveriesSettled();
  await receiver.stop();
  for (const { event, payload } of receiver.received) {
    const { action } = payload;
    ours.set(typeof action === 'string' ? `${event}.${action}` : event, payload);
  }
});

const EVENTS = [
  'pull_request.opened',
  'pull_request.synchronize',
  'pull_request.ready_for_review',
  'pull_request.closed',
  'pull_request.reopened',
  'issue_comment.created',
  'issue_comment.edited',
  'issue_comment.deleted',
  'check_run.created',
  'check_run.completed',
  'check_run.rerequested',
  'push',
  'installation.created',
  'installation.deleted',
  'installation.suspend',
  'installation.unsuspend',
  'installation_repositories.added',
  'installation_repositories.removed',
  'repository.renamed',
];

/** Fields that recorded payloads have for reasons of their own. */
const NOT_OURS = [
  // The example stands for an organization's repository; ours belongs to a person.
  '.organization: missing',
];

describe('payloads', () => {
  it.each(EVENTS)('of %s have every field that all recorded ones have', (name) => {
    const [event, action] = name.split('.');
    const recorded = definitions
      .filter((definition) => definition.name === event)
      .flatMap(({ examples }) => examples)
      .filter((example) => action === undefined || example['action'] === action);

    const found = differences(recorded, ours.get(name)).filter(
      (difference) => !NOT_OURS.includes(difference),
    );

    expect(recorded.length).toBeGreaterThan(0);
    expect(ours.has(name)).toBe(true);
    expect(found).toEqual([]);
  });

  it('name the installation that they are for', () => {
    const without = [...ours].filter(([, { installation }]) => !isJson(installation)).map(([name]) => name);

    expect(without).toEqual([]);
  });
});
