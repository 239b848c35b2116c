import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitHubSettings } from '../../../src/github/client.ts';
import { openGitHub } from '../../../src/github/client.ts';
import type { GitHubDouble } from '../../../src/github-double/contract.ts';
import { startGitHubDouble } from '../../../src/github-double/start.ts';

export interface Room {
  double: GitHubDouble;
  settings: GitHubSettings;
  /** The repository `acme/ranking`. */
  place: { installationId: string; repoFullName: string };
  repoId: string;
  pull: { number: number; headSha: string };
  stop(): Promise<void>;
}

/** A double with one repository, its App installed there, and one open pull request by `ada`. */
export async function openRoom(): Promise<Room> {
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-github-'));
  const double = await startGitHubDouble({ folder, seed: 7 });
  double.addUser('ada');
  double.addUser('acme', { type: 'Organization' });
  const repository = await double.createRepository('acme/ranking', { files: { 'README.md': 'one\n' } });
  double.setPermission(repository, 'ada', 'write');
  await double.commit(repository, 'faster', { files: { 'README.md': 'two\n' } });
  const pull = await double.openPullRequest(repository, {
    head: 'faster',
    base: 'main',
    title: 'T',
    author: 'ada',
  });
  return {
    double,
    settings: {
      appId: double.app.id,
      privateKeyPem: double.app.privateKeyPem,
      apiUrl: double.url,
      version: '0.1.0',
      timeoutMs: 1_000,
    },
    place: { installationId: String(repository.installationId), repoFullName: 'acme/ranking' },
    repoId: String(repository.id),
    pull,
    async stop() {
      await double.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A client of its own, so that no test waits for another's rate limit. */
export function clientOf(room: Room, more: Partial<GitHubSettings> = {}) {
  return openGitHub({ ...room.settings, ...more });
}

/** Requests of the double since `from` that match. */
export function countRequests(room: Room, from: number, method: string, path: RegExp): number {
  return room.double.requests
    .slice(from)
    .filter((request) => request.method === method && path.test(request.path)).length;
}
