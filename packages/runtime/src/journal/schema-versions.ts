/** Replays of events into read models, and what old and new replicas of a service must know of each other. */
export const versionsMigration = {
  name: "0003_versions.sql",
  sql: `
-- A replay builds a read model anew. Its id is also the generation of the reactions that it hands events to.
create table kerf.replay (
  id bigint generated always as identity primary key,
  events text[] not null, types text[] not null, tables text[] not null,
  since timestamptz,
  state text not null default 'running' check (state in ('running', 'done', 'abandoned')),
  holder uuid, held_until timestamptz,
  started_at timestamptz not null default now(), ended_at timestamptz
);
create unique index replay_running on kerf.replay (state) where state = 'running';

-- "next" is the offset in the broker's log that is read next.
create table kerf.replay_lane (
  replay bigint not null references kerf.replay on delete cascade,
  channel text not null, lane smallint not null,
  start bigint not null, next bigint not null, handled bigint not null default 0,
  primary key (replay, channel, lane)
) with (fillfactor = 70);

-- Which generation of a reaction is the live one, where that is not the first.
create table kerf.generation (consumer text primary key, generation bigint not null);

-- Which types of event each process reacts to. A process that does not know a type leaves it to one that does.
create table kerf.hears (worker uuid primary key, types text[] not null, at timestamptz not null default now());

alter table kerf.mail add column version int not null default 1;
`,
};
