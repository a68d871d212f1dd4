create table review (
  id bigint generated always as identity primary key,
  show text not null,
  stars int not null,
  words text[] not null,
  seat jsonb not null,
  at timestamptz not null default now()
);
