import type { Handler, Sql } from "kerf";
import type { Address } from "../../shapes/address.ts";
import { present } from "../../shapes/row.ts";
import { orders } from "./contract.ts";
import type { wants } from "./needs.ts";

interface Decided {
  orderId: string;
  number: number;
  customerId: string | null;
  name: string;
  email: string;
  totalPence: number;
}

/** Ends the waiting of an order; undefined where it has ended before. */
async function decide(sql: Sql, orderId: string, state: string, reason: string | null) {
  const [order] = await sql<Omit<Decided, "name" | "email"> & { address: Address; current: string | null }>`
    update orders set state = ${state}, reason = ${reason}, decided_at = now()
     where order_id = ${orderId} and state = 'pending'
    returning order_id as "orderId", number, customer_id as "customerId", total_pence as "totalPence", address,
              (select name from customer_name where user_id = customer_id) as current`;
  if (!order) return undefined;
  const { address, current, ...rest } = order;
  return { ...present(rest), name: current ?? address.name, email: address.email };
}

export const confirm: Handler<typeof orders.confirm, typeof wants> = async ({ orderId }, { sql, emit }) => {
  const order = await decide(sql, orderId, "confirmed", null);
  if (!order) return {};
  const lines = await sql<{ article: string; name: string; quantity: number; pence: number }>`
    select article, name, quantity, pence from order_line where order_id = ${orderId} order by line`;
  emit(orders.confirmed, { ...order, lines });
  return {};
};

export const refuse: Handler<typeof orders.refuse, typeof wants> = async (
  { orderId, reason },
  { sql, emit },
) => {
  const order = await decide(sql, orderId, "refused", reason);
  if (order) emit(orders.refused, { ...order, reason });
  return {};
};
