import { StatusError, type Handler } from "kerf";
import { inventory } from "./contract.ts";
import type { wants } from "./needs.ts";
import { settle } from "./settle.ts";
import { firstShort, sumByArticle } from "./sum.ts";

export const reserve: Handler<typeof inventory.reserve, typeof wants> = async (
  { orderId, items },
  { sql, fail },
) => {
  const wanted = sumByArticle(items);
  const articles = wanted.map((item) => item.article);
  const quantities = wanted.map((item) => item.quantity);
  const [known] = await sql<{ state: string }>`select state from reservation where order_id = ${orderId}`;
  if (known?.state === "held") return {};
  if (known) throw new StatusError("FAILED_PRECONDITION", `the reservation of ${orderId} is ${known.state}`);
  // Locked by code everywhere: two orders that share articles wait for each other instead of deadlocking.
  const stock = await sql<{ article: string; available: number }>`
    select article, available from stock
     where article = any(${articles}::text[]) order by article for update`;
  const short = firstShort(wanted, new Map(stock.map((row) => [row.article, row.available])));
  if (short) throw fail("OutOfStock", short);
  await Promise.all([
    sql`insert into reservation (order_id, state) values (${orderId}, 'held')`,
    sql`insert into reservation_item (order_id, article, quantity)
        select ${orderId}, * from unnest(${articles}::text[], ${quantities}::bigint[])`,
    sql`update stock set available = available - quantity, reserved = reserved + quantity
          from unnest(${articles}::text[], ${quantities}::bigint[]) as t (code, quantity)
         where article = code`,
  ]);
  return {};
};

export const release: Handler<typeof inventory.release, typeof wants> = async ({ orderId }, { sql }) => {
  await settle(sql, [orderId], "released");
  return {};
};
