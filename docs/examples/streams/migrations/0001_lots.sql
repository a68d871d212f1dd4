create table lot (lot text primary key, bids integer not null default 0);
create table bid (
  lot text not null references lot,
  number integer not null,
  pence integer not null,
  primary key (lot, number)
);
