import type { AnswerComparison, Environment, Pair, Side, Stage, TrialOutcome } from '../domain/trial.ts';
import type { Queryable } from './pool.ts';
import { LEASE_HOLDS, type HeldLease } from './run-leases.ts';
import { storableJson, storableText, withoutUndefined } from './storable.ts';
import { toTrialOutcome, trialColumns, type TrialRow } from './trial-row.ts';

interface PairRow {
  pair_id: string;
  scenario: string;
  pair_no: number;
  stage: Stage;
  seed: string;
  first_side: Side;
  dropped_why: string | null;
  answers: AnswerComparison;
  steal_share: number | null;
  started_at: Date;
  wall_ms: number;
}

/** Keeps the facts of a machine, once for each fingerprint. */
export async function saveEnvironment(db: Queryable, environment: Environment): Promise<void> {
  await db.query(
    `insert into environments (fingerprint, facts) values ($1, $2) on conflict (fingerprint) do nothing`,
    [environment.fingerprint, storableJson(environment)],
  );
}

/**
 * Stores one pair with its two trials; the environment of `fingerprint` has to be stored before.
 *
 * @param droppedWhy why the pair does not count, when it does not.
 * @returns false when the lease is lost: nothing was stored.
 */
export async function savePair(
  db: Queryable,
  lease: HeldLease & { attempt: number },
  pair: Pair,
  fingerprint: string,
  droppedWhy?: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with stored as (
       insert into pairs (run_id, lease_epoch, attempt, scenario, pair_no, stage, seed, first_side,
                          dropped_why, answers, steal_share, started_at, wall_ms, fingerprint)
       select r.id, r.lease_epoch, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13, $14
       from runs r where ${LEASE_HOLDS}
       returning pair_id
     )
     insert into trials (pair_id, side, failure, requests, cpu_us, cpu_source, startup_ms, latency_mean_ms,
                         latency_p50_ms, latency_p90_ms, latency_p99_ms, latency_max_ms, histogram,
                         memory_peak_bytes, figures, counts, generator, notes, open_histogram)
     select s.pair_id, t.side, t.failure, t.requests, t.cpu_us, t.cpu_source, t.startup_ms,
            t.latency_mean_ms, t.latency_p50_ms, t.latency_p90_ms, t.latency_p99_ms, t.latency_max_ms,
            decode(t.histogram_base64, 'base64'), t.memory_peak_bytes,
            coalesce(t.figures, '{}'), coalesce(t.counts, '{}'), t.generator, coalesce(t.notes, '[]'),
            decode(t.open_histogram_base64, 'base64')
     from stored s cross join jsonb_to_recordset($15::jsonb) as t (
       side text, failure jsonb, requests integer, cpu_us double precision, cpu_source text,
       startup_ms double precision, latency_mean_ms double precision, latency_p50_ms double precision,
       latency_p90_ms double precision, latency_p99_ms double precision, latency_max_ms double precision,
       histogram_base64 text, memory_peak_bytes bigint, figures jsonb, counts jsonb, generator jsonb,
       notes jsonb, open_histogram_base64 text
     )`,
    [
      lease.runId,
      lease.leaseEpoch,
      lease.attempt,
      storableText(pair.scenario),
      pair.pairNo,
      pair.stage,
      pair.seed,
      pair.first,
      droppedWhy === undefined ? null : storableText(droppedWhy),
      storableJson(pair.answers),
      pair.stealShare ?? null,
      pair.startedAt,
      pair.wallMs,
      fingerprint,
      storableJson([trialColumns('base', pair.base), trialColumns('head', pair.head)]),
    ],
  );
  return rowCount === 2;
}

/** The pairs that one lease of a run measured, in the order in which they were stored. */
export async function pairsOf(
  db: Queryable,
  runId: string,
  leaseEpoch: string,
): Promise<{ pair: Pair; droppedWhy?: string }[]> {
  const key = [runId, leaseEpoch];
  const pairs = await db.query<PairRow>(
    `select p.* from pairs p where p.run_id = $1 and p.lease_epoch = $2 order by p.pair_id`,
    key,
  );
  const trials = await db.query<TrialRow>(
    `select t.* from trials t join pairs p on p.pair_id = t.pair_id
     where p.run_id = $1 and p.lease_epoch = $2`,
    key,
  );
  const outcomes = new Map<string, TrialOutcome>();
  for (const row of trials.rows) outcomes.set(`${row.pair_id} ${row.side}`, toTrialOutcome(row));
  return pairs.rows.map((row) =>
    withoutUndefined<{ pair: Pair; droppedWhy?: string }>({
      pair: toPair(row, (side) => outcomes.get(`${row.pair_id} ${side}`)),
      droppedWhy: row.dropped_why ?? undefined,
    }),
  );
}

function toPair(row: PairRow, outcomeOf: (side: Side) => TrialOutcome | undefined): Pair {
  return withoutUndefined<Pair>({
    scenario: row.scenario,
    pairNo: row.pair_no,
    stage: row.stage,
    seed: Number(row.seed),
    first: row.first_side,
    startedAt: row.started_at.toISOString(),
    wallMs: row.wall_ms,
    base: outcomeOf('base') ?? missing(),
    head: outcomeOf('head') ?? missing(),
    answers: row.answers,
    stealShare: row.steal_share ?? undefined,
  });
}

/** Both trials are stored in the statement that stores the pair; a missing one was deleted by hand. */
function missing(): TrialOutcome {
  return {
    state: 'failed',
    failure: {
      kind: 'protocol-error',
      message: 'expected a stored trial, found none',
      outputTail: '',
    },
  };
}
