import { HttpProblem } from '../http/problem.ts';
import type {
  InstallationRecord,
  InstallationToken,
  Permissions,
  RepositoryRecord,
} from '../state/records.ts';
import type { World } from '../state/world.ts';
import { emitInstallation, emitInstallationRepositories } from '../webhooks/installation-events.ts';

/** Installation id of a repository that the app does not reach. */
export const NOT_INSTALLED = 0;

/** Life of an installation token, in milliseconds. */
const TOKEN_LIFE_MS = 60 * 60 * 1000;

/** The app's installation on an account; made when the account has none yet. */
export function installationFor(world: World, accountLogin: string): InstallationRecord {
  const wanted = accountLogin.toLowerCase();
  for (const known of world.installations.values()) {
    if (known.accountLogin.toLowerCase() === wanted) return known;
  }
  const installation: InstallationRecord = {
    id: world.ids.next('installation'),
    accountLogin,
    permissions: { ...world.app.permissions },
    state: 'active',
    createdAtMs: Date.now(),
  };
  world.installations.set(installation.id, installation);
  return installation;
}

/** Repositories that an installation reaches. */
export function repositoriesOf(world: World, installationId: number): RepositoryRecord[] {
  return [...world.repositories.values()].filter(
    (repository) => repository.installationId === installationId,
  );
}

/** Announces that the app is installed on a repository: with the first one the installation itself. */
export function announceInstalled(world: World, repository: RepositoryRecord): void {
  const installation = installationFor(world, repository.ownerLogin);
  const repositories = repositoriesOf(world, installation.id);
  if (repositories.length <= 1) emitInstallation(world, installation, 'created', repositories);
  else emitInstallationRepositories(world, installation, 'added', repository);
}

function narrowPermissions(installation: InstallationRecord, asked: unknown): Permissions {
  if (asked === undefined) return { ...installation.permissions };
  if (typeof asked !== 'object' || asked === null) throw new HttpProblem(422, 'Invalid permissions');
  for (const [name, level] of Object.entries(asked)) {
    const held = installation.permissions[name];
    const isHeld =
      held === 'write' ? level === 'write' || level === 'read' : held === level && level === 'read';
    if (!isHeld) {
      throw new HttpProblem(422, 'The permissions requested are not granted to this installation.');
    }
  }
  return { metadata: 'read', ...(asked as Permissions) };
}

function narrowRepositories(
  world: World,
  installation: InstallationRecord,
  body: Record<string, unknown>,
): RepositoryRecord[] | undefined {
  const ids = body['repository_ids'];
  const names = body['repositories'];
  if (ids === undefined && names === undefined) return undefined;
  const wanted = [...(Array.isArray(ids) ? ids : []), ...(Array.isArray(names) ? names : [])] as unknown[];
  const held = repositoriesOf(world, installation.id);
  return wanted.map((one) => {
    const found = held.find((repository) => repository.id === one || repository.name === one);
    if (found === undefined) {
      throw new HttpProblem(
        422,
        'There is at least one repository that does not exist or is not accessible to the parent installation.',
      );
    }
    return found;
  });
}

/**
 * Makes an installation token, narrowed to the repositories and permissions asked for.
 * @throws {HttpProblem} 403 for a suspended installation, 422 for more than the installation has
 */
export function makeToken(
  world: World,
  installation: InstallationRecord,
  body: Record<string, unknown>,
): { token: InstallationToken; repositories: RepositoryRecord[] | undefined } {
  if (installation.state === 'suspended') {
    throw new HttpProblem(403, 'This installation has been suspended');
  }
  const permissions = narrowPermissions(installation, body['permissions']);
  const repositories = narrowRepositories(world, installation, body);
  const token: InstallationToken = {
    token: world.ids.token('ghs_'),
    installationId: installation.id,
    permissions,
    ...(repositories === undefined ? {} : { repositoryIds: repositories.map((repository) => repository.id) }),
    expiresAtMs: Date.now() + TOKEN_LIFE_MS,
  };
  for (const old of world.tokens.values()) {
    if (old.expiresAtMs <= Date.now()) world.tokens.delete(old.token);
  }
  world.tokens.set(token.token, token);
  return { token, repositories };
}

/** Suspends an installation or wakes it up again, and announces it. */
export function setSuspended(world: World, installation: InstallationRecord, isSuspended: boolean): void {
  installation.state = isSuspended ? 'suspended' : 'active';
  if (isSuspended) installation.suspendedAtMs = Date.now();
  else delete installation.suspendedAtMs;
  emitInstallation(
    world,
    installation,
    isSuspended ? 'suspend' : 'unsuspend',
    repositoriesOf(world, installation.id),
  );
}

/** Takes the app off an account: its tokens stop working and its repositories are out of reach. */
export function removeInstallation(world: World, installation: InstallationRecord): void {
  emitInstallation(world, installation, 'deleted', repositoriesOf(world, installation.id));
  world.installations.delete(installation.id);
}
