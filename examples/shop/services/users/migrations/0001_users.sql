create table users (
  user_id       text collate "C" primary key,
  name          text not null check (name <> ''),
  address       jsonb not null,
  -- Grows with each change of the name: copies elsewhere compare it.
  version       integer not null default 1 check (version >= 1),
  registered_at timestamptz not null default now()
);
