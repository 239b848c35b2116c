import type { RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { noReplyAddress } from '../views/commit.ts';
import { repositoryView } from '../views/repository.ts';
import { simpleUserByLogin } from '../views/user.ts';
import { type Payload, commonFields, emitAbout, seconds } from './common-fields.ts';

/** `repository.<action>`. */
export function emitRepository(
  world: World,
  repository: RepositoryRecord,
  action: string,
  changes?: Payload,
): void {
  emitAbout(world, repository, repository.ownerLogin, {
    name: 'repository',
    action,
    payload: changes === undefined ? {} : { changes },
  });
}

/** `push`, from the parts that git knows. */
export function emitPush(
  world: World,
  repository: RepositoryRecord,
  senderLogin: string,
  push: Payload,
): void {
  const base = commonFields(world, repository, senderLogin);
  world.emit({
    name: 'push',
    installationId: repository.installationId,
    repositoryId: repository.id,
    payload: {
      ...push,
      ...base,
      // In this one event GitHub gives two of the times as numbers.
      repository: {
        ...repositoryView(world, repository),
        owner: {
          ...simpleUserByLogin(world, repository.ownerLogin),
          name: repository.ownerLogin,
          email: noReplyAddress(repository.ownerLogin),
        },
        created_at: seconds(repository.createdAtMs),
        pushed_at: seconds(repository.pushedAtMs),
        stargazers: 0,
        master_branch: repository.defaultBranch,
      },
      pusher: { name: senderLogin, email: noReplyAddress(senderLogin) },
    },
  });
}
