import type { Run, RunResult } from '../domain/run.ts';
import type { Queryable } from './pool.ts';
import { toRun, type RunRow } from './run-row.ts';
import { storableJson, storableText } from './storable.ts';

/** States that end when nobody wants the answer any more; a run that is being reported has its answer. */
const UNWANTED = `('received', 'awaiting_approval', 'queued', 'dispatched', 'leased')`;

/**
 * Ends the open runs of the same pull request that are older than `run` and of another head. A worker that
 * holds one learns it at its next heartbeat. Pushes are never superseded: each is a point of the history.
 *
 * @returns the runs that were ended, with their new state.
 */
export async function supersedeOlder(tx: Queryable, run: Run): Promise<Run[]> {
  if (run.pullNumber === undefined) return [];
  const result: RunResult = { kind: 'superseded', bySha: run.headSha };
  const { rows } = await tx.query<RunRow>(
    `update runs r set state = 'superseded', result = $5
     where r.repo_id = $1 and r.pull_number = $2 and r.sequence < $3 and r.head_sha <> $4
       and r.state in ${UNWANTED}
     returning r.*`,
    [run.repoId, run.pullNumber, run.sequence, run.headSha, storableJson(result)],
  );
  return rows.map(toRun);
}

/**
 * Ends every open run of a pull request because `by` (a login, or a reason such as "pull request closed")
 * asked for it.
 *
 * @returns the runs that were ended, with their new state.
 */
export async function cancelOpenRuns(
  tx: Queryable,
  pull: { repoId: string; pullNumber: number; by: string },
): Promise<Run[]> {
  const result: RunResult = { kind: 'cancelled', by: pull.by };
  const { rows } = await tx.query<RunRow>(
    `update runs r set state = 'cancelled', cancel_asked_by = $3, result = $4
     where r.repo_id = $1 and r.pull_number = $2 and r.state in ${UNWANTED}
     returning r.*`,
    [pull.repoId, pull.pullNumber, storableText(pull.by), storableJson(result)],
  );
  return rows.map(toRun);
}

/**
 * Ends every open run of an installation that was removed, or of those of its repositories that were taken from it:
 * nothing can be fetched or reported there any more. Runs that belong to another installation by now go on.
 *
 * @returns the runs that were ended, with their new state.
 */
export async function cancelRunsOfRemoved(
  tx: Queryable,
  removed: { installationId: string; repoIds?: string[]; by: string },
): Promise<Run[]> {
  const result: RunResult = { kind: 'cancelled', by: removed.by };
  const { rows } = await tx.query<RunRow>(
    `update runs r set state = 'cancelled', cancel_asked_by = $3, result = $4
     where r.installation_id = $1 and ($2::bigint[] is null or r.repo_id = any($2)) and r.state in ${UNWANTED}
     returning r.*`,
    [removed.installationId, removed.repoIds ?? null, storableText(removed.by), storableJson(result)],
  );
  return rows.map(toRun);
}
