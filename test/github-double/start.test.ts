import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startGitHubDouble } from '../../src/github-double/start.ts';
import { SECRET, appFor, temporaryFolder } from './setup.ts';

// Made once: a key takes longer than the rest.
const { privateKey: privateKeyPem } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

/** A short history in a double of its own, told in ids. */
async function story(seed: number): Promise<Record<string, unknown>> {
  const folder = await temporaryFolder();
  const double = await startGitHubDouble({
    folder: folder.path,
    seed,
    app: { privateKeyPem },
    webhook: { url: 'http://127.0.0.1:9/', secret: SECRET },
  });
  double.holdDeliveries();
  const repository = await double.createRepository('acme/ranking');
  await double.commit(repository, 'topic', { files: { a: 'b' } });
  const pull = await double.openPullRequest(repository, {
    head: 'topic',
    base: 'main',
    title: 'x',
    author: 'dev',
  });
  const comment = double.comment(repository, pull.number, 'dev', 'x');
  const { id, token } = double.addUser('dev');
  const told = {
    app: double.app.id,
    repository: repository.id,
    installation: repository.installationId,
    headSha: pull.headSha,
    comment,
    user: id,
    token,
    deliveries: double.deliveries.map((delivery) => delivery.id),
  };
  await double.stop();
  await folder.remove();
  return told;
}

it('the same seed tells the same story, another seed another', async () => {
  const [one, same, other] = [await story(1), await story(1), await story(2)];

  expect(one).toEqual(same);
  for (const [name, value] of Object.entries(one)) {
    if (name !== 'headSha') expect(other[name], name).not.toEqual(value);
  }
});

it('two doubles without a seed have different ids', async () => {
  const folder = await temporaryFolder();

  const one = await startGitHubDouble({ folder: join(folder.path, 'one'), app: { privateKeyPem } });
  const other = await startGitHubDouble({ folder: join(folder.path, 'other'), app: { privateKeyPem } });

  expect(one.seed).not.toBe(other.seed);
  expect(one.app.id).not.toBe(other.app.id);
  await one.stop();
  await other.stop();
  await folder.remove();
});

it('an app may be brought along, with its key', async () => {
  const folder = await temporaryFolder();
  const double = await startGitHubDouble({
    folder: folder.path,
    app: { id: 4711, privateKeyPem, slug: 'other' },
  });

  const { data } = await appFor(double).octokit.rest.apps.getAuthenticated();
  expect(data).toMatchObject({ id: 4711, slug: 'other' });
  await double.stop();
  await folder.remove();
});

it('stops while requests hang and a receiver never answers', async () => {
  const folder = await temporaryFolder();
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => {
    silent.listen(0, '127.0.0.1', resolve);
  });
  const { port } = silent.address() as AddressInfo;
  const double = await startGitHubDouble({
    folder: folder.path,
    webhook: { url: `http://127.0.0.1:${port}/`, secret: SECRET },
  });
  await double.createRepository('acme/ranking');
  double.faults.add({ match: {}, kind: 'timeout', times: 1 });
  double.faults.add({ match: {}, kind: 'slow', durationMs: 60_000, times: 1 });
  const hanging = [fetch(`${double.url}/app`), fetch(`${double.url}/app`)].map((request) =>
    request.then(() => 'answered').catch(() => 'cut'),
  );
  while (double.requests.length < 2) await new Promise(setImmediate);

  await double.stop();

  expect(await Promise.all(hanging)).toEqual(['cut', 'cut']);
  silent.closeAllConnections();
  silent.close();
  await folder.remove();
});

it('leaves nothing behind that keeps a process alive', async () => {
  const folder = await temporaryFolder();
  const script = `
    import { startGitHubDouble } from ${JSON.stringify(new URL('../../src/github-double/start.ts', import.meta.url).href)};
    const double = await startGitHubDouble({ folder: ${JSON.stringify(folder.path)}, webhook: { url: 'http://127.0.0.1:9/', secret: 's' } });
    await double.createRepository('acme/ranking');
    double.faults.add({ match: {}, kind: 'slow', durationMs: 60_000 });
    fetch(double.url + '/app').catch(() => {});
    await double.deliveriesSettled();
    await double.stop();
    console.log('stopped');
  `;

  // Killed, and thus rejected, when it does not end by itself.
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    timeout: 20_000,
  });

  expect(stdout.trim()).toBe('stopped');
  await folder.remove();
});
