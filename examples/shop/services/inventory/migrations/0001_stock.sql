create table stock (
  article   text collate "C" primary key,
  opening   bigint not null check (opening >= 0),
  available bigint not null check (available >= 0),
  -- For orders that are not decided yet.
  reserved  bigint not null default 0 check (reserved >= 0),
  -- In confirmed orders, less what came back.
  sold      bigint not null default 0 check (sold >= 0),
  -- Nothing appears, nothing is lost.
  constraint stock_is_conserved check (opening = available + reserved + sold)
);

create table reservation (
  order_id text collate "C" primary key,
  state    text not null check (state in ('held', 'released', 'sold')),
  held_at  timestamptz not null default now()
);

create table reservation_item (
  order_id text collate "C" not null references reservation,
  article  text collate "C" not null references stock,
  quantity bigint not null check (quantity > 0),
  primary key (order_id, article)
);

create table restock (
  return_id    text collate "C" primary key,
  article      text collate "C" not null references stock,
  quantity     bigint not null check (quantity > 0),
  restocked_at timestamptz not null default now()
);
