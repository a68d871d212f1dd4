create table orders (
  order_id    text collate "C" primary key,
  -- The later order has the larger number.
  number      bigint generated always as identity unique,
  customer_id text collate "C",
  -- Whose reference it is: customer:<id>, or guest:<e-mail>.
  placed_by   text collate "C" not null,
  reference   text collate "C",
  state       text not null default 'pending' check (state in ('pending', 'confirmed', 'refused')),
  reason      text check ((state = 'refused') = (reason is not null)),
  address     jsonb not null,
  total_pence bigint not null check (total_pence > 0),
  placed_at   timestamptz not null default now(),
  decided_at  timestamptz check ((state = 'pending') = (decided_at is null))
);

create unique index orders_reference on orders (placed_by, reference) where reference is not null;
create index orders_by_reference on orders (reference) where reference is not null;
create index orders_by_customer on orders (customer_id, number);

create table order_line (
  order_id text collate "C" not null references orders,
  line     integer not null check (line >= 1),
  offer_id text collate "C" not null,
  article  text collate "C" not null,
  name     text not null,
  quantity bigint not null check (quantity > 0),
  -- Of one piece, as the offer said when the order was placed.
  pence    bigint not null check (pence > 0),
  returned bigint not null default 0,
  primary key (order_id, line),
  constraint returned_at_most_what_was_bought check (returned between 0 and quantity)
);

-- For returns: the lines of an article that still have pieces to give back.
create index order_line_returnable on order_line (article, order_id) where returned < quantity;
