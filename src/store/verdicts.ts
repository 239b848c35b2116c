import type { RunResult, RunState } from '../domain/run.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Queryable } from './pool.ts';
import type { HeldLease } from './run-leases.ts';
import { storableJson, storableText } from './storable.ts';

/**
 * Stores the verdicts of a run in the transaction that finishes it, before or after `finishRun`.
 *
 * @returns false when the run has gone on to another lease: nothing was stored.
 */
export async function saveVerdicts(tx: Queryable, lease: HeldLease, verdicts: Verdict[]): Promise<boolean> {
  const inserted = await insertVerdicts(tx, lease, verdicts, { states: ['leased', 'reporting'] });
  return inserted === verdicts.length;
}

/**
 * Stores what a later analysis makes of a run that has ended, beside what was judged before. What this analysis has stored
 * already stays.
 *
 * @returns how many were new
 */
export function addVerdicts(tx: Queryable, lease: HeldLease, verdicts: Verdict[]): Promise<number> {
  return insertVerdicts(tx, lease, verdicts, { states: ['reporting', 'done'], again: 'keep the first' });
}

async function insertVerdicts(
  tx: Queryable,
  lease: HeldLease,
  verdicts: readonly Verdict[],
  how: { states: readonly RunState[]; again?: 'keep the first' },
): Promise<number> {
  let inserted = 0;
  for (const verdict of verdicts) {
    const { rowCount } = await tx.query(
      `insert into verdicts (run_id, lease_epoch, scenario, metric, analysis_version, verdict, effect,
                             interval_lo, interval_hi, threshold, base_value, head_value, pairs_used,
                             pairs_dropped, detail)
       select r.id, r.lease_epoch, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::jsonb
       from runs r
       where r.id = $1 and r.lease_epoch = $2 and r.state = any($16)
       ${how.again === undefined ? '' : 'on conflict do nothing'}`,
      [
        lease.runId,
        lease.leaseEpoch,
        storableText(verdict.scenario),
        verdict.metric,
        verdict.analysisVersion,
        verdict.verdict,
        verdict.effect ?? null,
        verdict.interval?.lo ?? null,
        verdict.interval?.hi ?? null,
        verdict.threshold ?? null,
        verdict.baseValue ?? null,
        verdict.headValue ?? null,
        verdict.pairsUsed,
        verdict.pairsDropped,
        storableJson(verdict),
        how.states,
      ],
    );
    inserted += rowCount ?? 0;
  }
  return inserted;
}

/** The verdicts of a run as they were judged, newest analysis only. */
export async function verdictsOf(db: Queryable, runId: string): Promise<Verdict[]> {
  const { rows } = await db.query<{ detail: Verdict }>(
    `select v.detail from verdicts v
     where v.run_id = $1
       and v.analysis_version = (select max(n.analysis_version) from verdicts n where n.run_id = $1)
     order by v.scenario, v.metric`,
    [runId],
  );
  return rows.map((row) => row.detail);
}

/** A run whose verdicts a newer analysis has not looked at. */
export interface RunToRejudge {
  runId: string;
  leaseEpoch: string;
  sequence: string;
  repoFullName: string;
  pullNumber: number | undefined;
  headSha: string;
  result: RunResult;
}

/**
 * Ended runs with verdicts and pairs, none of whose verdicts are of `analysisVersion` or later, oldest first.
 *
 * @param sought.after sequence after which to go on; '0' at first
 */
export async function runsToRejudge(
  db: Queryable,
  sought: { analysisVersion: number; runId?: string; since?: Date; after: string; limit: number },
): Promise<RunToRejudge[]> {
  const { rows } = await db.query<{
    id: string;
    lease_epoch: string;
    sequence: string;
    repo_full_name: string;
    pull_number: number | null;
    head_sha: string;
    result: RunResult;
  }>(
    `select r.id, r.lease_epoch, r.sequence, r.repo_full_name, r.pull_number, r.head_sha, r.result
     from runs r
     where r.state in ('reporting', 'done') and r.sequence > $4
       and ($2::uuid is null or r.id = $2) and ($3::timestamptz is null or r.created_at >= $3)
       and exists (select 1 from verdicts v where v.run_id = r.id)
       and exists (select 1 from pairs p where p.run_id = r.id and p.lease_epoch = r.lease_epoch)
       and not exists (select 1 from verdicts v where v.run_id = r.id and v.analysis_version >= $1)
     order by r.sequence
     limit $5`,
    [sought.analysisVersion, sought.runId ?? null, sought.since ?? null, sought.after, sought.limit],
  );
  return rows.map((row) => ({
    runId: row.id,
    leaseEpoch: row.lease_epoch,
    sequence: row.sequence,
    repoFullName: row.repo_full_name,
    pullNumber: row.pull_number ?? undefined,
    headSha: row.head_sha,
    result: row.result,
  }));
}
