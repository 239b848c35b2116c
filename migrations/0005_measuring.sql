-- Up Migration
-- Measuring in full: further figures of a trial, the standing control, the machine's own history, profiles.

alter table trials
  -- Figures by metric name, beside the classic ones that have columns.
  add column figures        jsonb not null default '{}',
  -- Behind the figures that are shares: {metric: {hits, of}}.
  add column counts         jsonb not null default '{}',
  -- Proof that an open-loop generator kept up.
  add column generator      jsonb,
  add column notes          jsonb not null default '[]',
  add column open_histogram bytea;

alter table runs drop constraint runs_kind_check;
alter table runs add constraint runs_kind_check check (kind in ('pull_request', 'push', 'control'));
-- What a control run puts into its head ({"kind": "none"} and so on, src/domain/control.ts); null for other kinds.
alter table runs add column plant jsonb;
alter table runs add constraint runs_plant_check check ((kind = 'control') = (plant is not null));

-- The standing control asks which repositories were measured lately.
create index runs_by_age on runs (created_at);

-- One row for each gating metric of each control run: the installation's figures about itself.
create table control_outcomes (
  run_id      uuid        not null references runs (id),
  repo_id     bigint      not null,
  machine_id  text        not null,
  scenario    text        not null,
  metric      text        not null,
  plant       jsonb       not null,
  verdict     text        not null check (verdict in ('regressed', 'improved', 'unchanged', 'inconclusive')),
  log_ratio   double precision,
  alarmed     boolean     not null,
  finished_at timestamptz not null default now(),
  primary key (run_id, scenario, metric)
);
create index control_outcomes_newest on control_outcomes (repo_id, scenario, metric, finished_at desc);

-- What a machine was like before each measurement; a machine is judged against its own past.
create table host_checks (
  check_id   bigint generated always as identity primary key,
  machine_id text        not null,
  checked_at timestamptz not null default now(),
  -- As in src/measure/host/preflight.ts.
  facts      jsonb       not null,
  -- accepted, flagged or refused
  outcome    text        not null check (outcome in ('accepted', 'flagged', 'refused'))
);
create index host_checks_newest on host_checks (machine_id, checked_at desc);

-- Profiles of both sides and their difference, made on a confirmed slowdown.
create table run_profiles (
  run_id      uuid        not null references runs (id),
  lease_epoch bigint      not null,
  scenario    text        not null,
  name        text        not null check (name in ('base', 'head', 'difference')),
  format      text        not null check (format in ('cpuprofile', 'speedscope')),
  content     bytea       not null,
  created_at  timestamptz not null default now(),
  primary key (run_id, lease_epoch, scenario, name)
);
