import { DeclaredError, saga } from "kerf";
import { z } from "zod";
import { Address } from "../../shapes/address.ts";
import { OfferId, Quantity } from "../../shapes/article.ts";
import { Id, line, PersonId } from "../../shapes/text.ts";
import { orders } from "../orders/contract.ts";
import { carts } from "./contract.ts";

/** Makes an order of a cart. Two services change, so it is a saga; whether the order is confirmed is the order's own. */
export const placeCart = saga("place cart", {
  version: 1,
  input: z.object({
    cartId: Id,
    customerId: PersonId.optional(),
    address: Address.optional(),
    reference: line(64).optional(),
    lines: z.array(z.object({ offerId: OfferId, quantity: Quantity })),
  }),
  uses: [orders, carts],
  async run({ cartId, ...order }, { step }) {
    const { orderId } = await step("place the order", orders.place, order, { final: true });
    await step("close the cart", carts.close, { cartId, orderId });
  },
  async refused({ input, error }, { step }) {
    const problem = error instanceof DeclaredError ? error.code : "Failed";
    await step("open the cart again", carts.reopen, { cartId: input.cartId, problem });
  },
});
