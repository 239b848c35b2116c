import type { PullRecord, RepositoryRecord, Role, UserRecord } from './records.ts';
import type { World } from './world.ts';

/** A mistake of the test that drives the double, not an answer of the API. */
export class DoubleUsageError extends Error {
  override readonly name = 'DoubleUsageError';
}

/** The login of the app's own account, as GitHub shows it on comments. */
export function botLogin(world: World): string {
  return `${world.app.slug}[bot]`;
}

export function fullName(repository: RepositoryRecord): string {
  return `${repository.ownerLogin}/${repository.name}`;
}

/** The user of that login; made on the spot when unknown, so that a test need not list its cast. */
export function userByLogin(world: World, login: string): UserRecord {
  const known = world.users.get(login.toLowerCase());
  if (known !== undefined) return known;
  const user: UserRecord = {
    id: world.ids.next('user'),
    login,
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    token: world.ids.token('ghp_'),
    createdAtMs: Date.now(),
  };
  world.users.set(login.toLowerCase(), user);
  return user;
}

export function findRepository(world: World, owner: string, name: string): RepositoryRecord | undefined {
  const wanted = `${owner}/${name}`.toLowerCase();
  for (const repository of world.repositories.values()) {
    if (fullName(repository).toLowerCase() === wanted) return repository;
  }
  return undefined;
}

/**
 * The repository of that full name.
 * @throws {DoubleUsageError} when there is none
 */
export function requireRepository(world: World, name: string | { fullName: string }): RepositoryRecord {
  const wanted = typeof name === 'string' ? name : name.fullName;
  const [owner = '', repo = ''] = wanted.split('/');
  const found = findRepository(world, owner, repo);
  if (found === undefined) throw new DoubleUsageError(`no repository ${wanted} in this double`);
  return found;
}

/**
 * The pull request of that number.
 * @throws {DoubleUsageError} when there is none
 */
export function requirePull(repository: RepositoryRecord, number: number): PullRecord {
  const pull = repository.pulls.get(number);
  if (pull === undefined) throw new DoubleUsageError(`no pull request ${fullName(repository)}#${number}`);
  return pull;
}

/** The commit that a branch points at, as last announced; undefined when there is no such branch. */
export function branchSha(repository: RepositoryRecord, branch: string): string | undefined {
  return repository.announcedRefs.get(`refs/heads/${branch}`);
}

/** What a person may do in a repository; everyone reads a public one. */
export function roleOf(repository: RepositoryRecord, login: string): Role {
  const wanted = login.toLowerCase();
  if (wanted === repository.ownerLogin.toLowerCase()) return 'admin';
  return repository.roles.get(wanted) ?? (repository.isPrivate ? 'none' : 'read');
}

export function canWrite(role: Role): boolean {
  return role === 'admin' || role === 'maintain' || role === 'write';
}
