import { announcePushes } from '../actions/announce-pushes.ts';
import { closePull, markReady, openPull, reopenPull } from '../actions/pulls.ts';
import { mergePull } from '../actions/write-branches.ts';
import type { GitHubDouble, RepositoryName } from '../contract.ts';
import { fullName, requirePull, requireRepository } from '../state/lookup.ts';
import type { PullRecord, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

type Pulls = Pick<
  GitHubDouble,
  'openPullRequest' | 'closePullRequest' | 'reopenPullRequest' | 'readyForReview' | 'mergePullRequest'
>;

/** Pull requests, as people open, close and merge them. */
export function pullsHandle(world: World): Pulls {
  const onPull = <T>(
    name: RepositoryName,
    number: number,
    work: (repository: RepositoryRecord, pull: PullRecord) => Promise<T>,
  ) =>
    world.exclusively(() => {
      const repository = requireRepository(world, name);
      return work(repository, requirePull(repository, number));
    });
  return {
    openPullRequest: (name, wanted) =>
      world.exclusively(async () => {
        const repository = requireRepository(world, name);
        const { number, headSha } = await openPull(world, repository, wanted);
        return { number, headSha, url: `${world.url}/${fullName(repository)}/pull/${number}` };
      }),
    closePullRequest: (name, number, login) =>
      onPull(name, number, (repository, pull) =>
        closePull(world, repository, pull, { senderLogin: login ?? pull.authorLogin }),
      ),
    reopenPullRequest: (name, number, login) =>
      onPull(name, number, (repository, pull) =>
        reopenPull(world, repository, pull, login ?? pull.authorLogin),
      ),
    readyForReview: (name, number, login) =>
      onPull(name, number, (repository, pull) =>
        markReady(world, repository, pull, login ?? pull.authorLogin),
      ),
    mergePullRequest: (name, number, login) =>
      onPull(name, number, async (repository, pull) => {
        const sha = await mergePull(world, repository, pull);
        await announcePushes(world, repository, login ?? repository.ownerLogin);
        return sha;
      }),
  };
}
