import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { DoubleRepository, DoubleUser, GitHubDouble } from '../../github-double/contract.ts';
import { git } from './git.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const REPOSITORY = 'demo-org/ranking-service';

/** The two changes that the demo proposes. */
export const CHANGES = [
  {
    branch: 'tidy-scoring',
    title: 'Tidy the scoring code',
    patch: here('./changes/neutral.patch'),
    about: 'a neutral refactoring',
  },
  {
    branch: 'finer-scores',
    title: 'Finer scores for part of the candidates',
    patch: here('./changes/slower.patch'),
    about: 'costs about 5 % more CPU per request',
  },
] as const;

export interface DemoRepository {
  repository: DoubleRepository;
  author: DoubleUser;
  /** Pushes the branch of a change and opens its pull request. */
  propose: (change: (typeof CHANGES)[number]) => Promise<{ number: number; url: string }>;
}

/** A repository of the ranking service at the double, filled by a real `git push`, which `signal` may end. */
export async function makeDemoRepository(
  github: GitHubDouble,
  folder: string,
  signal: AbortSignal,
): Promise<DemoRepository> {
  const author = github.addUser('demo-dev');
  const run = (...args: string[]): Promise<string> => git(folder, args, { token: author.token, signal });
  const repository = await github.createRepository(REPOSITORY);
  github.setPermission(repository, author.login, 'write');

  await mkdir(folder, { recursive: true });
  await cp(here('../../../benchmarks/ranking-service'), join(folder, 'ranking-service'), { recursive: true });
  await mkdir(join(folder, 'scenarios'));
  await cp(
    here('../../../benchmarks/scenarios/rank-everyday.json'),
    join(folder, 'scenarios', 'rank-everyday.json'),
  );
  await cp(here('./perf-ci.yml'), join(folder, 'perf-ci.yml'));
  await run('init', '--quiet', '--initial-branch=main');
  await run('add', '--all');
  await run('commit', '--quiet', '--message=Add the ranking service');
  await run('push', '--quiet', '--force', repository.cloneUrl, 'HEAD:refs/heads/main');

  return {
    repository,
    author,
    async propose(change) {
      await run('checkout', '--quiet', '-b', change.branch, 'main');
      await run('apply', '--index', change.patch);
      await run('commit', '--quiet', `--message=${change.title}`);
      await run('push', '--quiet', repository.cloneUrl, `HEAD:refs/heads/${change.branch}`);
      const { number, url } = await github.openPullRequest(repository, {
        head: change.branch,
        base: 'main',
        title: change.title,
        author: author.login,
      });
      return { number, url };
    },
  };
}
