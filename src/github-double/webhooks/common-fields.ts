import { nodeId } from '../state/ids.ts';
import { userByLogin } from '../state/lookup.ts';
import type { RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { repositoryView } from '../views/repository.ts';
import { simpleUserByLogin } from '../views/user.ts';

export type Payload = Record<string, unknown>;

/** GitHub's other way to write a time: whole seconds since 1970. */
export function seconds(timeMs: number): number {
  return Math.floor(timeMs / 1000);
}

/** What every event about a repository ends with. */
export function commonFields(world: World, repository: RepositoryRecord, senderLogin: string): Payload {
  const owner = userByLogin(world, repository.ownerLogin);
  const url = `${world.url}/orgs/${owner.login}`;
  const organization = {
    login: owner.login,
    id: owner.id,
    node_id: nodeId('O', owner.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${world.url}/avatars/u/${owner.id}?v=4`,
    description: '',
  };
  return {
    repository: repositoryView(world, repository),
    ...(owner.type === 'Organization' ? { organization } : {}),
    sender: simpleUserByLogin(world, senderLogin),
    installation: { id: repository.installationId, node_id: nodeId('MDIz', repository.installationId) },
  };
}

/** Hands an event about a repository to the deliveries. */
export function emitAbout(
  world: World,
  repository: RepositoryRecord,
  senderLogin: string,
  event: { name: string; action?: string; payload: Payload },
): void {
  const action = event.action === undefined ? {} : { action: event.action };
  world.emit({
    name: event.name,
    ...action,
    installationId: repository.installationId,
    repositoryId: repository.id,
    payload: { ...action, ...event.payload, ...commonFields(world, repository, senderLogin) },
  });
}
