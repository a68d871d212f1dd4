/**
 * What people need to look after a service: dead letters by cause, sagas with their history, the actions taken on
 * them, and tables that stay small.
 */
export const operationsMigration = {
  name: "0002_operations.sql",
  sql: `
-- Two, so that trimming the many need not pass over those that stay longer.
drop index kerf.command_at;
create index command_at on kerf.command (at) where not by_saga;
create index command_by_saga on kerf.command (at) where by_saga;

alter table kerf.outbox add column at timestamptz not null default now();

-- A dead letter that is to be replayed waits for its turn without holding up its key: 'dead' with a time in replay_at.
alter table kerf.parked add column parked_at timestamptz not null default now();
alter table kerf.parked add column dead_at timestamptz;
alter table kerf.parked add column cause text;
alter table kerf.parked add column replay_at timestamptz;
alter table kerf.parked drop constraint parked_state_check;
alter table kerf.parked add constraint parked_state_check check (state in ('waiting', 'dead', 'dropped'));
update kerf.parked set parked_at = first_failed_at where attempts > 0;
update kerf.parked set dead_at = now(), cause = left(md5(error), 8) where state = 'dead';
create index parked_dead on kerf.parked (cause, parked_id) where state = 'dead';
create index parked_replay on kerf.parked (replay_at) where state = 'dead' and replay_at is not null;
create index parked_dropped on kerf.parked (dead_at) where state = 'dropped';
create index parked_id on kerf.parked (id);

-- The first message of each key that waits: one probe of the index for each key, however many queue behind.
create view kerf.parked_head as
  with recursive head as (
    (select channel, key, parked_id, next_at from kerf.parked where state = 'waiting'
      order by channel, key, parked_id limit 1)
    union all
    select n.channel, n.key, n.parked_id, n.next_at from head h cross join lateral (
      select p.channel, p.key, p.parked_id, p.next_at from kerf.parked p
      where p.state = 'waiting' and (p.channel, p.key) > (h.channel, h.key)
      order by p.channel, p.key, p.parked_id limit 1) n
  ) select * from head;

-- Lets dead letters whose turn has come wait like any message: behind those of their key that wait already.
create function kerf.promote(p_limit int) returns void language plpgsql as $$
declare
  v_id bigint;
begin
  for v_id in
    select parked_id from kerf.parked where state = 'dead' and replay_at is not null and replay_at <= now()
    order by replay_at, parked_id limit p_limit for update skip locked
  loop
    update kerf.parked set parked_id = default, state = 'waiting', replay_at = null, next_at = now() where parked_id = v_id;
  end loop;
end $$;

alter table kerf.saga add column parked_at timestamptz;
alter table kerf.saga add column parked_reason text;
alter table kerf.saga add column parked_from text;
alter table kerf.saga drop constraint saga_state_check;
alter table kerf.saga add constraint saga_state_check
  check (state in ('running', 'undoing', 'done', 'refused', 'parked', 'abandoned'));
-- Until now parking replaced the error, and did not say from where.
update kerf.saga s set parked_at = coalesce(ended_at, now()), parked_reason = error->>'message', error = null, ended_at = null,
  parked_from = case when exists (
    select from kerf.saga_step t where t.saga = s.name and t.id = s.id and t.state in ('undoing', 'undone')) then 'undoing' else 'running' end
  where state = 'parked';
drop index kerf.saga_ended;
create index saga_ended on kerf.saga (ended_at) where state in ('done', 'refused', 'abandoned');
create index saga_parked on kerf.saga (parked_at) where state = 'parked';
create index saga_worker on kerf.saga (worker) where worker is not null;

alter table kerf.saga_step add column input json;
alter table kerf.saga_step add column started_at timestamptz;
alter table kerf.saga_step add column ended_at timestamptz;
update kerf.saga_step set started_at = at, ended_at = case when state in ('done', 'failed', 'undone') then at end;
alter table kerf.saga_step alter column started_at set default now(), alter column started_at set not null;

-- What people did to dead letters and sagas. Kept longer than what it was done to.
create table kerf.action (
  action_id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  who text not null,
  what text not null check (what in ('replay', 'drop', 'retry', 'give up')),
  -- The channel of a message, or the name of a saga.
  subject text not null,
  id text not null,
  why text,
  detail json
);
create index action_of on kerf.action (subject, id);
create index action_at on kerf.action (at);

-- A table that only grows at one end and shrinks at the other is vacuumed for little: its dead rows are few pages.
alter table kerf.command set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table kerf.inbox set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table kerf.saga set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table kerf.saga_step set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
-- Nearly empty, and all its rows are new: what counts is the number of dead ones.
alter table kerf.outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);
alter table kerf.mail set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
alter table kerf.parked set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);

-- What is remembered so that a repetition is known is kept for the retention. A saga may come back to its commands for as
-- long as it lives, and so may whoever left an intent: those have a longer one. Dead letters and parked sagas wait for a person.
drop function kerf.trim(int);
create function kerf.trim(p_limit int, p_handled_ms bigint, p_saga_commands_ms bigint, p_actions_ms bigint)
returns int language plpgsql as $$
declare
  v_handled timestamptz := now() - p_handled_ms * interval '1 ms';
  v_saga_commands timestamptz := now() - greatest(p_handled_ms, p_saga_commands_ms) * interval '1 ms';
  v_actions timestamptz := now() - greatest(p_handled_ms, p_actions_ms) * interval '1 ms';
  v_most int := 0;
  v_gone int;
begin
  perform set_config('synchronous_commit', 'off', true);
  delete from kerf.inbox where ctid = any (array(
    select ctid from kerf.inbox where at < v_handled order by at limit p_limit));
  get diagnostics v_gone = row_count;
  v_most := greatest(v_most, v_gone);
  delete from kerf.command where ctid = any (array(
    select ctid from kerf.command where not by_saga and at < v_handled and (state <> 'intent' or at < v_saga_commands)
    order by at limit p_limit));
  get diagnostics v_gone = row_count;
  v_most := greatest(v_most, v_gone);
  delete from kerf.command where ctid = any (array(
    select ctid from kerf.command where by_saga and at < v_saga_commands order by at limit p_limit));
  get diagnostics v_gone = row_count;
  v_most := greatest(v_most, v_gone);
  delete from kerf.parked where ctid = any (array(
    select ctid from kerf.parked where state = 'dropped' and dead_at < v_handled order by dead_at limit p_limit));
  get diagnostics v_gone = row_count;
  v_most := greatest(v_most, v_gone);
  -- With all its steps and mail: a tenth of the others, for it may have a thousand.
  delete from kerf.saga where ctid = any (array(
    select ctid from kerf.saga where state in ('done', 'refused', 'abandoned') and ended_at < v_handled
    order by ended_at limit greatest(1, p_limit / 10)));
  get diagnostics v_gone = row_count;
  v_most := greatest(v_most, case when v_gone >= greatest(1, p_limit / 10) then p_limit else v_gone end);
  -- A schedule that nobody has run for so long is not declared any more.
  delete from kerf.slot where next_at < v_handled;
  delete from kerf.action where ctid = any (array(
    select ctid from kerf.action where at < v_actions order by at limit p_limit));
  get diagnostics v_gone = row_count;
  return greatest(v_most, v_gone);
end $$;

-- Everything that a service does by itself begins here: one statement when idle (rule 32). A lost tick costs nothing,
-- so it does not wait for the disk.
create or replace function kerf.tick(p_worker uuid, p_replica text, p_lease_ms int) returns json language plpgsql as $$
declare
  v_fence bigint;
  v_parked_due boolean;
  v_parked_next timestamptz;
begin
  delete from kerf.worker where id <> p_worker and (expires_at < now() or replica = p_replica);
  insert into kerf.worker (id, replica, expires_at) values (p_worker, p_replica, now() + p_lease_ms * interval '1 ms')
    on conflict (id) do update set expires_at = excluded.expires_at;
  update kerf.lease l set worker = p_worker, fence = fence + 1
    where name = 'relay' and (worker is null or not exists (select from kerf.worker w where w.id = l.worker));
  -- But a fence that the server forgot would be given to another once more.
  if not found then perform set_config('synchronous_commit', 'off', true); end if;
  select fence into v_fence from kerf.lease where name = 'relay' and worker = p_worker;
  select coalesce(bool_or(t <= now()), false), min(t) filter (where t > now()) into v_parked_due, v_parked_next from (
    select next_at as t from kerf.parked_head
    union all (select replay_at from kerf.parked where state = 'dead' and replay_at <= now() limit 1)
    union all (select min(replay_at) from kerf.parked where state = 'dead' and replay_at > now())) as p;
  return json_build_object(
    'relayFence', v_fence,
    'unsent', v_fence is not null and (select sequence from kerf.outbox order by sequence limit 1) is not null,
    'parkedDue', v_parked_due,
    'sagasDue', exists (
      select from kerf.saga s where state in ('running', 'undoing') and next_at <= now()
        and (worker is null or not exists (select from kerf.worker w where w.id = s.worker))),
    'ownSagas', (select count(*) from kerf.saga where worker = p_worker and state in ('running', 'undoing')),
    'slotsDue', (select coalesce(json_agg(json_build_object('name', name, 'at', kerf.micros(next_at))), '[]') from kerf.slot where next_at <= now()),
    'nextInMs', (
      select ceil(extract(epoch from min(t) - now()) * 1000) from (
        select v_parked_next as t
        union all (select next_at from kerf.saga where state in ('running', 'undoing') and worker is null and next_at > now() order by next_at limit 1)
        union all select min(next_at) from kerf.slot where next_at > now()) as due));
end $$;
`,
} as const;

/** A person may have a refused compensation, or final step, tried again: under another id, since refusals are recorded. */
export const refusalsMigration = {
  name: "0004_refusals.sql",
  sql: "alter table kerf.saga_step add column refusals int not null default 0;",
} as const;
