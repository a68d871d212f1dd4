create table shipment (
  number    bigint generated always as identity primary key,
  order_id  text collate "C" not null unique,
  tracking  text collate "C" not null unique,
  state     text not null default 'booked' check (state in ('booked', 'cancelled')),
  address   jsonb not null,
  country   text not null,
  pieces    bigint not null check (pieces > 0),
  booked_at timestamptz not null default now()
);

create table return_parcel (
  number    bigint generated always as identity primary key,
  return_id text collate "C" not null unique,
  tracking  text collate "C" not null unique,
  article   text collate "C" not null,
  quantity  bigint not null check (quantity > 0)
);

-- Where no carrier goes; in lower case.
create table undeliverable_country (
  country text primary key check (country = lower(country))
);

insert into undeliverable_country values ('antarctica'), ('bouvet island'), ('heard island and mcdonald islands');
