import type { Sql } from "kerf";

/**
 * Ends the reservations of orders: their pieces are `sold`, or back among the available ones. One that has ended
 * already stays as it is.
 */
export async function settle(
  sql: Sql,
  orderIds: readonly string[],
  state: "sold" | "released",
): Promise<void> {
  const ended = await sql<{ orderId: string }>`
    update reservation set state = ${state}
     where order_id = any(${orderIds}::text[]) and state = 'held'
    returning order_id as "orderId"`;
  if (ended.length === 0) return;
  const pieces = sql.fragment`
    (select article as code, sum(quantity)::bigint as quantity from reservation_item
      where order_id = any(${ended.map((row) => row.orderId)}::text[]) group by article) as piece`;
  // By code, as everywhere: transactions that share articles wait for each other instead of deadlocking.
  await sql`
    select from stock where article in (select code from ${pieces}) order by article for update`;
  const into =
    state === "sold" ? sql.fragment`sold = sold + quantity` : sql.fragment`available = available + quantity`;
  await sql`update stock set reserved = reserved - quantity, ${into} from ${pieces} where article = code`;
}
