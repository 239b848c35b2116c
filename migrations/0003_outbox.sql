-- Up Migration
-- What GitHub should show. Level-triggered: a slot holds the desired state, a newer one overwrites an unsent
-- older one, and the reporter brings GitHub to it. "One comment, newest data" is thereby a unique index.

create table outbox (
  outbox_id       bigint generated always as identity primary key,
  kind            text        not null check (kind in ('comment', 'check')),
  installation_id bigint      not null,
  repo_id         bigint      not null,
  repo_full_name  text        not null,
  -- comment: pull/<number>; check: run/<run id>
  slot            text        not null,
  -- Null: an answer to a command where no run is.
  run_id          uuid references runs (id),
  -- Sequence of the run that wrote it last: an older run never overwrites a newer one.
  source_sequence bigint      not null,
  desired         jsonb       not null,
  desired_version integer     not null default 1,
  sent_version    integer     not null default 0,
  state           text        not null default 'pending'
                    check (state in ('pending', 'sending', 'unknown', 'sent', 'dead')),
  external_id     bigint,
  attempts        integer     not null default 0,
  next_try_at     timestamptz not null default now(),
  claimed_by      text,
  claimed_until   timestamptz,
  -- Rises with each claim: a reporter that wakes up after its claim ran out changes nothing any more.
  claim_no        bigint      not null default 0,
  -- Set after a create: the listing is read once more then, and extra copies of ours are deleted.
  recheck_at      timestamptz,
  error           text,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  unique (repo_id, slot)
);
create index outbox_due on outbox (next_try_at) where state in ('pending', 'sending', 'unknown');
create index outbox_recheck on outbox (recheck_at) where recheck_at is not null;
create index outbox_by_run on outbox (run_id);
create index outbox_by_external_id on outbox (repo_id, external_id) where external_id is not null;
