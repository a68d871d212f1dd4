import type { Handler } from "kerf";
import { missing } from "../../shapes/missing.ts";
import { catalog } from "../catalog/contract.ts";
import { cartOf, findCart } from "./cart.ts";
import type { carts } from "./contract.ts";
import type { wants } from "./needs.ts";

/** What somebody may gather by hand. */
const maxCartLines = 200;
const maxPieces = 100_000;

export const addLine: Handler<typeof carts.addLine, typeof wants> = async (input, context) => {
  const { cartId, offerId, quantity } = input;
  const { sql, call, fail } = context;
  const { offers } = await call(catalog.offers, { offerIds: [offerId] });
  const offer = offers[0];
  if (!offer) throw fail("UnknownOffer", { offerId });
  const cart = await findCart(context, cartId, true);
  if (!cart) throw missing("cart", cartId);
  if (cart.state !== "open") throw fail("CartClosed", { cartId, state: cart.state });
  const [counted] = await sql<{ lines: number; pieces: number }>`
    select count(*) as lines, coalesce(sum(quantity) filter (where offer_id = ${offerId}), 0)::bigint as pieces
      from cart_line where cart_id = ${cartId}`;
  const { lines, pieces } = counted!;
  if ((pieces === 0 && lines >= maxCartLines) || pieces + quantity > maxPieces)
    throw fail("CartFull", { lines });
  await sql`
    with numbered as (
      update cart set last_line = last_line + ${pieces === 0 ? 1 : 0}::int, problem = null
       where cart_id = ${cartId} returning last_line)
    insert into cart_line (cart_id, line, offer_id, article, name, quantity, pence)
    select ${cartId}, last_line, ${offerId}, ${offer.article}, ${offer.name}, ${quantity}::bigint, ${offer.pence}::bigint
      from numbered
    on conflict (cart_id, offer_id) do update set quantity = cart_line.quantity + excluded.quantity`;
  return await cartOf(sql, { ...cart, problem: null });
};

export const changeLine: Handler<typeof carts.changeLine, typeof wants> = async (input, context) => {
  const { cartId, line, quantity } = input;
  const { sql, fail } = context;
  const cart = await findCart(context, cartId, true);
  if (!cart) throw missing("cart", cartId);
  if (cart.state !== "open") throw fail("CartClosed", { cartId, state: cart.state });
  const changed = await sql`
    update cart_line set quantity = ${quantity} where cart_id = ${cartId} and line = ${line}::bigint returning 1`;
  if (changed.length === 0) throw missing("line", line);
  return await cartOf(sql, cart);
};

export const removeLine: Handler<typeof carts.removeLine, typeof wants> = async (input, context) => {
  const { cartId, line } = input;
  const { sql, fail } = context;
  const cart = await findCart(context, cartId, true);
  if (!cart) throw missing("cart", cartId);
  if (cart.state !== "open") throw fail("CartClosed", { cartId, state: cart.state });
  const removed = await sql`
    delete from cart_line where cart_id = ${cartId} and line = ${line}::bigint returning 1`;
  if (removed.length === 0) throw missing("line", line);
  return await cartOf(sql, cart);
};
