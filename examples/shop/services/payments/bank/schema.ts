/**
 * The bank's own database, made when it is first used. It is not the shop's to migrate: the shop only knows that
 * every key has one row, and that rows stay.
 */
export const bankSchema = `
  create table if not exists log (
    seq        bigint generated always as identity primary key,
    key        text collate "C" not null unique,
    kind       text not null check (kind in ('charge', 'refund')),
    charge_key text collate "C" references log (key) check ((kind = 'refund') = (charge_key is not null)),
    pence      bigint not null check (pence > 0),
    outcome    text not null check (outcome in ('captured', 'declined', 'voided', 'refunded')),
    at         timestamptz not null default now(),
    check ((kind = 'refund') = (outcome = 'refunded'))
  );
  create index if not exists log_refunds on log (charge_key) where kind = 'refund';
  create or replace function refuse_change() returns trigger language plpgsql as $$
  begin
    raise exception 'the log only grows: % is refused', lower(tg_op) using errcode = 'restrict_violation';
  end
  $$;
  create or replace trigger log_stays before update or delete or truncate on log
    for each statement execute function refuse_change();
`;
