import { service } from "kerf";
import { randomUUID } from "node:crypto";
import { missing } from "../../shapes/missing.ts";
import { cartOf, findCart } from "./cart.ts";
import { carts } from "./contract.ts";
import { addLine, changeLine, removeLine } from "./lines.ts";
import { wants } from "./needs.ts";
import { placeCart } from "./place-cart.ts";

export default service(carts, wants, {
  handle: {
    addLine,
    changeLine,
    removeLine,

    async create(_input, { sql, actor }) {
      const cartId = randomUUID();
      await sql`insert into cart (cart_id, customer_id) values (${cartId}, ${actor?.id ?? null})`;
      return { cartId, state: "open", lines: [], totalPence: 0 };
    },

    async get({ cartId }, context) {
      const cart = await findCart(context, cartId, false);
      if (!cart) throw missing("cart", cartId);
      return await cartOf(context.sql, cart);
    },

    async checkout({ cartId, address, reference }, context) {
      const { sql, fail, start, actor } = context;
      const found = await findCart(context, cartId, true);
      if (!found) throw missing("cart", cartId);
      if (found.state !== "open") throw fail("CartClosed", { cartId, state: found.state });
      // Who filled it as a stranger and then logged in orders for themselves.
      const customerId = found.customerId ?? actor?.id ?? null;
      const [begun] = await sql<{ checkouts: number }>`
        update cart set state = 'placing', problem = null, checkouts = checkouts + 1, customer_id = ${customerId}
         where cart_id = ${cartId} returning checkouts`;
      const cart = await cartOf(sql, { ...found, state: "placing", problem: null });
      if (cart.lines.length === 0) throw fail("CartEmpty", { cartId });
      const lines = cart.lines.map(({ offerId, quantity }) => ({ offerId, quantity }));
      start(
        placeCart,
        { cartId, customerId: customerId ?? undefined, address, reference, lines },
        { id: `${cartId}-${begun!.checkouts}` },
      );
      return cart;
    },

    async close({ cartId, orderId }, { sql }) {
      await sql`
        update cart set state = 'ordered', order_id = ${orderId} where cart_id = ${cartId} and state = 'placing'`;
      return {};
    },

    async reopen({ cartId, problem }, { sql }) {
      await sql`
        update cart set state = 'open', problem = ${problem} where cart_id = ${cartId} and state = 'placing'`;
      return {};
    },
  },
  sagas: [placeCart],
});
