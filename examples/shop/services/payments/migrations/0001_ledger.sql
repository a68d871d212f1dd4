-- Double entry: every entry's postings sum to zero, debits positive. Nothing is ever changed or taken out.
create table account (
  name text primary key,
  kind text not null check (kind in ('asset', 'revenue', 'contra-revenue'))
);

insert into account values
  ('bank', 'asset'),
  ('receivable', 'asset'),
  ('sales', 'revenue'),
  ('refunds', 'contra-revenue');

-- What was taken and given back for an order: the guard against giving back more.
create table payment (
  order_id       text collate "C" primary key,
  captured_pence bigint not null check (captured_pence > 0),
  refunded_pence bigint not null default 0,
  constraint refunded_at_most_what_was_captured check (refunded_pence between 0 and captured_pence)
);

create table entry (
  entry_id  bigint generated always as identity primary key,
  kind      text not null check (kind in ('charge', 'undo', 'return')),
  order_id  text collate "C" not null references payment,
  return_id text collate "C" check ((kind = 'return') = (return_id is not null)),
  booked_at timestamptz not null default now()
);

create unique index one_charge_per_order on entry (order_id) where kind = 'charge';
create unique index one_undo_per_order on entry (order_id) where kind = 'undo';
create unique index one_refund_per_return_and_order on entry (return_id, order_id) where kind = 'return';

create table posting (
  entry_id bigint not null references entry,
  line     smallint not null,
  account  text not null references account,
  pence    bigint not null check (pence <> 0),
  primary key (entry_id, line)
);

create function refuse_unbalanced() returns trigger language plpgsql as $$
begin
  if (select coalesce(sum(pence), 0) <> 0 or count(*) < 2 from posting where entry_id = new.entry_id) then
    raise exception 'entry % does not balance', new.entry_id using errcode = 'check_violation';
  end if;
  return null;
end
$$;

-- At commit, when all postings of an entry are there.
create constraint trigger entry_balances after insert on entry
  deferrable initially deferred for each row execute function refuse_unbalanced();
create constraint trigger posting_balances after insert on posting
  deferrable initially deferred for each row execute function refuse_unbalanced();

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger only grows: % of % is refused', lower(tg_op), tg_table_name using errcode = 'restrict_violation';
end
$$;

create trigger entries_stay before update or delete or truncate on entry
  for each statement execute function refuse_change();
create trigger postings_stay before update or delete or truncate on posting
  for each statement execute function refuse_change();
