import { rm } from 'node:fs/promises';
import { createBareRepository, readRefs, shareNetwork } from '../git/bare-repository.ts';
import { runGit } from '../git/run-git.ts';
import { writeCommit } from '../git/write-commit.ts';
import { commitDateSeconds } from '../state/commit-date.ts';
import { DoubleUsageError, findRepository, fullName, userByLogin } from '../state/lookup.ts';
import type { RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { noReplyAddress } from '../views/commit.ts';
import { emitInstallationRepositories } from '../webhooks/installation-events.ts';
import { emitRepository } from '../webhooks/repository-events.ts';
import { NOT_INSTALLED, announceInstalled, installationFor } from './installations.ts';

export interface NewRepository {
  private?: boolean;
  files?: Record<string, string>;
  defaultBranch?: string;
}

async function addRepository(
  world: World,
  name: string,
  options: { isPrivate: boolean; defaultBranch: string; parentId?: number },
): Promise<RepositoryRecord> {
  const [ownerLogin = '', repo = ''] = name.split('/');
  if (!/^[\w.-]+\/[\w.-]+$/.test(name)) throw new DoubleUsageError(`not an owner/name: ${name}`);
  if (findRepository(world, ownerLogin, repo) !== undefined) throw new DoubleUsageError(`${name} exists`);
  const owner = userByLogin(world, ownerLogin);
  const id = world.ids.next('repository');
  const nowMs = Date.now();
  const repository: RepositoryRecord = {
    id,
    ownerLogin: owner.login,
    name: repo,
    isPrivate: options.isPrivate,
    defaultBranch: options.defaultBranch,
    // The app is installed on what people create, not on their forks.
    installationId: options.parentId === undefined ? installationFor(world, owner.login).id : NOT_INSTALLED,
    path: await createBareRepository(world.folder, id, options.defaultBranch),
    ...(options.parentId === undefined ? {} : { parentId: options.parentId }),
    roles: new Map(),
    announcedRefs: new Map(),
    pulls: new Map(),
    lastNumber: 0,
    createdAtMs: nowMs,
    pushedAtMs: nowMs,
  };
  world.repositories.set(id, repository);
  world.renamed.delete(name.toLowerCase());
  return repository;
}

/** Makes a repository with one commit (none for `files: {}`), on which the app is installed. */
export async function createRepository(
  world: World,
  name: string,
  options: NewRepository,
): Promise<RepositoryRecord> {
  const defaultBranch = options.defaultBranch ?? 'main';
  const repository = await addRepository(world, name, { isPrivate: options.private ?? false, defaultBranch });
  const files = options.files ?? { 'README.md': `# ${repository.name}\n` };
  if (Object.keys(files).length > 0) {
    await writeCommit(repository.path, {
      ref: `refs/heads/${defaultBranch}`,
      message: 'Initial commit',
      author: { name: repository.ownerLogin, email: noReplyAddress(repository.ownerLogin) },
      dateSeconds: commitDateSeconds(world),
      parentSha: undefined,
      files,
    });
  }
  repository.announcedRefs = await readRefs(repository.path);
  announceInstalled(world, repository);
  return repository;
}

/** Copies the branches of a repository into a fork of it; the app is not installed there, but on its parent. */
export async function forkRepository(
  world: World,
  parent: RepositoryRecord,
  ownerLogin: string,
): Promise<RepositoryRecord> {
  const fork = await addRepository(world, `${ownerLogin}/${parent.name}`, {
    isPrivate: parent.isPrivate,
    defaultBranch: parent.defaultBranch,
    parentId: parent.id,
  });
  await runGit(['-C', fork.path, 'fetch', '--quiet', parent.path, '+refs/heads/*:refs/heads/*']);
  await shareNetwork(fork, parent.path);
  fork.announcedRefs = await readRefs(fork.path);
  return fork;
}

/** Deletes a repository; pull requests from it stay, without a head repository. */
export async function deleteRepository(world: World, repository: RepositoryRecord): Promise<void> {
  const installation = world.installations.get(repository.installationId);
  emitRepository(world, repository, 'deleted');
  world.repositories.delete(repository.id);
  if (installation !== undefined) {
    emitInstallationRepositories(world, installation, 'removed', repository);
  }
  await rm(repository.path, { recursive: true, force: true });
}

/** Gives a repository another name or owner; the old name redirects. */
export function renameRepository(world: World, repository: RepositoryRecord, newName: string): void {
  const [ownerLogin = '', name = ''] = newName.split('/');
  if (findRepository(world, ownerLogin, name) !== undefined) throw new DoubleUsageError(`${newName} exists`);
  const before = { name: repository.name, owner: repository.ownerLogin };
  world.renamed.set(fullName(repository).toLowerCase(), repository.id);
  repository.name = name;
  repository.ownerLogin = userByLogin(world, ownerLogin).login;
  if (before.owner === repository.ownerLogin) {
    emitRepository(world, repository, 'renamed', { repository: { name: { from: before.name } } });
  } else {
    repository.installationId = installationFor(world, repository.ownerLogin).id;
    emitRepository(world, repository, 'transferred', { owner: { from: { user: { login: before.owner } } } });
  }
}
