import type { Queryable } from './pool.ts';

/** One thing that should never be so. */
export interface Violation {
  /** Kebab-case name of the rule. */
  invariant: string;
  /** The rows that break it, in words. */
  detail: string;
}

/** Each query yields one text a violation. $1: grace in seconds; $2: longest run in seconds. */
const INVARIANTS: Record<string, string> = {
  'the-last-move-is-the-state': `
    select 'run ' || r.id || ' is ' || r.state || ', its last move went to ' || coalesce(last.to_state, 'nowhere')
    from runs r left join lateral (
      select m.to_state from run_moves m where m.run_id = r.id order by m.move_id desc limit 1
    ) last on true
    where r.state <> coalesce(last.to_state, 'received')`,
  'moves-follow-each-other': `
    select 'run ' || c.run_id || ' moved from ' || c.from_state || ' after it had moved to ' || c.before
    from (
      select m.run_id, m.from_state,
             lag(m.to_state, 1, 'received') over (partition by m.run_id order by m.move_id) as before
      from run_moves m
    ) c where c.from_state <> c.before`,
  'moves-are-legal': `
    select 'run ' || m.run_id || ' moved from ' || m.from_state || ' to ' || m.to_state
    from run_moves m
    where not exists (
      select 1 from run_state_moves s where s.from_state = m.from_state and s.to_state = m.to_state
    )`,
  'a-lease-belongs-to-a-leased-run': `
    select 'run ' || r.id || ' is ' || r.state || ' with lease owner ' || coalesce(r.lease_owner, 'nobody')
    from runs r where (r.state = 'leased') <> (r.lease_owner is not null and r.lease_until is not null)`,
  'a-lost-lease-is-taken-back': `
    select 'run ' || r.id || ' has a lease that ran out at ' || r.lease_until
    from runs r where r.state = 'leased' and r.lease_until < now() - $1 * interval '1 s'`,
  'no-run-is-measured-for-ever': `
    select 'run ' || r.id || ' has been leased since ' || r.started_at
    from runs r where r.state = 'leased' and r.started_at < now() - $2 * interval '1 s'`,
  'a-queued-run-is-dispatched': `
    select 'run ' || r.id || ' has been queued since ' || last.moved_at
    from runs r join lateral (
      select m.moved_at from run_moves m where m.run_id = r.id order by m.move_id desc limit 1
    ) last on true
    where r.state = 'queued' and greatest(last.moved_at, r.not_before) < now() - $1 * interval '1 s'`,
  'an-older-head-is-superseded': `
    select 'run ' || r.id || ' of head ' || r.head_sha || ' is ' || r.state || ' beside a newer head'
    from runs r
    where r.kind = 'pull_request' and r.state in ('awaiting_approval', 'queued', 'dispatched', 'leased')
      and exists (
        select 1 from runs n
        where n.repo_id = r.repo_id and n.pull_number = r.pull_number
          and n.sequence > r.sequence and n.head_sha <> r.head_sha
      )`,
  'one-measurement-a-machine': `
    select 'machine ' || w.machine_id || ' measures ' || count(*) || ' runs'
    from runs r join workers w on w.worker_id = r.lease_owner
    where r.state = 'leased' and r.lease_until > now() and r.phase in ('building', 'measuring')
    group by w.machine_id having count(*) > 1`,
  'a-verdict-is-of-the-last-lease': `
    select 'run ' || v.run_id || ' has verdicts of lease ' || v.lease_epoch || ', its last is ' || r.lease_epoch
    from verdicts v join runs r on r.id = v.run_id where v.lease_epoch <> r.lease_epoch`,
  'a-verdict-belongs-to-a-judged-run': `
    select distinct 'run ' || v.run_id || ' is ' || r.state || ' and has verdicts'
    from verdicts v join runs r on r.id = v.run_id where r.state not in ('reporting', 'done')`,
  'a-pair-has-two-trials': `
    select 'pair ' || p.pair_id || ' of run ' || p.run_id || ' has ' || count(t.side) || ' trials'
    from pairs p left join trials t on t.pair_id = p.pair_id
    group by p.pair_id, p.run_id having count(t.side) <> 2`,
  'an-ended-run-says-how': `
    select 'run ' || r.id || ' is ' || r.state || ' without a result'
    from runs r
    where r.result is null
      and r.state in ('reporting', 'done', 'failed', 'timed_out', 'cancelled', 'superseded', 'lost')`,
  'an-ended-run-has-its-check': `
    select 'run ' || r.id || ' is ' || r.state || ' and wants no check run at GitHub'
    from runs r
    where r.state in ('done', 'failed', 'timed_out', 'cancelled', 'superseded', 'lost')
      and r.finished_at < now() - $1 * interval '1 s'
      and r.kind <> 'control'
      and not exists (select 1 from outbox o where o.run_id = r.id and o.kind = 'check')`,
  'a-control-run-shows-nothing-at-github': `
    select 'control run ' || r.id || ' wants a ' || o.kind || ' at GitHub'
    from runs r join outbox o on o.run_id = r.id where r.kind = 'control'`,
  'a-control-run-compares-a-commit-with-itself': `
    select 'control run ' || r.id || ' compares ' || r.base_sha || ' with ' || r.head_sha
    from runs r where r.kind = 'control' and r.base_sha <> r.head_sha`,
  'control-outcomes-are-of-control-runs': `
    select distinct 'run ' || c.run_id || ' of kind ' || r.kind || ' in state ' || r.state || ' has control outcomes'
    from control_outcomes c join runs r on r.id = c.run_id
    where r.kind <> 'control' or r.state not in ('reporting', 'done')`,
  'a-check-of-an-ended-run-is-completed': `
    select 'run ' || r.id || ' is ' || r.state || ', its check is to show ' || (o.desired ->> 'status')
    from runs r join outbox o on o.run_id = r.id and o.kind = 'check'
    where r.state in ('done', 'failed', 'timed_out', 'cancelled', 'superseded', 'lost')
      and r.finished_at < now() - $1 * interval '1 s'
      and o.desired ->> 'status' <> 'completed'`,
  'a-reported-run-is-closed': `
    select 'run ' || r.id || ' is reporting although all of it is sent'
    from runs r
    where r.state = 'reporting'
      and exists (select 1 from outbox o where o.run_id = r.id)
      and not exists (
        select 1 from outbox o
        where o.run_id = r.id
          and (o.sent_version < o.desired_version and o.state <> 'dead'
               or o.updated_at > now() - $1 * interval '1 s')
      )`,
  'no-more-is-sent-than-desired': `
    select 'outbox ' || o.outbox_id || ' sent version ' || o.sent_version || ' of ' || o.desired_version
    from outbox o where o.sent_version > o.desired_version`,
  'sent-means-the-newest': `
    select 'outbox ' || o.outbox_id || ' is sent with version ' || o.sent_version || ' of ' || o.desired_version
    from outbox o where o.state = 'sent' and o.sent_version <> o.desired_version`,
  'one-slot-an-external-id': `
    select o.kind || ' ' || o.external_id || ' of repository ' || o.repo_id || ' stands in '
           || count(*) || ' slots'
    from outbox o where o.external_id is not null
    group by o.kind, o.repo_id, o.external_id having count(*) > 1`,
  'a-delivery-is-understood-soon': `
    select 'delivery ' || d.delivery_id || ' has been due since ' || d.next_try_at
    from deliveries d where d.state = 'new' and d.next_try_at < now() - $1 * interval '1 s'`,
};

/**
 * Looks for rows that should not be so, whatever was killed or cut off before. Empty is healthy.
 *
 * @param limits `graceMs`: how long the loops (dispatcher, reaper, intake) may take for their part;
 *   `longestRunMs`: how long a run may be leased.
 */
export async function findViolations(
  db: Queryable,
  limits: { graceMs?: number; longestRunMs?: number } = {},
): Promise<Violation[]> {
  const graceSeconds = (limits.graceMs ?? 60_000) / 1000;
  const longestSeconds = (limits.longestRunMs ?? 5 * 3_600_000) / 1000;
  const found: Violation[] = [];
  for (const [invariant, query] of Object.entries(INVARIANTS)) {
    // The unused of the two parameters has to be named too, or its type would be unknown.
    const { rows } = await db.query<{ detail: string }>(
      `with limits as (select $1::float8, $2::float8) select q.detail from (${query}) as q (detail)`,
      [graceSeconds, longestSeconds],
    );
    found.push(...rows.map((row) => ({ invariant, detail: row.detail })));
  }
  return found;
}
