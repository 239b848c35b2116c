import type { InstallationRecord, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { installationView } from '../views/app.ts';
import { shortRepositoryView } from '../views/repository.ts';
import { simpleUserByLogin } from '../views/user.ts';
import { type Payload, seconds } from './common-fields.ts';

/** The installation with its times as numbers, as in most events about it. */
function installationPayload(world: World, installation: InstallationRecord): Payload {
  const createdAt = seconds(installation.createdAtMs);
  return { ...installationView(world, installation), created_at: createdAt, updated_at: createdAt };
}

/** `installation.<action>`. */
export function emitInstallation(
  world: World,
  installation: InstallationRecord,
  action: 'created' | 'deleted' | 'suspend' | 'unsuspend',
  repositories: RepositoryRecord[],
): void {
  const isAboutSleep = action === 'suspend' || action === 'unsuspend';
  world.emit({
    name: 'installation',
    action,
    installationId: installation.id,
    payload: {
      action,
      // In these two GitHub writes the times as text after all.
      installation: isAboutSleep
        ? installationView(world, installation)
        : installationPayload(world, installation),
      repositories: repositories.map(shortRepositoryView),
      ...(action === 'created' ? { requester: null } : {}),
      sender: simpleUserByLogin(world, installation.accountLogin),
    },
  });
}

/** `installation_repositories.<action>`. */
export function emitInstallationRepositories(
  world: World,
  installation: InstallationRecord,
  action: 'added' | 'removed',
  repository: RepositoryRecord,
): void {
  const names = [shortRepositoryView(repository)];
  world.emit({
    name: 'installation_repositories',
    action,
    installationId: installation.id,
    payload: {
      action,
      installation: installationPayload(world, installation),
      repository_selection: 'selected',
      repositories_added: action === 'added' ? names : [],
      repositories_removed: action === 'removed' ? names : [],
      requester: null,
      sender: simpleUserByLogin(world, installation.accountLogin),
    },
  });
}
