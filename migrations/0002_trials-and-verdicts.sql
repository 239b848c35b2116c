-- Up Migration
-- The journey's second half: what was measured and what it means. Raw figures stay, so that better
-- mathematics can be run on them again; every row carries the attempt and epoch that made it, because the
-- samples of two attempts are never mixed in one verdict.

create table environments (
  fingerprint text primary key,
  facts       jsonb       not null,
  first_seen  timestamptz not null default now()
);

create table pairs (
  pair_id       bigint generated always as identity primary key,
  run_id        uuid        not null references runs (id),
  attempt       integer     not null,
  lease_epoch   bigint      not null,
  scenario      text        not null,
  pair_no       integer     not null,
  stage         text        not null check (stage in ('explore', 'confirm')),
  seed          bigint      not null,
  first_side    text        not null check (first_side in ('base', 'head')),
  -- Why a side gave no trial. Pairs left out for their level are found again from the figures.
  dropped_why   text,
  answers       jsonb       not null,
  steal_share   double precision,
  started_at    timestamptz not null,
  wall_ms       double precision not null,
  fingerprint   text        not null references environments (fingerprint),
  unique (run_id, lease_epoch, scenario, pair_no)
);

-- One row a side of a pair. A failed trial is a kind of trial.
create table trials (
  pair_id           bigint not null references pairs (pair_id),
  side              text   not null check (side in ('base', 'head')),
  failure           jsonb,
  requests          integer,
  cpu_us            double precision,
  cpu_source        text,
  startup_ms        double precision,
  latency_mean_ms   double precision,
  latency_p50_ms    double precision,
  latency_p90_ms    double precision,
  latency_p99_ms    double precision,
  latency_max_ms    double precision,
  -- HdrHistogram V2, compressed; microseconds.
  histogram         bytea,
  memory_peak_bytes bigint,
  primary key (pair_id, side)
);

create table verdicts (
  run_id           uuid    not null references runs (id),
  lease_epoch      bigint  not null,
  scenario         text    not null,
  metric           text    not null,
  analysis_version integer not null,
  verdict          text    not null check (verdict in ('regressed', 'improved', 'unchanged', 'inconclusive')),
  effect           double precision,
  interval_lo      double precision,
  interval_hi      double precision,
  threshold        double precision,
  base_value       double precision,
  head_value       double precision,
  pairs_used       integer not null,
  pairs_dropped    integer not null,
  -- The whole verdict as judged (see src/domain/verdict.ts).
  detail           jsonb   not null,
  created_at       timestamptz not null default now(),
  primary key (run_id, scenario, metric, analysis_version)
);

-- Output of builds, head and tail, at most 10 MiB a side; the last lines of a service that failed are in the result.
create table run_logs (
  run_id      uuid        not null references runs (id),
  lease_epoch bigint      not null,
  name        text        not null,
  content     text        not null,
  truncated   boolean     not null default false,
  created_at  timestamptz not null default now(),
  primary key (run_id, lease_epoch, name)
);
