create table return (
  return_id    text collate "C" primary key,
  number       bigint generated always as identity unique,
  customer_id  text collate "C" not null,
  article      text collate "C" not null,
  quantity     bigint not null check (quantity > 0),
  pence        bigint not null check (pence > 0),
  state        text not null default 'requested' check (state in ('requested', 'completed', 'stuck')),
  refunded     boolean not null default false,
  restocked    boolean not null default false,
  requested_at timestamptz not null default now(),
  -- Past it, somebody should look.
  deadline     timestamptz not null,
  check ((state = 'completed') = (refunded and restocked))
);

create index return_by_customer on return (customer_id, number);
create index return_due on return (deadline) where state = 'requested';

create table return_part (
  return_id text collate "C" not null references return,
  order_id  text collate "C" not null,
  line      integer not null,
  quantity  bigint not null check (quantity > 0),
  pence     bigint not null check (pence > 0),
  primary key (return_id, order_id, line),
  foreign key (order_id, line) references order_line
);
