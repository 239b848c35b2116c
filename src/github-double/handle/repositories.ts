import { announcePushes } from '../actions/announce-pushes.ts';
import {
  createRepository,
  deleteRepository,
  forkRepository,
  renameRepository,
} from '../actions/repositories.ts';
import { commitFiles, deleteBranch, pushFolder } from '../actions/write-branches.ts';
import type { DoubleRepository, GitHubDouble, RepositoryName } from '../contract.ts';
import { fullName, requireRepository } from '../state/lookup.ts';
import type { RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { emitRepository } from '../webhooks/repository-events.ts';

function describe(world: World, repository: RepositoryRecord): DoubleRepository {
  return {
    id: repository.id,
    fullName: fullName(repository),
    defaultBranch: repository.defaultBranch,
    installationId: repository.installationId,
    cloneUrl: `${world.url}/${fullName(repository)}.git`,
    path: repository.path,
  };
}

type Repositories = Pick<
  GitHubDouble,
  | 'createRepository'
  | 'fork'
  | 'deleteRepository'
  | 'renameRepository'
  | 'setPrivate'
  | 'commit'
  | 'push'
  | 'deleteBranch'
>;

/** Repositories and what is pushed to them. */
export function repositoriesHandle(world: World): Repositories {
  const pushing = <T>(
    name: RepositoryName,
    login: string | undefined,
    work: (r: RepositoryRecord) => Promise<T>,
  ) =>
    world.exclusively(async () => {
      const repository = requireRepository(world, name);
      const result = await work(repository);
      await announcePushes(world, repository, login ?? repository.ownerLogin);
      return result;
    });
  return {
    createRepository: (name, options = {}) =>
      world.exclusively(async () => describe(world, await createRepository(world, name, options))),
    fork: (name, ownerLogin) =>
      world.exclusively(async () =>
        describe(world, await forkRepository(world, requireRepository(world, name), ownerLogin)),
      ),
    deleteRepository: (name) =>
      world.exclusively(() => deleteRepository(world, requireRepository(world, name))),
    renameRepository(name, newName) {
      const repository = requireRepository(world, name);
      renameRepository(world, repository, newName);
      return describe(world, repository);
    },
    setPrivate(name, isPrivate) {
      const repository = requireRepository(world, name);
      repository.isPrivate = isPrivate;
      emitRepository(world, repository, isPrivate ? 'privatized' : 'publicized');
    },
    commit: (name, branch, commit) =>
      pushing(name, commit.author, (repository) => commitFiles(world, repository, branch, commit)),
    push: (name, branch, folder, login) =>
      pushing(name, login, (repository) => pushFolder(repository, branch, folder)),
    deleteBranch: (name, branch, login) =>
      pushing(name, login, (repository) => deleteBranch(repository, branch)),
  };
}
