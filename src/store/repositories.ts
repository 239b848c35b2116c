import type { Queryable } from './pool.ts';
import { storableText } from './storable.ts';

export type InstallationState = 'active' | 'suspended' | 'removed';

/** A repository as last heard of; its numeric id never changes, its name may. */
export interface Repository {
  repoId: string;
  installationId: string;
  fullName: string;
  defaultBranch: string;
  isPrivate: boolean;
  state: 'active' | 'removed';
}

interface RepositoryRow {
  repo_id: string;
  installation_id: string;
  full_name: string;
  default_branch: string;
  is_private: boolean;
  state: 'active' | 'removed';
}

/** Notes what was last heard of an installation of our App. */
export async function upsertInstallation(
  db: Queryable,
  installation: { installationId: string; accountLogin: string; state: InstallationState },
): Promise<void> {
  await db.query(
    `insert into installations (installation_id, account_login, state) values ($1, $2, $3)
     on conflict (installation_id) do update
     set account_login = excluded.account_login, state = excluded.state, updated_at = now()`,
    [installation.installationId, storableText(installation.accountLogin), installation.state],
  );
}

/** State of an installation; undefined when never heard of. */
export async function installationState(
  db: Queryable,
  installationId: string,
): Promise<InstallationState | undefined> {
  const { rows } = await db.query<{ state: InstallationState }>(
    `select i.state from installations i where i.installation_id = $1`,
    [installationId],
  );
  return rows[0]?.state;
}

/** Notes what was last heard of a repository; it counts as active unless said otherwise. */
export async function upsertRepository(
  db: Queryable,
  repository: Omit<Repository, 'state'> & { state?: Repository['state'] },
): Promise<void> {
  await db.query(
    `insert into repositories (repo_id, installation_id, full_name, default_branch, is_private, state)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (repo_id) do update
     set installation_id = excluded.installation_id, full_name = excluded.full_name,
         default_branch = excluded.default_branch, is_private = excluded.is_private,
         state = excluded.state, updated_at = now()`,
    [
      repository.repoId,
      repository.installationId,
      storableText(repository.fullName),
      storableText(repository.defaultBranch),
      repository.isPrivate,
      repository.state ?? 'active',
    ],
  );
}

/** The repository with this numeric id. */
export async function repositoryById(db: Queryable, repoId: string): Promise<Repository | undefined> {
  const { rows } = await db.query<RepositoryRow>(`select p.* from repositories p where p.repo_id = $1`, [
    repoId,
  ]);
  return rows[0] && toRepository(rows[0]);
}

/** Notes what was last heard of a pull request. */
export async function upsertPullRequest(
  db: Queryable,
  pull: { repoId: string; number: number; headSha: string; state: 'open' | 'closed' },
): Promise<void> {
  await db.query(
    `insert into pull_requests (repo_id, number, head_sha, state) values ($1, $2, $3, $4)
     on conflict (repo_id, number) do update
     set head_sha = excluded.head_sha, state = excluded.state, updated_at = now()`,
    [pull.repoId, pull.number, pull.headSha, pull.state],
  );
}

function toRepository(row: RepositoryRow): Repository {
  return {
    repoId: row.repo_id,
    installationId: row.installation_id,
    fullName: row.full_name,
    defaultBranch: row.default_branch,
    isPrivate: row.is_private,
    state: row.state,
  };
}
