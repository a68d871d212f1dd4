import { command, contract, query } from "kerf";
import { z } from "zod";
import { Address } from "../../shapes/address.ts";
import { ArticleCode, OfferId, Quantity } from "../../shapes/article.ts";
import { Pence } from "../../shapes/money.ts";
import { Id, line } from "../../shapes/text.ts";

const Cart = z.object({
  cartId: Id,
  state: z.enum(["open", "placing", "ordered", "unknown"]),
  /** Since it was ordered. */
  orderId: Id.optional(),
  /** Why the last checkout came to nothing: the cart is open again. */
  problem: z.string().optional(),
  lines: z.array(
    z.object({
      line: z.int(),
      offerId: OfferId,
      article: ArticleCode,
      name: z.string(),
      quantity: Quantity,
      pence: Pence,
    }),
  ),
  totalPence: Pence,
});
const CartClosed = z.object({ cartId: z.string(), state: z.enum(["placing", "ordered", "unknown"]) });

export const carts = contract("carts", {
  version: 1,
  create: command({
    description: "Opens a cart: of the person who calls, or of whoever holds its id.",
    http: "POST /carts",
    access: "public",
    output: Cart,
  }),
  get: query({
    http: "GET /carts/:cartId",
    access: "public",
    input: z.object({ cartId: Id }),
    output: Cart,
  }),
  addLine: command({
    description: "Puts an offer into the cart, or more of it.",
    http: "POST /carts/:cartId/lines",
    access: "public",
    input: z.object({ cartId: Id, offerId: OfferId, quantity: Quantity.default(1) }),
    output: Cart,
    errors: {
      CartClosed,
      UnknownOffer: z.object({ offerId: z.string() }),
      CartFull: z.object({ lines: z.int() }),
    },
  }),
  changeLine: command({
    http: "PUT /carts/:cartId/lines/:line",
    access: "public",
    input: z.object({ cartId: Id, line: z.int().min(1), quantity: Quantity }),
    output: Cart,
    errors: { CartClosed },
  }),
  removeLine: command({
    http: "DELETE /carts/:cartId/lines/:line",
    access: "public",
    input: z.object({ cartId: Id, line: z.int().min(1) }),
    output: Cart,
    errors: { CartClosed },
  }),
  checkout: command({
    description:
      "Orders what is in the cart; one of nobody becomes the caller's. Ask for the cart again to learn the order's id.",
    http: "POST /carts/:cartId/checkout",
    access: "public",
    input: z.object({ cartId: Id, address: Address.optional(), reference: line(64).optional() }),
    output: Cart,
    errors: { CartClosed, CartEmpty: z.object({ cartId: z.string() }) },
  }),
  close: command({
    description: "Ends a checkout: the cart became this order.",
    input: z.object({ cartId: Id, orderId: Id }),
  }),
  reopen: command({
    description: "Ends a checkout that came to nothing.",
    input: z.object({ cartId: Id, problem: line(200) }),
  }),
});
