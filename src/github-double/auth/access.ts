import { HttpProblem, notAccessible, notFound } from '../http/problem.ts';
import type { Need } from '../http/route.ts';
import { canWrite, roleOf } from '../state/lookup.ts';
import type { InstallationToken, Permissions, RepositoryRecord } from '../state/records.ts';
import type { Identity } from './identity.ts';

/** Whether granted permissions hold one such as `checks:write`; write includes read. */
export function grants(granted: Permissions, wanted: string): boolean {
  const [name = '', level] = wanted.split(':');
  return level === 'write' ? granted[name] === 'write' : granted[name] !== undefined;
}

/** Whether a token reaches a repository at all. */
export function covers(token: InstallationToken, repository: RepositoryRecord): boolean {
  return (
    token.installationId === repository.installationId &&
    (token.repositoryIds === undefined || token.repositoryIds.includes(repository.id))
  );
}

function checkInstallation(
  token: InstallationToken,
  permissions: string[],
  repository: RepositoryRecord | undefined,
): void {
  if (repository !== undefined && !covers(token, repository)) {
    // What a token does not cover is as for any stranger: a private repository does not exist, a public one is read-only.
    if (repository.isPrivate) throw notFound();
    if (permissions.some((wanted) => wanted.endsWith(':write'))) throw notAccessible();
    return;
  }
  if (!permissions.some((wanted) => grants(token.permissions, wanted))) throw notAccessible();
}

function checkPerson(
  login: string,
  need: Extract<Need, { as: 'token' }>,
  repository: RepositoryRecord | undefined,
): void {
  if (need.peopleNeed === 'never') {
    throw new HttpProblem(403, 'You must authenticate via a GitHub App.');
  }
  if (repository === undefined) return;
  const role = roleOf(repository, login);
  if (role === 'none') throw notFound();
  const writes = need.peopleNeed === 'write' || need.permissions.some((wanted) => wanted.endsWith(':write'));
  if (writes && need.peopleNeed !== 'read' && !canWrite(role)) {
    throw new HttpProblem(403, 'Must have push access to view repository collaborators.');
  }
}

/**
 * Lets a request through or refuses it as GitHub does; a request without credentials is always refused, although
 * GitHub would answer some: a client of the app that forgets its token should be noticed.
 * @throws {HttpProblem} 401, 403 or 404
 */
export function checkAccess(identity: Identity, need: Need, repository: RepositoryRecord | undefined): void {
  if (identity.kind === 'unknown') throw identity.problem;
  if (need.as === 'anyone') return;
  if (identity.kind === 'none') throw new HttpProblem(401, 'Requires authentication');
  if (need.as === 'app') {
    if (identity.kind !== 'app') throw new HttpProblem(401, 'A JSON web token could not be decoded');
    return;
  }
  if (identity.kind === 'app') throw notAccessible();
  if (need.as === 'installation') {
    if (identity.kind !== 'installation') {
      throw new HttpProblem(403, 'You must authenticate with an installation access token.');
    }
    return;
  }
  if (identity.kind === 'installation') checkInstallation(identity.token, need.permissions, repository);
  else checkPerson(identity.user.login, need, repository);
}
