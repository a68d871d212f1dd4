import type { Actor, Sql, Via } from "kerf";
import { present } from "../../shapes/row.ts";

export interface CartRow {
  cartId: string;
  customerId: string | null;
  state: "open" | "placing" | "ordered";
  orderId: string | null;
  problem: string | null;
}

export interface CartLine {
  line: number;
  offerId: string;
  article: string;
  name: string;
  quantity: number;
  pence: number;
}

/** Who asks for a cart. */
interface Asker {
  readonly sql: Sql;
  readonly actor: Actor | undefined;
  readonly via: Via;
}

/**
 * The cart, if whoever asks may use it: a person's own, or one that nobody owns. `lock` is for those who will
 * change it.
 */
export async function findCart({ sql, actor, via }: Asker, cartId: string, lock: boolean) {
  const [cart] = await sql<CartRow>`
    select cart_id as "cartId", customer_id as "customerId", state, order_id as "orderId", problem
      from cart where cart_id = ${cartId} ${lock ? sql.fragment`for update` : sql.fragment``}`;
  const theirs = cart?.customerId === null || cart?.customerId === actor?.id || via !== "gateway";
  return cart && theirs ? cart : undefined;
}

/** The cart as the contract has it. */
export async function cartOf(sql: Sql, { customerId: _, ...cart }: CartRow) {
  const lines = await sql<CartLine>`
    select line, offer_id as "offerId", article, name, quantity, pence
      from cart_line where cart_id = ${cart.cartId} order by line`;
  return {
    ...present(cart),
    lines,
    totalPence: lines.reduce((sum, line) => sum + line.quantity * line.pence, 0),
  };
}
