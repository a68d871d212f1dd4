import { baggageMigration } from "./schema-baggage.ts";
import { byHandMigration } from "./schema-by-hand.ts";
import { claimsMigration } from "./schema-claims.ts";
import { operationsMigration, refusalsMigration } from "./schema-operations.ts";
import { versionsMigration } from "./schema-versions.ts";

/** The tables of the journal, in the schema `kerf` of each service's own database. Applied like any migration. */
export const journalMigrations: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: "0001_journal.sql",
    sql: `
create table kerf.command (
  member text not null, scope text not null, id text not null,
  input_hash text not null,
  state text not null check (state in ('open', 'intent', 'ok', 'failed', 'refused')),
  outcome json,
  by_saga boolean not null,
  at timestamptz not null default now(),
  primary key (member, scope, id)
) with (fillfactor = 80);
create index command_at on kerf.command (at);

create table kerf.outbox (
  sequence bigint generated always as identity primary key,
  channel text not null, key text not null, id text not null, body text not null
);

create table kerf.inbox (
  consumer text not null, id text not null,
  at timestamptz not null default now(),
  primary key (consumer, id)
);
create index inbox_at on kerf.inbox (at);

create table kerf.parked (
  parked_id bigint generated always as identity primary key,
  channel text not null, key text not null, id text not null, body text not null,
  state text not null default 'waiting' check (state in ('waiting', 'dead')),
  attempts int not null default 0,
  error text not null,
  first_failed_at timestamptz not null default now(),
  next_at timestamptz not null,
  unique (channel, id)
);
create index parked_waiting on kerf.parked (channel, key, parked_id) where state = 'waiting';

create table kerf.worker (id uuid primary key, replica text not null, expires_at timestamptz not null);
create table kerf.lease (name text primary key, worker uuid, fence bigint not null default 0);
insert into kerf.lease (name) values ('relay');

create table kerf.slot (name text primary key, every_ms bigint not null, next_at timestamptz not null);

create table kerf.saga (
  name text not null, id text not null,
  version int not null, input json not null, input_hash text not null, actor json, traceparent text not null,
  state text not null check (state in ('running', 'undoing', 'done', 'refused', 'parked')),
  error json, worker uuid,
  mail int not null default 0,
  next_at timestamptz not null default now(),
  started_at timestamptz not null default now(), ended_at timestamptz,
  primary key (name, id)
) with (fillfactor = 70);
create index saga_live on kerf.saga (next_at) where state in ('running', 'undoing');
create index saga_ended on kerf.saga (ended_at) where state in ('done', 'refused');

create table kerf.saga_step (
  saga text not null, id text not null, name text not null,
  position int not null, member text not null, input_hash text not null, command_id text not null,
  state text not null check (state in ('started', 'done', 'failed', 'undoing', 'undone')),
  output json,
  at timestamptz not null default now(),
  primary key (saga, id, name),
  foreign key (saga, id) references kerf.saga (name, id) on delete cascade
) with (fillfactor = 80);

create table kerf.mail (
  saga text not null, id text not null, message_id text not null,
  event text not null, data json not null,
  at timestamptz not null default now(),
  position bigint generated always as identity,
  primary key (saga, id, message_id),
  foreign key (saga, id) references kerf.saga (name, id) on delete cascade
);

create function kerf.micros(timestamptz) returns bigint language sql stable
  return (extract(epoch from $1) * 1000000)::bigint;

-- What is remembered so that a repetition is known is kept for 7 days. A saga may come back to its commands for as long
-- as it lives, and so may whoever left an intent: those are kept for 90. Dead letters and parked sagas wait for a person.
create function kerf.trim(p_limit int) returns int language plpgsql as $$
declare
  v_most int := 0;
  v_gone int;
begin
  perform set_config('synchronous_commit', 'off', true);
  delete from kerf.inbox where ctid in (
    select ctid from kerf.inbox where at < now() - interval '7 days' limit p_limit);
  get diagnostics v_gone = row_count;
  v_most := greatest(v_most, v_gone);
  delete from kerf.command where ctid in (
    select ctid from kerf.command where at < now() - interval '7 days'
      and (not (by_saga or state = 'intent') or at < now() - interval '90 days') limit p_limit);
  get diagnostics v_gone = row_count;
  v_most := greatest(v_most, v_gone);
  delete from kerf.saga where ctid in (
    select ctid from kerf.saga where state in ('done', 'refused') and ended_at < now() - interval '7 days' limit p_limit);
  get diagnostics v_gone = row_count;
  return greatest(v_most, v_gone);
end $$;

-- Everything that a service does by itself begins here: one statement when idle (rule 32). A lost tick costs nothing,
-- so it does not wait for the disk.
create function kerf.tick(p_worker uuid, p_replica text, p_lease_ms int) returns json language plpgsql as $$
declare
  v_fence bigint;
begin
  perform set_config('synchronous_commit', 'off', true);
  delete from kerf.worker where id <> p_worker and (expires_at < now() or replica = p_replica);
  insert into kerf.worker (id, replica, expires_at) values (p_worker, p_replica, now() + p_lease_ms * interval '1 ms')
    on conflict (id) do update set expires_at = excluded.expires_at;
  update kerf.lease l set worker = p_worker, fence = fence + 1
    where name = 'relay' and (worker is null or not exists (select from kerf.worker w where w.id = l.worker));
  select fence into v_fence from kerf.lease where name = 'relay' and worker = p_worker;
  return json_build_object(
    'relayFence', v_fence,
    'unsent', v_fence is not null and exists (select from kerf.outbox),
    'parkedDue', exists (
      select from kerf.parked p where state = 'waiting' and next_at <= now() and not exists (
        select from kerf.parked q where q.state = 'waiting' and q.channel = p.channel and q.key = p.key and q.parked_id < p.parked_id)),
    'sagasDue', exists (
      select from kerf.saga s where state in ('running', 'undoing') and next_at <= now()
        and (worker is null or not exists (select from kerf.worker w where w.id = s.worker))),
    'slotsDue', (select coalesce(json_agg(json_build_object('name', name, 'at', kerf.micros(next_at))), '[]') from kerf.slot where next_at <= now()),
    'nextInMs', (
      select ceil(extract(epoch from min(t) - now()) * 1000) from (
        select min(next_at) as t from kerf.parked where state = 'waiting' and next_at > now()
        union all select min(next_at) from kerf.saga where state in ('running', 'undoing') and worker is null and next_at > now()
        union all select min(next_at) from kerf.slot where next_at > now()) as due));
end $$;
`,
  },
  operationsMigration,
  versionsMigration,
  refusalsMigration,
  claimsMigration,
  byHandMigration,
  baggageMigration,
];
