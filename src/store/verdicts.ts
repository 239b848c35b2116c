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
  for (const verdict of verdicts) {
    const { rowCount } = await tx.query(
      `insert into verdicts (run_id, lease_epoch, scenario, metric, analysis_version, verdict, effect,
                             interval_lo, interval_hi, threshold, base_value, head_value, pairs_used,
                             pairs_dropped, detail)
       select r.id, r.lease_epoch, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::jsonb
       from runs r
       where r.id = $1 and r.lease_epoch = $2 and r.state in ('leased', 'reporting')`,
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
      ],
    );
    if (rowCount !== 1) return false;
  }
  return true;
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
