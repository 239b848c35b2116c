-- Up Migration
-- The journey's first half: what GitHub told us, and what we decided to measure.

create table installations (
  installation_id bigint primary key,
  account_login   text        not null,
  state           text        not null check (state in ('active', 'suspended', 'removed')),
  updated_at      timestamptz not null default now()
);

create table repositories (
  repo_id         bigint primary key,
  installation_id bigint      not null,
  full_name       text        not null,
  default_branch  text        not null default 'main',
  is_private      boolean     not null default true,
  state           text        not null default 'active' check (state in ('active', 'removed')),
  updated_at      timestamptz not null default now()
);

-- Primary key is GitHub's delivery id: a redelivery is a no-op. The raw body is kept as bytes, so that a
-- delivery can be replayed exactly and so that no text encoding can refuse it.
create table deliveries (
  delivery_id   uuid primary key,
  event         text        not null,
  action        text,
  body_sha256   text        not null,
  body          bytea       not null,
  received_at   timestamptz not null default now(),
  state         text        not null default 'new' check (state in ('new', 'done', 'ignored', 'dead')),
  attempts      integer     not null default 0,
  next_try_at   timestamptz not null default now(),
  reason        text,
  processed_at  timestamptz
);
create index deliveries_by_body on deliveries (body_sha256);
create index deliveries_waiting on deliveries (next_try_at) where state = 'new';

-- What we last knew of each pull request; the API is asked again before anything is decided on it.
create table pull_requests (
  repo_id    bigint      not null,
  number     integer     not null,
  head_sha   text        not null,
  state      text        not null check (state in ('open', 'closed')),
  updated_at timestamptz not null default now(),
  primary key (repo_id, number)
);

create table runs (
  id              uuid primary key default gen_random_uuid(),
  sequence        bigint      not null generated always as identity unique,
  kind            text        not null check (kind in ('pull_request', 'push')),
  installation_id bigint      not null,
  repo_id         bigint      not null,
  repo_full_name  text        not null,
  pull_number     integer,
  head_sha        text        not null check (head_sha ~ '^[0-9a-f]{40}$'),
  base_sha        text        not null check (base_sha ~ '^[0-9a-f]{40}$'),
  base_ref        text        not null,
  head_ref        text        not null,
  from_fork       boolean     not null,
  rerun_number    integer     not null default 0,
  priority        integer     not null,
  actor_id        bigint      not null,
  actor_login     text        not null,
  pool            text        not null default 'default',
  state           text        not null default 'received',
  phase           text check (phase in ('preparing', 'building', 'measuring', 'analysing')),
  attempt         integer     not null default 0,
  lease_owner     text,
  lease_epoch     bigint      not null default 0,
  lease_until     timestamptz,
  cancel_asked_by text,
  -- A run whose failure may pass waits until then.
  not_before      timestamptz not null default now(),
  merge_base_sha  text,
  config_hash     text,
  progress        jsonb       not null default '{}',
  timings         jsonb       not null default '{}',
  result          jsonb,
  -- Answer to the last command on it, shown with its comment.
  notice          text,
  created_at      timestamptz not null default now(),
  dispatched_at   timestamptz,
  started_at      timestamptz,
  finished_at     timestamptz
);

-- The second dedupe key, on meaning: a signature covers the body only, so a delivery id proves nothing.
create unique index runs_meaning on runs (repo_id, kind, coalesce(pull_number, 0), head_sha, rerun_number);
create index runs_open on runs (pool, priority, sequence)
  where state in ('queued', 'dispatched', 'leased', 'reporting');
create index runs_by_pull on runs (repo_id, pull_number, sequence desc);

create table run_state_moves (
  from_state text not null,
  to_state   text not null,
  primary key (from_state, to_state)
);

insert into run_state_moves (from_state, to_state) values
  ('received', 'awaiting_approval'), ('received', 'queued'), ('received', 'cancelled'),
  ('received', 'superseded'), ('received', 'failed'), ('received', 'reporting'),
  ('awaiting_approval', 'queued'), ('awaiting_approval', 'cancelled'),
  ('awaiting_approval', 'superseded'), ('awaiting_approval', 'failed'),
  ('queued', 'dispatched'), ('queued', 'leased'), ('queued', 'cancelled'), ('queued', 'superseded'),
  ('queued', 'failed'),
  ('dispatched', 'queued'), ('dispatched', 'leased'), ('dispatched', 'cancelled'),
  ('dispatched', 'superseded'), ('dispatched', 'failed'),
  ('leased', 'queued'), ('leased', 'reporting'), ('leased', 'failed'), ('leased', 'timed_out'),
  ('leased', 'cancelled'), ('leased', 'superseded'), ('leased', 'lost'),
  ('reporting', 'done');

-- Append only: every move of every run, written by the trigger so that no code path can forget it.
create table run_moves (
  move_id     bigint generated always as identity primary key,
  run_id      uuid        not null references runs (id),
  from_state  text        not null,
  to_state    text        not null,
  lease_epoch bigint      not null,
  moved_at    timestamptz not null default now()
);
create index run_moves_by_run on run_moves (run_id);

create function check_run_move() returns trigger language plpgsql as $$
begin
  if new.state is distinct from old.state then
    if not exists (
      select 1 from run_state_moves m where m.from_state = old.state and m.to_state = new.state
    ) then
      raise exception 'run % may not move from % to %', old.id, old.state, new.state
        using errcode = 'check_violation', constraint = 'run_state_moves';
    end if;
    insert into run_moves (run_id, from_state, to_state, lease_epoch)
      values (old.id, old.state, new.state, new.lease_epoch);
    -- A lease ends with the state that it belongs to, on whichever path.
    if old.state = 'leased' then
      new.lease_owner := null;
      new.lease_until := null;
      new.phase := null;
    end if;
    if new.state in ('done', 'failed', 'timed_out', 'cancelled', 'superseded', 'lost') then
      new.finished_at := now();
    end if;
  end if;
  return new;
end
$$;

create trigger runs_move before update of state on runs
  for each row execute function check_run_move();

-- Every run begins at the same place, so that its moves tell its whole life.
create function check_run_start() returns trigger language plpgsql as $$
begin
  if new.state <> 'received' then
    raise exception 'a run may not begin as %', new.state
      using errcode = 'check_violation', constraint = 'run_state_moves';
  end if;
  return new;
end
$$;

create trigger runs_start before insert on runs
  for each row execute function check_run_start();

-- One row per worker process, renewed with its heartbeat.
create table workers (
  worker_id    text primary key,
  pool         text        not null,
  machine_id   text        not null,
  capabilities jsonb       not null default '{}',
  started_at   timestamptz not null default now(),
  seen_at      timestamptz not null default now()
);

-- The worker asks for a fetch token with a public key of its own; the reporter, sole holder of the App key,
-- answers with the token sealed to that key. Nothing in this table is of use to who reads it.
create table fetch_token_requests (
  request_id  uuid primary key default gen_random_uuid(),
  run_id      uuid        not null references runs (id),
  lease_epoch bigint      not null,
  public_key  bytea       not null,
  sealed      bytea,
  refusal     text,
  -- Why there is no answer yet.
  reason      text,
  next_try_at timestamptz not null default now(),
  created_at  timestamptz not null default now()
);
create index fetch_token_requests_open on fetch_token_requests (next_try_at)
  where sealed is null and refusal is null;

-- Values that one installation makes once and keeps, such as the key of the comment marker.
create table installation_settings (
  name       text primary key,
  value      text        not null,
  created_at timestamptz not null default now()
);
