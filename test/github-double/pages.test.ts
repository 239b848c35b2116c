import { beforeAll, expect, it } from 'vitest';
import { appFor, useDouble } from './setup.ts';

const current = useDouble();
let pullPage: string;
let checkPage: string;

beforeAll(async () => {
  const { double } = current;
  const repository = await double.createRepository('acme/ranking');
  await double.commit(repository, 'topic', { files: { a: 'b' } });
  const pull = await double.openPullRequest(repository, {
    head: 'topic',
    base: 'main',
    title: '<b>Bold</b> title',
    author: 'dev',
  });
  double.comment(repository, pull.number, 'dev', '<script>alert(1)</script> & "more"');
  const client = await appFor(double).getInstallationOctokit(repository.installationId);
  const { data } = await client.rest.checks.create({
    owner: 'acme',
    repo: 'ranking',
    name: 'perf',
    head_sha: pull.headSha,
    conclusion: 'success',
    output: { title: 'Not slower', summary: '| a | b |' },
  });
  pullPage = pull.url;
  checkPage = data.html_url ?? '';
});

it('the page of a pull request shows its comments and checks, and nothing in it runs', async () => {
  const response = await fetch(pullPage);
  const text = await response.text();

  expect(response.status).toBe(200);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(text).not.toMatch(/<script|<b>/);
  expect(text).toContain('&#60;script&#62;alert(1)');
  expect(text).toContain('Not slower');
  expect(text).toContain(checkPage.replace(current.double.url, ''));
});

it('the page of a check run shows its conclusion and summary', async () => {
  const text = await (await fetch(checkPage)).text();

  expect(text).toContain('success');
  expect(text).toContain('| a | b |');
});

it('there is no page for what is not there', async () => {
  const { url } = current.double;

  const pages = await Promise.all(
    ['/acme/ranking/pull/99', '/acme/other/pull/1', '/acme/ranking/runs/1'].map((path) => fetch(url + path)),
  );

  expect(pages.map(({ status }) => status)).toEqual([404, 404, 404]);
});
