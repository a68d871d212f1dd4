import type { Handler } from "kerf";
import { pageOf } from "../../shapes/page.ts";
import { present } from "../../shapes/row.ts";
import { bankAt } from "./bank/simulated.ts";
import type { payments } from "./contract.ts";
import type { Entry, Posting } from "./ledger.ts";
import type { wants } from "./needs.ts";

interface PaymentRow {
  orderId: string;
  capturedPence: number;
  refundedPence: number;
}

export const listPayments: Handler<typeof payments.payments, typeof wants> = async (
  { after = "", limit },
  { sql },
) => {
  const rows = await sql<PaymentRow>`
    select order_id as "orderId", captured_pence as "capturedPence", refunded_pence as "refundedPence"
      from payment where order_id > ${after} order by order_id limit ${limit + 1}`;
  const { rows: page, next } = pageOf(rows, limit, (row) => row.orderId);
  return { payments: page, next };
};

interface AccountRow {
  account: Posting["account"];
  debitPence: number;
  creditPence: number;
  balancePence: number;
}

export const trialBalance: Handler<typeof payments.trialBalance, typeof wants> = async (_input, { sql }) => {
  // One statement, so that all figures are of one moment.
  const [row] = await sql<{ accounts: AccountRow[]; sumPence: number; unbalancedEntries: number }>`
    with totals as (
      select a.name,
             coalesce(sum(p.pence) filter (where p.pence > 0), 0)::bigint as debit,
             coalesce(-sum(p.pence) filter (where p.pence < 0), 0)::bigint as credit
        from account a left join posting p on p.account = a.name group by a.name)
    select json_agg(json_build_object('account', name, 'debitPence', debit, 'creditPence', credit,
                                      'balancePence', debit - credit) order by name) as accounts,
           sum(debit - credit)::bigint as "sumPence",
           (select count(*) from (select from posting group by entry_id having sum(pence) <> 0) u)
             as "unbalancedEntries"
      from totals`;
  return row!;
};

interface EntryRow {
  entryId: number;
  kind: Entry["kind"];
  orderId: string;
  returnId: string | null;
  bookedAt: string;
  postings: Posting[];
}

export const entries: Handler<typeof payments.entries, typeof wants> = async (
  { after = 0, limit },
  { sql },
) => {
  const rows = await sql<EntryRow>`
    select e.entry_id as "entryId", e.kind, e.order_id as "orderId", e.return_id as "returnId",
           e.booked_at as "bookedAt",
           (select json_agg(json_build_object('account', p.account, 'pence', p.pence) order by p.line)
              from posting p where p.entry_id = e.entry_id) as postings
      from entry e where e.entry_id > ${after} order by e.entry_id limit ${limit + 1}`;
  const { rows: page, next } = pageOf(rows, limit, (row) => row.entryId);
  return { entries: page.map(present), next };
};

export const bankLog: Handler<typeof payments.bankLog, typeof wants> = async (
  { after = 0, limit },
  { settings },
) => {
  const rows = await bankAt(settings.bankUrl).log(after, limit + 1);
  const { rows: page, next } = pageOf(rows, limit, (row) => row.seq);
  return { log: page.map(present), next };
};
