import type { Plant } from '../domain/control.ts';
import type { Phase, PhaseTimings, Run, RunKind, RunProgress, RunResult, RunState } from '../domain/run.ts';
import { withoutUndefined } from './storable.ts';

/** A row of `runs` as `pg` gives it: bigint as text, timestamps as Date, jsonb parsed. */
export interface RunRow {
  id: string;
  sequence: string;
  kind: RunKind;
  installation_id: string;
  repo_id: string;
  repo_full_name: string;
  pull_number: number | null;
  head_sha: string;
  base_sha: string;
  base_ref: string;
  head_ref: string;
  from_fork: boolean;
  rerun_number: number;
  priority: number;
  actor_id: string;
  actor_login: string;
  plant: Plant | null;
  pool: string;
  state: RunState;
  phase: Phase | null;
  attempt: number;
  lease_owner: string | null;
  lease_epoch: string;
  lease_until: Date | null;
  cancel_asked_by: string | null;
  merge_base_sha: string | null;
  config_hash: string | null;
  progress: RunProgress;
  timings: PhaseTimings;
  result: RunResult | null;
  created_at: Date;
  dispatched_at: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
}

/** The run in a row of `runs`. */
export function toRun(row: RunRow): Run {
  return withoutUndefined<Run>({
    id: row.id,
    sequence: row.sequence,
    kind: row.kind,
    installationId: row.installation_id,
    repoId: row.repo_id,
    repoFullName: row.repo_full_name,
    pullNumber: row.pull_number ?? undefined,
    headSha: row.head_sha,
    baseSha: row.base_sha,
    baseRef: row.base_ref,
    headRef: row.head_ref,
    fromFork: row.from_fork,
    rerunNumber: row.rerun_number,
    priority: row.priority,
    actor: { id: row.actor_id, login: row.actor_login },
    plant: row.plant ?? undefined,
    pool: row.pool,
    state: row.state,
    phase: row.phase ?? undefined,
    attempt: row.attempt,
    leaseEpoch: row.lease_epoch,
    mergeBaseSha: row.merge_base_sha ?? undefined,
    configHash: row.config_hash ?? undefined,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
  });
}
