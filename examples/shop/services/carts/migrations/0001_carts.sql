create table cart (
  cart_id     text collate "C" primary key,
  -- Nobody's: whoever holds the id may use it.
  customer_id text collate "C",
  state       text not null default 'open' check (state in ('open', 'placing', 'ordered')),
  order_id    text collate "C" check ((state = 'ordered') = (order_id is not null)),
  problem     text,
  -- Checkouts that were begun: each is a saga of its own.
  checkouts   integer not null default 0,
  last_line   integer not null default 0,
  created_at  timestamptz not null default now()
);

create table cart_line (
  cart_id  text collate "C" not null references cart,
  line     integer not null check (line >= 1),
  offer_id text collate "C" not null,
  article  text collate "C" not null,
  name     text not null,
  quantity bigint not null check (quantity between 1 and 100000),
  pence    bigint not null check (pence > 0),
  primary key (cart_id, line),
  unique (cart_id, offer_id)
);
