import type { Plant } from '../domain/control.ts';
import type { RunRequest } from '../domain/run.ts';
import type { Queryable } from './pool.ts';

/** What the schedule of a repository's control runs is decided by. */
export interface ControlFacts {
  /** The newest commit that pull requests were measured against, and where it lies. */
  base: Pick<RunRequest, 'installationId' | 'repoId' | 'repoFullName' | 'baseSha' | 'baseRef'>;
  /** Pull request runs that got verdicts since the newest same-code control run was created. */
  judgedSince: number;
  /** When runs that were no control runs got their verdicts, newest first, at most some of them. */
  judgedAt: Date[];
  /** Control runs, newest first: what was planted, when created, and whether they are still to end. */
  controls: { plant: Plant; createdAt: Date; open: boolean }[];
}

/** Repositories with a run created in the last so many days, of those that can still be measured. */
export async function activeRepositories(db: Queryable, days: number): Promise<string[]> {
  const { rows } = await db.query<{ repo_id: string }>(
    `select distinct r.repo_id from runs r
     left join repositories p on p.repo_id = r.repo_id
     left join installations i on i.installation_id = r.installation_id
     where r.created_at > now() - $1 * interval '1 day' and r.kind <> 'control'
       and coalesce(p.state, 'active') = 'active' and coalesce(i.state, 'active') = 'active'
     order by r.repo_id`,
    [days],
  );
  return rows.map((row) => row.repo_id);
}

/**
 * Reads what the schedule needs and holds the repository's schedule until the end of `tx`: of several that decide at the
 * same moment the second sees what the first has created.
 *
 * @returns undefined when nothing of it was ever judged by an installation that is still there
 */
export async function controlFacts(tx: Queryable, repoId: string): Promise<ControlFacts | undefined> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('control:' || $1, 0))`, [repoId]);
  const newest = await tx.query<{
    installation_id: string;
    repo_full_name: string;
    base_sha: string;
    base_ref: string;
  }>(
    `select r.installation_id, r.repo_full_name, r.base_sha, r.base_ref from runs r
     left join installations i on i.installation_id = r.installation_id
     where r.repo_id = $1 and r.kind <> 'control' and r.result ->> 'kind' = 'judged'
       and coalesce(i.state, 'active') = 'active'
     order by r.sequence desc limit 1`,
    [repoId],
  );
  const [base] = newest.rows;
  if (base === undefined) return undefined;
  const controls = await tx.query<{ plant: Plant; created_at: Date; open: boolean }>(
    `select r.plant, r.created_at,
            r.state in ('received', 'queued', 'dispatched', 'leased', 'reporting') as open
     from runs r where r.repo_id = $1 and r.kind = 'control'
     order by r.sequence desc limit 200`,
    [repoId],
  );
  const judged = await tx.query<{ at: Date }>(
    `select m.moved_at as at from runs r join run_moves m on m.run_id = r.id and m.to_state = 'reporting'
     where r.repo_id = $1 and r.kind <> 'control' and r.result ->> 'kind' = 'judged'
       and r.created_at > now() - interval '120 days'
     order by m.move_id desc limit 500`,
    [repoId],
  );
  const since = await tx.query<{ judged: number }>(
    `select count(*)::int as judged
     from runs r join run_moves m on m.run_id = r.id and m.to_state = 'reporting'
     where r.repo_id = $1 and r.kind = 'pull_request' and r.result ->> 'kind' = 'judged'
       and r.created_at > now() - interval '120 days'
       and m.moved_at > coalesce((
         select max(c.created_at) from runs c
         where c.repo_id = $1 and c.kind = 'control' and c.plant ->> 'kind' = 'none'
       ), '-infinity')`,
    [repoId],
  );
  return {
    base: {
      installationId: base.installation_id,
      repoId,
      repoFullName: base.repo_full_name,
      baseSha: base.base_sha,
      baseRef: base.base_ref,
    },
    judgedSince: since.rows[0]?.judged ?? 0,
    judgedAt: judged.rows.map(({ at }) => at),
    controls: controls.rows.map((row) => ({
      plant: row.plant,
      createdAt: row.created_at,
      open: row.open,
    })),
  };
}
