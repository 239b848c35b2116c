import { createEmulator } from 'emulate';
import { App, type Octokit } from 'octokit';
import { startGitHubDouble } from '../../src/github-double/start.ts';
import { SECRET, octokitFor, startReceiver, temporaryFolder, type Receiver } from './setup.ts';

const OWNER = 'acme';
const REPO = 'ranking';
const PERMISSIONS = {
  metadata: 'read',
  contents: 'write',
  issues: 'write',
  pull_requests: 'write',
  checks: 'write',
} as const;

/** A server that claims to be GitHub, with one pull request (branch `topic`, file `a.txt`) against `main`. */
export interface Subject {
  appId: number;
  url: string;
  app: App;
  /** With a token of the installation. */
  client: Octokit;
  installationId: number;
  pullNumber: number;
  receiver: Receiver;
  /** Until the receiver has this event. */
  heard(name: string): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** An octokit App against any of the servers. */
export function appAt(url: string, appId: number, privateKey: string): App {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  return new App({ appId, privateKey, webhooks: { secret: SECRET }, Octokit: octokitFor(url), log });
}

/** Waits for an event by looking at what came; the servers announce when they have delivered in no common way. */
function listenerFor(receiver: Receiver): Subject['heard'] {
  return async (name) => {
    for (let look = 0; look < 500; look++) {
      const at = receiver.names().indexOf(name);
      const found = receiver.received[at];
      if (found !== undefined) return found.payload;
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
    throw new Error(`no ${name} among ${receiver.names().join(', ')}`);
  };
}

/** The double. */
export async function startOurs(): Promise<Subject> {
  const folder = await temporaryFolder();
  const receiver = await startReceiver();
  const double = await startGitHubDouble({
    folder: folder.path,
    seed: 1,
    webhook: { url: receiver.url, secret: SECRET },
    app: { permissions: PERMISSIONS },
  });
  const repository = await double.createRepository(`${OWNER}/${REPO}`);
  await double.commit(repository, 'topic', { files: { 'a.txt': 'hello\n' } });
  const pull = await double.openPullRequest(repository, {
    head: 'topic',
    base: 'main',
    title: 'Topic',
    author: OWNER,
  });
  const app = appAt(double.url, double.app.id, double.app.privateKeyPem);
  return {
    appId: double.app.id,
    url: double.url,
    app,
    client: await app.getInstallationOctokit(repository.installationId),
    installationId: repository.installationId,
    pullNumber: pull.number,
    receiver,
    heard: listenerFor(receiver),
    async stop() {
      await double.stop();
      await receiver.stop();
      await folder.remove();
    },
  };
}

/** `emulate`, by other people: an opinion on GitHub that is not our own. */
export async function startEmulate(): Promise<Subject> {
  const receiver = await startReceiver();
  const appId = 12345;
  const installationId = 100;
  const server = await createEmulator({
    service: 'github',
    port: 0,
    seed: {
      github: {
        users: [{ login: OWNER }],
        repos: [{ owner: OWNER, name: REPO, auto_init: true }],
        apps: [
          {
            app_id: appId,
            slug: 'perf-ci',
            name: 'perf-ci',
            permissions: PERMISSIONS,
            events: ['pull_request', 'issue_comment', 'check_run', 'push'],
            webhook_url: receiver.url,
            webhook_secret: SECRET,
            installations: [{ installation_id: installationId, account: OWNER, repository_selection: 'all' }],
          },
        ],
      },
    },
  });
  const privateKey =
    server.generatedSecrets.find(({ kind }) => kind === 'github.app_private_key')?.value ?? '';
  const app = appAt(server.url, appId, privateKey);
  const client = await app.getInstallationOctokit(installationId);
  const target = { owner: OWNER, repo: REPO };
  const { data: main } = await client.rest.git.getRef({ ...target, ref: 'heads/main' });
  await client.rest.git.createRef({ ...target, ref: 'refs/heads/topic', sha: main.object.sha });
  const content = Buffer.from('hello\n').toString('base64');
  await client.rest.repos.createOrUpdateFileContents({
    ...target,
    path: 'a.txt',
    message: 'Topic',
    content,
    branch: 'topic',
  });
  const { data: pull } = await client.rest.pulls.create({
    ...target,
    head: 'topic',
    base: 'main',
    title: 'Topic',
  });
  return {
    appId,
    url: server.url,
    app,
    client,
    installationId,
    pullNumber: pull.number,
    receiver,
    heard: listenerFor(receiver),
    async stop() {
      await server.close();
      await receiver.stop();
    },
  };
}
