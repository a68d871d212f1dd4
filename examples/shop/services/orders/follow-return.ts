import { every, on, type Emit, type ReactionContext, type Sql, type SqlFragment } from "kerf";
import type { Address } from "../../shapes/address.ts";
import { inventory } from "../inventory/contract.ts";
import { payments } from "../payments/contract.ts";
import { orders } from "./contract.ts";
import type { wants } from "./needs.ts";

type Context = ReactionContext<typeof wants, "orders@1">;

/** The money is back. */
export const refunded = on(payments.refunded, async ({ returnId }, { sql, emit }: Context) => {
  await follow(sql, emit, returnId, sql.fragment`refunded = true`, sql.fragment`restocked`);
});

/** The goods are back. */
export const restocked = on(inventory.restocked, async ({ returnId }, { sql, emit }: Context) => {
  await follow(sql, emit, returnId, sql.fragment`restocked = true`, sql.fragment`refunded`);
});

/** Nobody directs a return, so the one who began it watches that it ends. */
export const reportStuck = every("1m", "report stuck returns", async ({ sql, log }: Context) => {
  const stuck = await sql<{ returnId: string; refunded: boolean; restocked: boolean }>`
    update return set state = 'stuck' where state = 'requested' and deadline < now()
    returning return_id as "returnId", refunded, restocked`;
  for (const one of stuck) log.warn(one, "a return has not come to its end in time");
});

interface Completed {
  returnId: string;
  customerId: string;
  article: string;
  quantity: number;
  pence: number;
  completed: boolean;
}

/** Notes that one half has arrived; with the `other` there already, the return is completed. */
async function follow(
  sql: Sql,
  emit: Emit<"orders@1">,
  returnId: string,
  arrived: SqlFragment,
  other: SqlFragment,
): Promise<void> {
  const [row] = await sql<Completed>`
    update return set ${arrived}, state = case when ${other} then 'completed' else state end
     where return_id = ${returnId}
    returning return_id as "returnId", customer_id as "customerId", article, quantity, pence,
              state = 'completed' as completed`;
  if (!row?.completed) return;
  const { completed: _, ...returned } = row;
  // The newest order it was taken from says where the customer is written to.
  const [contact] = await sql<{ address: Address; current: string | null }>`
    select o.address, (select name from customer_name where user_id = o.customer_id) as current
      from return_part p join orders o using (order_id)
     where p.return_id = ${returnId} order by o.number desc limit 1`;
  const { address, current } = contact!;
  emit(orders.returnCompleted, { ...returned, name: current ?? address.name, email: address.email });
}
