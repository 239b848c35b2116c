-- Up Migration
-- A wake-up for whoever waits, sent at commit by the row itself so that no code path can forget it. A lost
-- one costs a poll interval, never a row: every loop also polls.

create function wake_up() returns trigger language plpgsql as $$
begin
  perform pg_notify('perf_ci', tg_argv[0]);
  return null;
end
$$;

-- For each row and not for each statement: a statement that changed nothing must stay silent, or a loop that
-- looks for work with an update would wake itself for ever. Equal wake-ups of one transaction are sent once.
create trigger deliveries_wake after insert on deliveries
  for each row when (new.state = 'new') execute function wake_up('deliveries');

create trigger outbox_wake_new after insert on outbox
  for each row execute function wake_up('outbox');

create trigger outbox_wake after update of desired_version on outbox
  for each row when (old.desired_version <> new.desired_version) execute function wake_up('outbox');

-- The states that somebody acts on: a queued run wants a job, a reported one wants to be closed.
create trigger runs_wake after update of state on runs
  for each row when (old.state <> new.state and new.state in ('queued', 'reporting'))
  execute function wake_up('runs');

create trigger fetch_token_requests_wake after insert on fetch_token_requests
  for each row execute function wake_up('fetch-tokens');
