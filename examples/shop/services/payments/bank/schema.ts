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
  -- Gives what was captured. A refund that overtakes its charge voids it.
  create or replace function refund(p_key text, p_charge text, p_pence bigint) returns bigint language plpgsql as $$
  declare
    v_charge log;
    v_given bigint;
  begin
    insert into log (key, kind, pence, outcome) values (p_charge, 'charge', p_pence, 'voided')
      on conflict (key) do nothing;
    -- The lock makes refunds of one charge wait for each other, so that their sum can be judged.
    select * into v_charge from log where key = p_charge and kind = 'charge' for update;
    if v_charge.outcome is distinct from 'captured' then return 0; end if;
    if exists (select from log where key = p_key) then return v_charge.pence; end if;
    select coalesce(sum(pence), 0) into v_given from log where charge_key = p_charge and kind = 'refund';
    if v_given + p_pence > v_charge.pence then
      raise exception 'the bank gives back at most what it took: % pence for %', v_charge.pence, p_charge;
    end if;
    insert into log (key, kind, charge_key, pence, outcome) values (p_key, 'refund', p_charge, p_pence, 'refunded');
    return v_charge.pence;
  end
  $$;
  create or replace function refuse_change() returns trigger language plpgsql as $$
  begin
    raise exception 'the log only grows: % is refused', lower(tg_op) using errcode = 'restrict_violation';
  end
  $$;
  create or replace trigger log_stays before update or delete or truncate on log
    for each statement execute function refuse_change();
`;
