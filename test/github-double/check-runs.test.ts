import type { Octokit } from 'octokit';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GitHubDouble } from '../../src/github-double/contract.ts';
import { appFor, octokitWith, outcome, useDouble } from './setup.ts';

const current = useDouble();
const target = { owner: 'acme', repo: 'ranking' };
let double: GitHubDouble;
let client: Octokit;
let count = 0;

beforeAll(async () => {
  double = current.double;
  const repository = await double.createRepository('acme/ranking');
  client = await appFor(double).getInstallationOctokit(repository.installationId);
});

async function freshCommit(): Promise<string> {
  return double.commit('acme/ranking', `branch-${++count}`, { files: { [`${count}.txt`]: 'x\n' } });
}

function annotations(length: number) {
  return Array.from({ length }, (_, at) => ({
    path: 'a.txt',
    start_line: at + 1,
    end_line: at + 1,
    annotation_level: 'warning' as const,
    message: `note ${at}`,
  }));
}

describe('a check run', () => {
  it('goes from queued over in_progress to its conclusion', async () => {
    const head_sha = await freshCommit();

    const { data: made } = await client.rest.checks.create({
      ...target,
      name: 'perf',
      head_sha,
      external_id: 'run-1',
    });
    const one = { ...target, check_run_id: made.id };
    await client.rest.checks.update({ ...one, status: 'in_progress' });
    const { data: running } = await client.rest.checks.get(one);
    await client.rest.checks.update({
      ...one,
      conclusion: 'failure',
      output: { title: 'Slower', summary: '+5 %' },
    });
    const { data: done } = await client.rest.checks.get(one);

    expect(made).toMatchObject({ status: 'queued', conclusion: null, external_id: 'run-1', head_sha });
    expect(made.app).toMatchObject({ id: double.app.id });
    expect(running).toMatchObject({ status: 'in_progress', completed_at: null });
    expect(done).toMatchObject({ status: 'completed', conclusion: 'failure', output: { title: 'Slower' } });
    expect(done.completed_at).not.toBeNull();
  });

  it('names the open pull requests of its commit', async () => {
    const head_sha = await freshCommit();
    const { number } = await double.openPullRequest('acme/ranking', {
      head: `branch-${count}`,
      base: 'main',
      title: 'x',
      author: 'dev',
    });

    const { data } = await client.rest.checks.create({ ...target, name: 'perf', head_sha });

    expect(data.pull_requests).toMatchObject([{ number, head: { sha: head_sha } }]);
  });

  it('loses its conclusion when it is opened again', async () => {
    const head_sha = await freshCommit();
    const { data } = await client.rest.checks.create({
      ...target,
      name: 'perf',
      head_sha,
      conclusion: 'success',
    });

    const again = await client.rest.checks.update({
      ...target,
      check_run_id: data.id,
      status: 'in_progress',
    });

    expect(again.data).toMatchObject({ status: 'in_progress', conclusion: null, completed_at: null });
  });

  it('gathers annotations over its updates', async () => {
    const head_sha = await freshCommit();
    const output = { title: 't', summary: 's', annotations: annotations(50) };
    const { data } = await client.rest.checks.create({ ...target, name: 'perf', head_sha, output });
    const one = { ...target, check_run_id: data.id };

    await client.rest.checks.update({ ...one, output: { ...output, annotations: annotations(3) } });

    const { data: after } = await client.rest.checks.get(one);
    const { data: listed } = await client.rest.checks.listAnnotations({ ...one, per_page: 100 });
    expect(after.output.annotations_count).toBe(53);
    expect(listed).toHaveLength(53);
  });

  it('belongs to one suite per commit', async () => {
    const head_sha = await freshCommit();
    const other_sha = await freshCommit();
    const suite = async (sha: string, name: string) =>
      (await client.rest.checks.create({ ...target, name, head_sha: sha })).data.check_suite?.id;

    const first = await suite(head_sha, 'a');

    expect(await suite(head_sha, 'b')).toBe(first);
    expect(await suite(other_sha, 'a')).not.toBe(first);
  });
});

describe('the check runs of a commit', () => {
  it('are listed by name, app and status, the newest of each name unless all are wanted', async () => {
    const head_sha = await freshCommit();
    const make = async (name: string, status: 'queued' | 'in_progress') =>
      (await client.rest.checks.create({ ...target, name, head_sha, status })).data.id;
    const older = await make('perf', 'queued');
    const newer = await make('perf', 'in_progress');
    const other = await make('other', 'queued');
    const list = async (more: { check_name?: string; app_id?: number; status?: 'queued'; filter?: 'all' }) =>
      (await client.rest.checks.listForRef({ ...target, ref: head_sha, ...more })).data;

    expect((await list({})).check_runs.map(({ id }) => id)).toEqual([other, newer]);
    expect((await list({ filter: 'all' })).total_count).toBe(3);
    expect((await list({ check_name: 'perf', filter: 'all' })).check_runs.map(({ id }) => id)).toEqual([
      newer,
      older,
    ]);
    expect((await list({ app_id: double.app.id })).total_count).toBe(2);
    expect((await list({ app_id: 1 })).total_count).toBe(0);
    expect((await list({ status: 'queued' })).check_runs.map(({ id }) => id)).toEqual([other]);
  });

  it('are found by branch too', async () => {
    const head_sha = await freshCommit();
    await client.rest.checks.create({ ...target, name: 'perf', head_sha });

    const { data } = await client.rest.checks.listForRef({ ...target, ref: `heads/branch-${count}` });

    expect(data.check_runs[0]?.head_sha).toBe(head_sha);
    expect(double.checkRuns('acme/ranking', head_sha)).toHaveLength(1);
  });
});

describe('what GitHub does not take as a check run', () => {
  const output = { title: 't', summary: 's' };
  const cases = [
    {
      title: '51 annotations',
      fields: { output: { ...output, annotations: annotations(51) } },
      says: 'No more than 50',
    },
    {
      title: 'a summary of 65,536 characters',
      fields: { output: { ...output, summary: 'x'.repeat(65_536) } },
      says: 'Only 65535',
    },
    {
      title: 'a text of 65,536 characters',
      fields: { output: { ...output, text: 'x'.repeat(65_536) } },
      says: 'Only 65535',
    },
    { title: 'an output without a summary', fields: { output: { title: 't' } }, says: '"summary"' },
    { title: 'completed without a conclusion', fields: { status: 'completed' }, says: '"conclusion"' },
    {
      title: 'completed_at without a conclusion',
      fields: { completed_at: '2024-01-01T00:00:00Z' },
      says: '"conclusion"',
    },
    { title: 'an unknown conclusion', fields: { conclusion: 'slower' }, says: 'conclusion' },
    { title: 'the conclusion stale', fields: { conclusion: 'stale' }, says: 'conclusion' },
    { title: 'an unknown status', fields: { status: 'waiting' }, says: 'status' },
    {
      title: 'a details_url that is no web address',
      fields: { details_url: 'javascript:alert(1)' },
      says: 'details_url',
    },
    {
      title: 'four actions',
      fields: {
        actions: Array.from({ length: 4 }, () => ({ label: 'a', description: 'b', identifier: 'c' })),
      },
      says: 'No more than 3',
    },
    {
      title: 'an action with a long label',
      fields: { actions: [{ label: 'a'.repeat(21), description: 'b', identifier: 'c' }] },
      says: 'Only 20',
    },
    {
      title: 'an annotation without a message',
      fields: {
        output: {
          ...output,
          annotations: [{ path: 'a', start_line: 1, end_line: 1, annotation_level: 'notice' }],
        },
      },
      says: '"message"',
    },
  ];

  it.each(cases)('includes $title, on creation and on update', async ({ fields, says }) => {
    const head_sha = await freshCommit();
    const { data } = await client.rest.checks.create({ ...target, name: 'good', head_sha });

    const made = await outcome(
      client.request('POST /repos/acme/ranking/check-runs', { name: 'perf', head_sha, ...fields }),
    );
    const changed = await outcome(
      client.request('PATCH /repos/acme/ranking/check-runs/{id}', { id: data.id, ...fields }),
    );

    expect(made).toMatchObject({ status: 422, message: expect.stringContaining(says) as string });
    expect(changed).toMatchObject({ status: 422, message: expect.stringContaining(says) as string });
    expect(double.checkRuns('acme/ranking', head_sha)).toHaveLength(1);
  });

  it('includes an output without a title on creation; an update keeps the title there is', async () => {
    const head_sha = await freshCommit();
    const create = (fields: object) =>
      client.request('POST /repos/acme/ranking/check-runs', { name: 'perf', head_sha, ...fields });

    const untitled = await outcome(create({ output: { summary: 's' } }));
    const { data } = (await create({ output })) as { data: { id: number } };
    const { data: updated } = await client.rest.checks.update({
      ...target,
      check_run_id: data.id,
      output: { summary: 'new' },
    });

    expect(untitled).toMatchObject({ status: 422, message: expect.stringContaining('"title"') as string });
    expect(updated.output).toMatchObject({ title: 't', summary: 'new' });
  });

  it.each([{ head_sha: 'f'.repeat(40) }, { head_sha: 'main' }])(
    'includes the commit $head_sha',
    async (fields) => {
      const answer = await outcome(client.rest.checks.create({ ...target, name: 'perf', ...fields }));

      expect(answer).toMatchObject({
        status: 422,
        message: expect.stringContaining('No commit found') as string,
      });
    },
  );
});

describe('permissions for check runs', () => {
  it('are read for looking and write for the rest, and never those of people', async () => {
    const head_sha = await freshCommit();
    const { data } = await client.rest.checks.create({ ...target, name: 'perf', head_sha });
    const person = octokitWith(double, double.addUser('acme').token);

    expect(await outcome(person.rest.checks.get({ ...target, check_run_id: data.id }))).toMatchObject({
      status: 200,
    });
    expect(await outcome(person.rest.checks.create({ ...target, name: 'perf', head_sha }))).toMatchObject({
      status: 403,
      message: expect.stringContaining('GitHub App') as string,
    });
  });
});
