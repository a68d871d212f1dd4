import { on, type ReactionContext } from "kerf";
import { orders } from "../orders/contract.ts";
import { inventory } from "./contract.ts";
import type { wants } from "./needs.ts";
import { settle } from "./settle.ts";

type Context = ReactionContext<typeof wants, "inventory@1">;

/** What is confirmed leaves the shelf for good. */
export const sell = on(orders.confirmed, async ({ orderId }, { sql }: Context) => {
  await settle(sql, [orderId], "sold");
});

/** What comes back can be ordered again. */
export const restock = on(orders.returnRequested, async (returned, { sql, emit }: Context) => {
  const { returnId, article, quantity } = returned;
  const [added] = await sql`
    insert into restock (return_id, article, quantity) values (${returnId}, ${article}, ${quantity})
    on conflict (return_id) do nothing
    returning return_id`;
  if (!added) return;
  // Events of different keys overtake each other: that this order was confirmed may not have arrived here yet.
  await settle(
    sql,
    returned.parts.map((part) => part.orderId),
    "sold",
  );
  await sql`
    update stock set sold = sold - ${quantity}::bigint, available = available + ${quantity}::bigint
     where article = ${article}`;
  emit(inventory.restocked, { returnId, article, quantity });
});
