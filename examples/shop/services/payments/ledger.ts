import type { Sql } from "kerf";

export interface Posting {
  readonly account: "bank" | "receivable" | "sales" | "refunds";
  /** Debits are positive. */
  readonly pence: number;
}

/** A sale, paid at once: the customer owes us and pays. */
export function chargePostings(pence: number): Posting[] {
  return [
    { account: "receivable", pence },
    { account: "sales", pence: -pence },
    { account: "bank", pence },
    { account: "receivable", pence: -pence },
  ];
}

/** A sale that never was: everything the charge posted, the other way round. */
export function undoPostings(pence: number): Posting[] {
  return chargePostings(pence).map((posting) => ({ ...posting, pence: -posting.pence }));
}

/** Goods came back: we owe the customer and pay. The sale stays; refunds stand against it. */
export function returnPostings(pence: number): Posting[] {
  return [
    { account: "refunds", pence },
    { account: "receivable", pence: -pence },
    { account: "receivable", pence },
    { account: "bank", pence: -pence },
  ];
}

/** What an entry is off by: zero. */
export function imbalance(postings: readonly Posting[]): number {
  return postings.reduce((sum, posting) => sum + posting.pence, 0);
}

export interface Entry {
  readonly kind: "charge" | "undo" | "return";
  readonly orderId: string;
  readonly returnId?: string;
  readonly postings: readonly Posting[];
}

/** Books an entry and gives its number; one that is booked already is not booked again. */
export async function book(sql: Sql, { kind, orderId, returnId, postings }: Entry): Promise<number> {
  const [added] = await sql<{ entryId: number }>`
    insert into entry (kind, order_id, return_id) values (${kind}, ${orderId}, ${returnId ?? null})
    on conflict do nothing
    returning entry_id as "entryId"`;
  if (!added) return await entryOf(sql, kind, orderId, returnId);
  await sql`
    insert into posting (entry_id, line, account, pence)
    select ${added.entryId}::bigint, line, account, pence
      from unnest(${postings.map((p) => p.account)}::text[], ${postings.map((p) => p.pence)}::bigint[])
           with ordinality as t (account, pence, line)`;
  return added.entryId;
}

async function entryOf(sql: Sql, kind: Entry["kind"], orderId: string, returnId = ""): Promise<number> {
  const [known] = await sql<{ entryId: number }>`
    select entry_id as "entryId" from entry
     where kind = ${kind} and order_id = ${orderId} and coalesce(return_id, '') = ${returnId}`;
  return known!.entryId;
}
